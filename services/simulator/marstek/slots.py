"""The battery's own timetable: what Manual mode follows. Pure. Powers are ours: + charge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError


class _Wire(BaseModel):
    """`manual_cfg`, in the vendor's signs."""

    model_config = ConfigDict(strict=True)

    time_num: int
    start_time: str
    end_time: str
    week_set: int
    power: int
    enable: int


class SlotRefused(ValueError):
    """Raised for a slot that the firmware would not take."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One row. `week` has Monday as bit 0; a slot over midnight is never inside."""

    start: str
    end: str
    week: int
    power_w: float
    is_on: bool

    @classmethod
    def read(cls, said: object) -> tuple[int, Self]:
        """Number and contents of a row. Raises SlotRefused."""
        try:
            row = _Wire.model_validate(said)
        except ValidationError as error:
            raise SlotRefused(str(error)) from error
        return row.time_num, cls(row.start_time, row.end_time, row.week_set, -float(row.power), bool(row.enable))

    def holds(self, when: datetime) -> bool:
        """Whether `when`, on the battery's own clock, is inside."""
        return self.is_on and bool(self.week >> when.weekday() & 1) and self.start <= f"{when:%H:%M}" < self.end


def power_at(slots: Iterable[Slot], when: datetime) -> float:
    """The set-point of the first slot that holds, else 0."""
    return next((slot.power_w for slot in slots if slot.holds(when)), 0.0)

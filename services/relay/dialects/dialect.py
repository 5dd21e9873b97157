"""What every dialect answers: what to listen to, how to ask, how to switch, and what a message means. Pure.

A dialect speaks of the *contact*: closed or open. What that means for the load is the owner's `inverted`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import orjson
from pydantic import JsonValue

WH_PER_KWH: Final = 1000.0
WH_PER_WATT_MINUTE: Final = 1 / 60


@dataclass(frozen=True, slots=True)
class Said:
    """One message to the device. Never retained."""

    topic: str
    payload: bytes = b""

    @classmethod
    def json(cls, topic: str, body: Mapping[str, JsonValue]) -> "Said":
        """With a JSON object."""
        return cls(topic, orjson.dumps(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one message tells; None: nothing about that."""

    is_closed: bool | None = None
    power_w: float | None = None
    """+ consumption."""
    import_wh: float | None = None
    export_wh: float | None = None
    is_online: bool | None = None
    """Its last will, or its gateway's word about it."""
    is_gateway_online: bool | None = None
    off_timer_s: float | None = None
    """What its off-timer is set to; 0: none."""


NOTHING: Final = Heard()


class Dialect(ABC):
    """One device's language."""

    vendor: ClassVar[str]
    is_asked: ClassVar[bool] = True
    """It tells its position when asked, so what the broker kept of it needs no belief."""
    sets_timer: ClassVar[bool] = False
    """Its off-timer is a setting of its own (`set_timer`), and not a part of the order."""
    tells_state: bool = True
    tells_online: bool = True

    @property
    @abstractmethod
    def hears(self) -> tuple[str, ...]:
        """What to subscribe to, for what it says."""

    @property
    @abstractmethod
    def tells(self) -> tuple[str, ...]:
        """Every topic it takes orders on; nothing may be kept there."""

    @abstractmethod
    def switch(self, is_closed: bool, hold_s: float | None) -> tuple[Said, ...]:
        """Close or open the contact; `hold_s`: it opens by itself after that time, where it can."""

    @abstractmethod
    def read(self, topic: str, payload: bytes) -> Heard:
        """What a message of the device tells."""

    def ask(self) -> tuple[Said, ...]:
        """Have it say how it stands."""
        return ()

    def set_timer(self, hold_s: float) -> tuple[Said, ...]:
        """Set the off-timer that each closing starts; 0: none."""
        return ()

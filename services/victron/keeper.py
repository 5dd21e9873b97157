"""What of a battery outlives a restart: whose the override is, and what the owner's settings were."""

from pydantic import BaseModel, ConfigDict, ValidationError

from common.store import Store
from services.victron.reserve import KNOBS, Knob, Reserve, Setting
from services.victron.steering import Wheel


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    is_ours: bool = False
    owners: dict[Knob, float] = {}


class Keeper:
    """One battery's part of the store; written on change only."""

    def __init__(self, store: Store, device: str) -> None:
        self._store, self._key = store, f"victron/{device}"
        self._kept = self._read()

    def wheel(self) -> Wheel:
        """The override as it was left."""
        return Wheel(is_ours=self._kept.is_ours)

    def reserve(self, now_s: float) -> Reserve:
        """The settings as they were left; the time without a reserve counts from now."""
        return Reserve(settings={knob: Setting(owner=self._kept.owners.get(knob)) for knob in KNOBS}, free_s=now_s)

    async def keep(self, wheel: Wheel, reserve: Reserve) -> None:
        """Write down what has changed."""
        owners = {knob: owner for knob in KNOBS if (owner := reserve[knob].owner) is not None}
        kept = _Kept(is_ours=wheel.is_ours, owners=owners)
        if kept != self._kept:
            self._kept = kept
            await self._store.put(self._key, kept.model_dump())

    def _read(self) -> _Kept:
        try:
            return _Kept.model_validate(self._store.get(self._key) or {})
        except ValidationError:
            return _Kept()

"""`/api/batteries` of a dongle whose owner has Plug-In Batteries: permissions and modes, no set-points.

What it tells and takes depends on the API's version: 2.1 knows modes only, 2.2 permissions, 2.3 `charge_to_full`.
"""

from dataclasses import dataclass, replace
from typing import Final, Protocol

from services.simulator.p1_meter.payloads import JsonObject

MODES: Final = ("zero", "to_full", "standby")
PERMISSIONS: Final = ("charge_allowed", "discharge_allowed")
UNIT_W: Final = 800
"""What one battery gives and takes."""
Outcome = tuple[int, JsonObject]


class Cells(Protocol):
    """The batteries themselves. Power: + charge."""

    @property
    def power_w(self) -> float:
        """What they take together."""
        ...

    @property
    def target_w(self) -> float:
        """What is asked of them."""
        ...

    @property
    def is_full(self) -> bool:
        """All of them are."""
        ...

    def steer(self, mode: str, permissions: tuple[str, ...]) -> None:
        """Do as the group is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryGroup:
    """The group as the dongle steers it. Power: + charge."""

    mode: str = "zero"
    permissions: tuple[str, ...] = PERMISSIONS
    battery_count: int = 1
    power_w: int = 0
    target_power_w: int = 0
    before: str = "zero"
    """The mode to go back to when it is full."""
    cells: Cells | None = None
    """The batteries behind it; without any, the powers above are told."""

    def told(self, api_version: str = "2.2.0") -> JsonObject:
        """`GET /api/batteries`."""
        power_w = round(self.cells.power_w) if self.cells else self.power_w
        target_w = round(self.cells.target_w) if self.cells else self.target_power_w
        told: JsonObject = {"mode": self.mode}
        if api_version >= "2.2":
            told |= {"permissions": [*self.permissions]}
        if api_version >= "2.3":
            told |= {"charge_to_full": self.mode == "to_full"}
        if api_version >= "2.2":
            told |= {"battery_count": self.battery_count}
        return told | {
            "power_w": power_w,
            "target_power_w": target_w,
            "max_consumption_w": UNIT_W * self.battery_count,
            "max_production_w": UNIT_W * self.battery_count,
        }

    @property
    def now(self) -> "BatteryGroup":
        """The same, or what it has become by itself: charging to full ends when it is."""
        if self.mode != "to_full" or self.cells is None or not self.cells.is_full:
            return self
        return self._in(self.before, self.permissions).acting()

    def acting(self) -> "BatteryGroup":
        """The same, and the batteries know it."""
        if self.cells is not None:
            self.cells.steer(self.mode, self.permissions)
        return self

    def changed(self, values: JsonObject, api_version: str = "2.2.0") -> "BatteryGroup | Outcome":
        """The group after a PUT, or the error that answers it."""
        known = {name: value for name, value in values.items() if name in _known(api_version)}
        refusal = _refusal(known, api_version) if known else "json:no-parameters-recognized"
        if refusal is not None:
            return 400, {"error": refusal}
        if (wish := known.get("charge_to_full")) is not None:
            return self._filling(is_on=wish is True)
        if isinstance(permissions := known.get("permissions"), list):
            return self._in("zero" if permissions else "standby", tuple(str(word) for word in permissions))
        return self._switched(str(known.get("mode", self.mode)))

    def _switched(self, mode: str) -> "BatteryGroup":
        """To another mode; permissions are new only where there were none."""
        if mode == "to_full":
            return self._filling(is_on=True)
        wakes_up = mode == "zero" and self.mode == "standby"
        return self._in(mode, PERMISSIONS if wakes_up else self.permissions)

    def _filling(self, *, is_on: bool) -> "BatteryGroup":
        if is_on == (self.mode == "to_full"):
            return self
        if not is_on:
            return self._in(self.before, self.permissions)
        return replace(self, mode="to_full", before=self.mode)

    def _in(self, mode: str, permissions: tuple[str, ...]) -> "BatteryGroup":
        """`standby` is the same state as `zero` without permissions."""
        return replace(self, mode=mode, permissions=() if mode == "standby" else permissions)


def _known(api_version: str) -> set[str]:
    """What a PUT may hold."""
    newer = {"permissions"} if api_version >= "2.2" else set()
    return {"mode"} | newer | ({"charge_to_full"} if api_version >= "2.3" else set())


def _refusal(values: JsonObject, api_version: str) -> str | None:
    """What is wrong with a PUT."""
    permissions = values.get("permissions", [])
    modes = (*MODES, "predictive") if api_version >= "2.3" else MODES
    if values.get("mode", "zero") not in modes:
        return "json:parameter-invalid-type:mode"
    if values.get("mode") == "to_full" and "permissions" in values:
        return "json:parameter-not-exclusive"
    if not isinstance(permissions, list) or not all(word in PERMISSIONS for word in permissions):
        return "json:parameter-invalid-type:permissions"
    if not isinstance(values.get("charge_to_full", False), bool):
        return "json:parameter-invalid-type:charge_to_full"
    return None

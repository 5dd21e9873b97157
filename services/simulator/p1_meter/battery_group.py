"""`/api/batteries` of a dongle whose owner has Plug-In Batteries: permissions and modes, no set-points. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from services.simulator.p1_meter.payloads import JsonObject

MODES: Final = ("zero", "to_full", "standby")
PERMISSIONS: Final = ("charge_allowed", "discharge_allowed")
Outcome = tuple[int, JsonObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryGroup:
    """The group as the dongle steers it. Power: + charge."""

    mode: str = "zero"
    permissions: tuple[str, ...] = PERMISSIONS
    battery_count: int = 1
    power_w: int = 0
    target_power_w: int = 0

    def told(self) -> JsonObject:
        """`GET /api/batteries`, API 2.2.0."""
        return {
            "mode": self.mode,
            "permissions": [*self.permissions],
            "battery_count": self.battery_count,
            "power_w": self.power_w,
            "target_power_w": self.target_power_w,
            "max_consumption_w": 800 * self.battery_count,
            "max_production_w": 800 * self.battery_count,
        }

    def changed(self, values: JsonObject) -> "BatteryGroup | Outcome":
        """The group after a PUT, or the error that answers it."""
        refusal = _refusal(values)
        if refusal is not None:
            return 400, {"error": refusal}
        mode, permissions = str(values.get("mode", self.mode)), values.get("permissions")
        if isinstance(permissions, list):
            return self._in("zero" if permissions else "standby", tuple(str(word) for word in permissions))
        wakes_up = mode == "zero" and self.mode == "standby"
        return self._in(mode, PERMISSIONS if wakes_up else self.permissions)

    def _in(self, mode: str, permissions: tuple[str, ...]) -> "BatteryGroup":
        """`standby` is the same state as `zero` without permissions."""
        return replace(self, mode=mode, permissions=() if mode == "standby" else permissions)


def _refusal(values: JsonObject) -> str | None:
    """What is wrong with a PUT."""
    permissions = values.get("permissions", [])
    if values.get("mode", "zero") not in MODES:
        return "json:parameter-invalid-type:mode"
    if values.get("mode") == "to_full" and "permissions" in values:
        return "json:parameter-not-exclusive"
    if not isinstance(permissions, list) or not all(word in PERMISSIONS for word in permissions):
        return "json:parameter-invalid-type:permissions"
    return None

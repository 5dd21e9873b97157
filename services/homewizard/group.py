"""`/api/batteries` without any I/O: the vendor's modes and permissions to ours, and back. Power: + charge.

What a meter can do with its batteries depends on its API: 2.1 knows modes, 2.2 permissions, 2.3 `charge_to_full`.
The keys of its own answer say which of them it is.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from common.contract.devices import Mode
from common.errors import DeviceUnintelligible
from common.homewizard.answers import JsonObject

PATH: Final = "/api/batteries"
CHARGE, DISCHARGE = "charge_allowed", "discharge_allowed"
PERMISSIONS: Final[dict[Mode, tuple[str, ...]]] = {
    "self_consumption": (CHARGE, DISCHARGE),
    "charge_only": (CHARGE,),
    "discharge_only": (DISCHARGE,),
    "standby": (),
}
"""What may be done in each mode in which the group follows its meter."""
PLAIN: Final[dict[Mode, str]] = {"self_consumption": "zero", "standby": "standby", "charge_full": "to_full"}
"""Modes of an API without permissions."""
CLOUD: Final = "cloud"
"""`predictive`: the vendor's cloud decides."""


Power = Annotated[float, Field(ge=-1e6, le=1e6)] | None


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    mode: str = Field(max_length=40)
    permissions: list[str] | None = None
    charge_to_full: bool | None = None
    battery_count: Annotated[int, Field(ge=0, le=1000)] | None = None
    power_w: Power = None
    target_power_w: Power = None
    max_consumption_w: Power = None
    max_production_w: Power = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What a meter says about its batteries."""

    mode: str
    """One of ours, or `cloud`, or a word of the vendor's that nobody knows yet."""
    has_permissions: bool
    has_charge_to_full: bool
    count: int | None
    """Batteries; None from an API that does not tell."""
    power_w: float | None
    target_w: float | None
    min_w: float | None
    """The most they give together, < 0."""
    max_w: float | None

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What it can be told."""
        if self.has_permissions:
            return (*PERMISSIONS, "charge_full")
        return tuple(PLAIN)


def group(document: JsonObject) -> Group:
    """Understand `GET /api/batteries`, or the echo of a PUT. Raises DeviceUnintelligible."""
    try:
        said = _Group.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        raise DeviceUnintelligible(f"batteries: {where}: {found['msg']}") from error
    is_empty = said.battery_count == 0
    return Group(
        mode=_mode(said),
        has_permissions=said.permissions is not None,
        has_charge_to_full=said.charge_to_full is not None,
        count=said.battery_count,
        power_w=None if is_empty else said.power_w,
        target_w=None if is_empty else said.target_power_w,
        min_w=None if said.max_production_w is None else -abs(said.max_production_w) + 0.0,
        max_w=None if said.max_consumption_w is None else abs(said.max_consumption_w),
    )


def steering(mode: Mode, now: Group) -> JsonObject:
    """The PUT that leads towards `mode`; what it led to must be read back, and another may be needed then.

    Charging to full is left by a PUT of its own where it has a key of its own.
    """
    if mode == "charge_full":
        return {"charge_to_full": True} if now.has_charge_to_full else {"mode": "to_full"}
    if now.mode == "charge_full" and now.has_charge_to_full:
        return {"charge_to_full": False}
    if not now.has_permissions:
        return {"mode": PLAIN[mode]}
    allowed: list[JsonValue] = [*PERMISSIONS[mode]]
    return {"mode": "zero", "permissions": allowed}


def _mode(said: _Group) -> str:
    if said.charge_to_full or said.mode == "to_full":
        return "charge_full"
    if said.mode == "standby":
        return "standby"
    if said.mode == "predictive":
        return CLOUD
    if said.mode != "zero":
        return said.mode
    allowed = {CHARGE, DISCHARGE} if said.permissions is None else {CHARGE, DISCHARGE} & set(said.permissions)
    return next(mode for mode, needed in PERMISSIONS.items() if set(needed) == allowed)

"""What the GX's values mean together: the house, the battery, who is in charge. Pure.

The battery's power is that of the Multi at its AC side plus the sun on its DC side, so that
`grid + production = load + battery` holds with the inverter's losses in the battery, where they belong.
"""

from dataclasses import dataclass
from typing import Final, Literal

from services.victron import wire
from services.victron.mirror import Mirror

PHASES: Final = (1, 2, 3)
NO_INPUT: Final = 240
"""`Ac/ActiveIn/Source`: the house runs on the inverter."""
EXTERNAL_MODE: Final = 3
KEEP_CHARGED: Final = 9
BATTERY_LIFE_ON: Final = range(1, 9)
BATTERY_LIFE_OFF: Final = range(10, 13)

Master = Literal["dynamic_ess", "external", "schedule", "keep_charged"]
"""Who else decides what the battery does."""
HANDS_OFF: Final[frozenset[Master]] = frozenset({"dynamic_ess", "external", "keep_charged"})
"""Those beside whom not even a setting is touched; the schedule is one of our own tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One look at everything. None: unknown."""

    grid_w: float | None = None
    """+ import."""
    phases_w: tuple[float | None, ...] = (None, None, None)
    import_kwh: float | None = None
    export_kwh: float | None = None
    battery_w: float | None = None
    """+ charge, at its AC side."""
    soc_pct: float | None = None
    temperature_c: float | None = None
    production_w: float | None = None
    limit_pct: float | None = None
    """The charge below which ESS does not discharge now."""
    state: int | None = None
    """`BatteryLife/State`."""
    minimum_pct: float | None = None
    target_pct: float | None = None
    schedule_on: bool | None = None
    override_w: float | None = None
    """The set-point of the grid that somebody has written over the owner's."""
    has_ess: bool = False
    is_islanded: bool = False
    """The grid is away, or the Multi is cut off from it."""
    master: Master | None = None
    rated_w: float | None = None
    charge_limit_w: float | None = None
    discharge_limit_w: float | None = None
    """What the battery's own electronics allow now."""
    product: str = "ESS"

    @property
    def is_known(self) -> bool:
        """All that is needed to steer. After a restart of the GX its devices come back one by one."""
        return None not in (self.grid_w, self.battery_w, self.soc_pct) and self.has_ess

    @property
    def battery_life(self) -> bool | None:
        """BatteryLife is on; None: neither, or unknown."""
        if self.state in BATTERY_LIFE_ON:
            return True
        return False if self.state in BATTERY_LIFE_OFF else None


def look(mirror: Mirror) -> Situation:
    """The situation as it is now."""
    multi = mirror.number("system/0/VebusInstance")
    batteries = mirror.instances("battery")
    vebus = f"vebus/{multi:.0f}/" if multi is not None else "vebus/-/"
    meter = _meter(mirror)
    state = mirror.number(wire.STATE)
    day = mirror.number(wire.SCHEDULE_DAY)
    phases = tuple(_first(mirror, f"{meter}L{n}/Power", f"system/0/Ac/Grid/L{n}/Power") for n in PHASES)
    known = [power_w for power_w in phases if power_w is not None]
    own_w = mirror.number(f"{meter}Power")
    return Situation(
        grid_w=own_w if own_w is not None else sum(known) if known else None,
        phases_w=phases,
        import_kwh=mirror.number(f"{meter}Energy/Forward"),
        export_kwh=mirror.number(f"{meter}Energy/Reverse"),
        battery_w=_battery_w(mirror, vebus),
        soc_pct=mirror.number("system/0/Dc/Battery/Soc"),
        temperature_c=mirror.number("system/0/Dc/Battery/Temperature"),
        production_w=_production_w(mirror),
        limit_pct=mirror.number("system/0/Control/ActiveSocLimit"),
        state=round(state) if state is not None else None,
        minimum_pct=mirror.number(wire.MINIMUM),
        target_pct=mirror.number(wire.TARGET),
        schedule_on=day >= 0 if day is not None else None,
        override_w=mirror.number(wire.SETPOINT),
        has_ess=mirror.number(f"{vebus}Hub4/AssistantId") is not None,
        is_islanded=_is_islanded(mirror, vebus),
        master=_master(mirror, state),
        rated_w=mirror.number(f"{vebus}Ac/Out/NominalInverterPower"),
        charge_limit_w=_allowed_w(mirror, batteries, "MaxChargeCurrent"),
        discharge_limit_w=_allowed_w(mirror, batteries, "MaxDischargeCurrent"),
        product=mirror.text(f"{vebus}ProductName") or "ESS",
    )


def _meter(mirror: Mirror) -> str:
    """The grid meter's own paths, if there is one."""
    instance = mirror.number("system/0/Ac/In/0/DeviceInstance")
    is_meter = mirror.text("system/0/Ac/In/0/ServiceType") == "grid" and instance is not None
    return f"grid/{instance:.0f}/Ac/" if is_meter else "grid/-/Ac/"


def _first(mirror: Mirror, *paths: str) -> float | None:
    return next((value for path in paths if (value := mirror.number(path)) is not None), None)


def _battery_w(mirror: Mirror, vebus: str) -> float | None:
    drawn_w = mirror.total(f"{vebus}Ac/ActiveIn/L{n}/P" for n in PHASES)
    given_w = mirror.total(f"{vebus}Ac/Out/L{n}/P" for n in PHASES)
    if drawn_w is None or given_w is None:
        return mirror.number("system/0/Dc/Battery/Power")
    return drawn_w - given_w + (mirror.number("system/0/Dc/Pv/Power") or 0.0)


def _production_w(mirror: Mirror) -> float | None:
    """Of all inverters and chargers; what one draws at night is not production."""
    places = ("PvOnGrid", "PvOnOutput", "PvOnGenset")
    paths = [f"system/0/Ac/{place}/L{n}/Power" for place in places for n in PHASES]
    power_w = mirror.total([*paths, "system/0/Dc/Pv/Power"])
    return max(0.0, power_w) if power_w is not None else None


def _is_islanded(mirror: Mirror, vebus: str) -> bool:
    is_cut = mirror.number(f"{vebus}Ac/ActiveIn/Connected") == 0
    return (
        is_cut
        or bool(mirror.number(f"{vebus}Alarms/GridLost"))
        or mirror.number("system/0/Ac/ActiveIn/Source") == NO_INPUT
    )


def _master(mirror: Mirror, state: float | None) -> Master | None:
    if mirror.number(wire.DYNAMIC_ESS) in (1, 4) or mirror.number("system/0/DynamicEss/Active"):
        return "dynamic_ess"
    if mirror.number(wire.HUB4_MODE) == EXTERNAL_MODE:
        return "external"
    if state == KEEP_CHARGED:
        return "keep_charged"
    return "schedule" if mirror.number("system/0/Control/ScheduledCharge") else None


def _allowed_w(mirror: Mirror, batteries: list[str], leaf: str) -> float | None:
    """What the batteries' own electronics allow together."""
    allowed = [_instance_w(mirror, instance, leaf) for instance in batteries]
    known = [power_w for power_w in allowed if power_w is not None]
    return sum(known) if known else None


def _instance_w(mirror: Mirror, instance: str, leaf: str) -> float | None:
    most_a, cells_v = (mirror.number(f"battery/{instance}/{each}") for each in (f"Info/{leaf}", "Dc/0/Voltage"))
    return most_a * cells_v if most_a is not None and cells_v is not None else None

"""What people may ask for while the balancer runs: parsed, kept, echoed, and refused with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from services.balancer.config import Config, HouseMode
from services.balancer.water_settings import HotWaterMode
from services.balancer.wishes import BOOST, FORCE, FORCE_W, HEAT, HOT_WATER, PARSERS, PER_DEVICE, Refused

MANUAL_MINUTES = 60.0


@dataclass(slots=True)
class SettingsBook:
    """The settings in force: an accepted request beats the file until it is cleared with an empty payload."""

    config: Config
    asked: dict[str, str] = field(default_factory=dict)
    """Accepted requests as they came, by name; what is kept over a restart."""
    manual_until_ms: int | None = None
    forced_until_ms: dict[str, int] = field(default_factory=dict)
    """When the forcing of a load ends, by load."""
    boost_until_ms: dict[str, int] = field(default_factory=dict)
    """When a boost ends, by output; those that end only when they are taken back are not here."""

    @property
    def mode(self) -> HouseMode:
        """`auto`, `manual` (until its end) or `off`."""
        mode: HouseMode = self._value("mode", self.config.mode)
        return mode

    @property
    def dry_run(self) -> bool:
        """Decide and tell, command nothing."""
        return bool(self._value("dry_run", self.config.dry_run))

    @property
    def target_grid_w(self) -> float:
        """What the grid shall show; + import."""
        return float(self._value("target_grid_w", self.config.target_grid_w))

    @property
    def manual_power_w(self) -> float:
        """What the batteries take together in manual mode; + charge."""
        return float(self._value("manual_power_w", 0.0))

    @property
    def order(self) -> tuple[str, ...]:
        """Devices and groups, top first."""
        order: tuple[str, ...] = self._value("order", self.config.order)
        return order

    def reserve_soc_pct(self, device: str) -> float:
        """The owner's reserve of one device."""
        return float(self._value(f"reserve_soc_pct/{device}", self.config.policy(device).reserve_soc_pct))

    @property
    def away(self) -> bool:
        """Nobody is at home: everything in a rotation is off, also in summer."""
        return bool(self._value("away", False))

    @property
    def saving_mode(self) -> int:
        """Which entry of a rotation's table holds; 0 allows most."""
        return int(self._value("saving_mode", 0.0))

    def boosted(self, output: str) -> bool:
        """Whether an output is to heat before the others, whatever its thermostat says."""
        return bool(self._value(f"{BOOST}/{output}", 0.0))

    def heat(self, output: str) -> bool | None:
        """Whether somebody wants an output to heat; None leaves it to its thermostat."""
        wanted: bool | None = self._value(f"{HEAT}/{output}", None)
        return wanted

    def forced(self, device: str) -> bool | None:
        """Whether a load is to be on or off because somebody asked for it; None if nobody did."""
        minutes = self._minutes(device) if device in self.forced_until_ms else 0.0
        return minutes > 0 if minutes else (True if self.forced_w(device) else None)

    def forced_w(self, device: str) -> float | None:
        """The power somebody asked for of a load that is forced on; None: all it can."""
        return float(self._value(f"{FORCE_W}/{device}", 0.0)) or None

    def hot_water_mode(self, load: str) -> HotWaterMode:
        """How a water heater lives: `off`, `day_night`, `solar`."""
        told = self.config.policy(load).hot_water
        mode: HotWaterMode = self._value(f"{HOT_WATER}/{load}", told.mode if told is not None else "solar")
        return mode

    def ask(self, name: str, payload: str, now_ms: int) -> None:
        """Grant a request, or take one back if `payload` is empty. Raises Refused."""
        if not payload.strip():
            self.asked.pop(name, None)
        else:
            self._parse(name, payload)
            self.asked[name] = payload.strip()
        if name == "manual_power_w":
            self.asked["mode"] = "manual" if payload.strip() else "auto"
        if name in ("manual_power_w", "manual_minutes", "mode"):
            minutes = float(self._value("manual_minutes", MANUAL_MINUTES))
            self.manual_until_ms = now_ms + round(minutes * 60_000) if self.mode == "manual" else None
        kind, _, device = name.partition("/")
        if kind == FORCE:
            self._force(device, float(self._value(name, 0.0)), now_ms)
        if kind == FORCE_W and not self.forced_w(device):
            self._unforce(device)
        if kind == BOOST:
            self._boost(device, float(self._value(name, 0.0)), now_ms)

    def _boost(self, output: str, minutes: float, now_ms: int) -> None:
        """A boost without a time ends when the group says so, or not by itself."""
        self.boost_until_ms.pop(output, None)
        if not minutes:
            self.asked.pop(f"{BOOST}/{output}", None)
        group = next(group for group in self.config.rotations().values() if output in group.outputs)
        lasts = group.boost_minutes if minutes == inf else minutes
        if lasts:
            self.boost_until_ms[output] = now_ms + round(lasts * 60_000)

    def _force(self, device: str, minutes: float, now_ms: int) -> None:
        if minutes:
            self.forced_until_ms[device] = now_ms + round(abs(minutes) * 60_000)
        else:
            self._unforce(device)

    def _unforce(self, device: str) -> None:
        self.forced_until_ms.pop(device, None)
        for name in (FORCE, FORCE_W):
            self.asked.pop(f"{name}/{device}", None)

    def recall(
        self,
        asked: Mapping[str, str],
        manual_until_ms: int | None,
        forced_until_ms: Mapping[str, int] | None = None,
        boost_until_ms: Mapping[str, int] | None = None,
        order_of_file: Sequence[str] | None = None,
    ) -> None:
        """Take up what was asked for before a restart; what the present file no longer knows is dropped.

        `order_of_file`: what the file said then. An owner who has edited it since means the file, so that nothing
        new stays out of the order for ever.
        """
        self.asked |= {name: text for name, text in asked.items() if self._still_holds(name, text, order_of_file)}
        self.manual_until_ms = manual_until_ms
        known = (forced_until_ms or {}).items()
        self.forced_until_ms = {device: until_ms for device, until_ms in known if f"{FORCE}/{device}" in self.asked}
        boosts = (boost_until_ms or {}).items()
        self.boost_until_ms = {output: until_ms for output, until_ms in boosts if f"{BOOST}/{output}" in self.asked}

    def _still_holds(self, name: str, payload: str, order_of_file: Sequence[str] | None) -> bool:
        """Whether what was asked for before a restart is still meant, and can still be granted."""
        if name == "order" and order_of_file is not None and tuple(order_of_file) != self.config.order:
            return False
        try:
            self._parse(name, payload)
        except Refused:
            return False
        return True

    def pass_time(self, now_ms: int) -> bool:
        """End what was asked for with an end, when its time is up. Returns whether anything ended now."""
        over = [device for device, until_ms in self.forced_until_ms.items() if now_ms >= until_ms]
        for device in over:
            self._unforce(device)
        warm = [output for output, until_ms in self.boost_until_ms.items() if now_ms >= until_ms]
        for output in warm:
            self._boost(output, 0.0, now_ms)
        return self._end_manual(now_ms) or bool(over or warm)

    def _end_manual(self, now_ms: int) -> bool:
        if self.manual_until_ms is None or now_ms < self.manual_until_ms:
            return False
        self.manual_until_ms = None
        for name in ("mode", "manual_power_w", "manual_minutes"):
            self.asked.pop(name, None)
        return True

    def echo(self) -> Mapping[str, str]:
        """Every setting in force, as published."""
        told = {
            "mode": self.mode,
            "dry_run": "on" if self.dry_run else "off",
            "target_grid_w": f"{self.target_grid_w:g}",
            "order": ",".join(self.order),
            "manual_power_w": f"{self.manual_power_w:g}",
            "manual_minutes": f"{float(self._value('manual_minutes', MANUAL_MINUTES)):g}",
        }
        reserves = {f"reserve_soc_pct/{name}": f"{self.reserve_soc_pct(name):g}" for name in self.config.batteries()}
        forced = {f"{FORCE}/{name}": f"{self._minutes(name):g}" for name in self.config.loads}
        forced_w = {f"{FORCE_W}/{name}": f"{self.forced_w(name) or 0.0:g}" for name in self.config.loads}
        water = {f"{HOT_WATER}/{name}": self.hot_water_mode(name) for name in self.config.water_heaters()}
        return told | reserves | forced | forced_w | water | self._echo_of_rotations()

    def _echo_of_rotations(self) -> dict[str, str]:
        outputs = self.config.rotated()
        if not outputs:
            return {}
        house = {"away": "on" if self.away else "off", "saving_mode": f"{self.saving_mode}"}
        boosts = {f"{BOOST}/{name}": self.asked.get(f"{BOOST}/{name}", "0") for name in outputs}
        heats = {f"{HEAT}/{name}": self.asked.get(f"{HEAT}/{name}", "auto") for name in outputs}
        return house | boosts | heats

    def _minutes(self, load: str) -> float:
        return float(self._value(f"{FORCE}/{load}", 0.0))

    def _value(self, name: str, configured: Any) -> Any:  # each setting has a type of its own, known to its property
        return self._parse(name, self.asked[name]) if name in self.asked else configured

    def _parse(self, name: str, payload: str) -> object:
        kind, _, device = name.partition("/")
        parse = PARSERS.get(kind)
        if parse is None or bool(device) != (kind in PER_DEVICE):
            raise Refused(f"there is no setting {name!r}; there are {', '.join(sorted(PARSERS))}")
        what, known = self._concerned(kind)
        if device and device not in known:
            raise Refused(f"{device!r} is no {what} in the order; there are {', '.join(known) or 'none'}")
        return parse(payload.strip(), self.config)

    def _concerned(self, kind: str) -> tuple[str, tuple[str, ...]]:
        """What a setting of one device is about, and the devices that have it."""
        if kind == HOT_WATER:
            return "water heater", self.config.water_heaters()
        if kind in (FORCE, FORCE_W):
            return "load", self.config.loads
        if kind in (BOOST, HEAT):
            return "output of a rotation", self.config.rotated()
        return "device", self.config.batteries()

"""One PZEM module: what of its messages is believed, and how old that is. Pure."""

from dataclasses import dataclass, replace

from common.counters import Counters
from common.errors import DeviceUnintelligible
from services.pzem import wire
from services.pzem.config import MeterSettings
from services.pzem.wire import Reading, Version

ENERGY = "energy_wh"


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading and when it came; no module tells a time."""

    reading: Reading
    at_s: float
    at_ms: int


class Clamp:
    """One module's messages."""

    def __init__(self, settings: MeterSettings) -> None:
        self.newest: Measured | None = None
        self.trouble = ""
        """Why the last message was of no use; empty after a good one."""
        self.period_s: float | None = None
        """Time between its last two readings."""
        self.firmware: str | None = None
        self._max_power_w = settings.max_power_w
        self._module = settings.module
        self._booted: Version | None = None
        self._counters = Counters({ENERGY: settings.max_power_w}, {ENERGY: 1000}, quick=(ENERGY,))

    @property
    def version(self) -> Version | None:
        """The generation of the module, as set or as told."""
        return self._module or self._booted

    def started(self, boot: wire.Boot) -> None:
        """Its meter says that it has started."""
        self.firmware, self._booted = boot.firmware, boot.version

    def take(self, payload: bytes, now_s: float, wall_ms: int) -> Measured:
        """Believe a message, or raise DeviceError: then the newest reading just grows older."""
        reading = wire.reading(payload, self.version)
        if reading.power_w > self._max_power_w:
            raise DeviceUnintelligible(f"{reading.power_w:.0f} W is more than its max_power_w")
        if reading.energy_wh is not None and self._counters.judge(ENERGY, reading.energy_wh, now_s) == "doubted":
            reading = replace(reading, energy_wh=None)
        self.period_s = now_s - self.newest.at_s if self.newest else None
        self.newest = Measured(reading, now_s, wall_ms)
        return self.newest

    def fresh(self, now_s: float, within_s: float) -> Measured | None:
        """The newest reading, unless it is older than that."""
        return self.newest if self.newest is not None and now_s - self.newest.at_s <= within_s else None


@dataclass(frozen=True, slots=True)
class Net:
    """What the connection carries. + import, − export."""

    power_w: float
    voltage_v: float
    at_ms: int
    """Of the older of the two readings."""


def net(consumption: Measured | None, production: Measured | None, apart_s: float) -> Net | None:
    """Consumption less production, of readings that belong together. Either one unknown: unknown."""
    if consumption is None or production is None or abs(consumption.at_s - production.at_s) > apart_s:
        return None
    power_w = consumption.reading.power_w - production.reading.power_w
    return Net(round(power_w, 3), consumption.reading.voltage_v, min(consumption.at_ms, production.at_ms))

"""The newest that was heard of every meter and device, each with its time. Old news stays, but is known to be old."""

from dataclasses import dataclass, field, replace

from common.contract import (
    BatteryState,
    Control,
    DeviceInfo,
    EvState,
    Forecast,
    LoadState,
    MeterState,
    PlanState,
    RequestState,
    SwitchState,
    TariffState,
)
from services.balancer.core.beat import Beat
from services.balancer.core.merit import Bounds

STEP_S = 1.0
"""The wall clock has been set if it moved by so much more or less than the monotonic one."""
STALE_GAPS = 3
LEAST_STALE_S, MOST_STALE_S = 10.0, 180.0
"""For meters that do not say after how long they are stale, or come less often than they say."""
REQUEST_STALE_S = 120.0
METER_PERIOD_S = 1.0
METER_DELAY_S = 0.2
"""From the end of what a reading is the mean of, until it is known; what differs is learnt as dead time."""


@dataclass(frozen=True, slots=True)
class Device:
    """All that was heard of one device that may be commanded, or of the car."""

    id: str
    kind: str
    """Its class in the tree."""
    info: DeviceInfo | None = None
    state: BatteryState | EvState | SwitchState | LoadState | None = None
    state_s: float | None = None
    """When the state was measured, on the balancer's time line."""
    available: bool | None = None
    control: Control | None = None

    @property
    def power_w(self) -> float | None:
        """Its measured power, + consumes."""
        return self.state.power_w if self.state else None

    @property
    def soc_pct(self) -> float | None:
        """Its state of charge."""
        return self.state.soc_pct if isinstance(self.state, BatteryState | EvState) else None

    @property
    def level_pct(self) -> float | None:
        """How far a dimmed load is turned up."""
        return self.state.level_pct if isinstance(self.state, LoadState) else None

    @property
    def range_w(self) -> Bounds:
        """The set-points it says it takes; rest is always one of them."""
        low_w, high_w = (self.info.min_w or 0.0, self.info.max_w or 0.0) if self.info else (0.0, 0.0)
        return Bounds(min(0.0, low_w), max(0.0, high_w))

    def unfit(self, now_s: float) -> str | None:
        """Why its measurement may not be used, in a few words; None if it may."""
        if self.info is None:
            return "has not told what it can do"
        if self.available is False:
            return "is offline"
        tells_power = self.power_w is not None or isinstance(self.state, SwitchState) or self.level_pct is not None
        if self.state is None or self.state_s is None or not tells_power:
            return "has never told its power"
        if now_s - self.state_s > self.info.stale_after_s:
            return f"has not been measured for more than {self.info.stale_after_s:.0f} s"
        return None if self.state.quality in ("good", "estimated") else f"says its data are {self.state.quality}"


@dataclass(frozen=True, slots=True)
class Request:
    """The newest wish of a thermostat or another program."""

    state: RequestState
    state_s: float

    def is_fresh(self, now_s: float) -> bool:
        """Whether it may still be believed; its sender says it again several times a minute."""
        return self.state.quality in ("good", "estimated") and now_s - self.state_s <= REQUEST_STALE_S


@dataclass(frozen=True, slots=True)
class Meter:
    """All that was heard of one grid meter."""

    id: str
    info: DeviceInfo | None = None
    state: MeterState | None = None
    state_s: float | None = None
    beat: Beat | None = None
    device_mark: tuple[int | None, int | None] = (None, None)
    """The meter's own clock and counter …"""
    mark_s: float = 0.0
    """… and since when they stand as they do."""

    def heard(self, state: MeterState, at_s: float) -> "Meter":
        """The same after one more reading."""
        mark = (state.device_ts_ms, state.device_seq)
        moved = mark != self.device_mark or mark == (None, None)
        beat = self.beat.next(at_s) if self.beat else Beat(at_s, self.period_s)
        return replace(
            self, state=state, state_s=at_s, beat=beat, device_mark=mark, mark_s=at_s if moved else self.mark_s
        )

    @property
    def period_s(self) -> float:
        """Time between two readings."""
        if self.beat:
            return self.beat.period_s
        return self.info.poll_s if self.info else METER_PERIOD_S

    @property
    def usual_gap_s(self) -> float:
        """How often readings really come."""
        return self.beat.usual_gap_s if self.beat else self.period_s

    @property
    def stale_after_s(self) -> float:
        """Age from which a reading is of no use: what its bridge says, or longer if readings really come less often."""
        told_s = self.info.stale_after_s if self.info else LEAST_STALE_S
        return max(told_s, min(MOST_STALE_S, STALE_GAPS * self.usual_gap_s))

    def unfit(self, now_s: float) -> str | None:
        """Why it may not be used for control at `now_s`; None if it may."""
        if self.state is None or self.state_s is None:
            return "has never been heard"
        if now_s - self.state_s > self.stale_after_s:
            return f"has been silent for more than {self.stale_after_s:.0f} s"
        if self.state_s - self.mark_s > max(STALE_GAPS * self.usual_gap_s, LEAST_STALE_S):
            return "is frozen: it sends on, but its own clock stands still"
        return None if self.state.quality in ("good", "estimated") else f"says its data are {self.state.quality}"


@dataclass(slots=True)
class TimeLine:
    """Time stamps as seconds on one line that never jumps, although somebody may set the clocks.

    Whether one was set, our own two clocks say: senders on this host jump together with it. What a sender elsewhere
    stamps is taken at its word, so that an old measurement stays old however often it is published.
    """

    _offset_s: float = 0.0
    _apart_s: float | None = None

    def at_s(self, ts_ms: int) -> float:
        """A time stamp on the line."""
        return ts_ms / 1000 + self._offset_s

    def heed(self, wall_ms: int, monotonic_s: float) -> None:
        """Look at both clocks; if the wall clock was set since the last look, the line takes no notice."""
        apart_s = wall_ms / 1000 - monotonic_s
        stepped_s = 0.0 if self._apart_s is None else apart_s - self._apart_s
        if self._apart_s is None or abs(stepped_s) > STEP_S:
            self._offset_s -= stepped_s
            self._apart_s = apart_s


@dataclass(slots=True)
class World:
    """What the balancer knows, by id. Only ids of its configuration get in, so strangers cannot make it grow."""

    line: TimeLine = field(default_factory=TimeLine)
    devices: dict[str, Device] = field(default_factory=dict)
    meters: dict[str, Meter] = field(default_factory=dict)
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    """The newest of each kind: `pv`, `load`."""
    requests: dict[str, Request] = field(default_factory=dict)
    tariff: TariffState | None = None
    plans: dict[str, PlanState] = field(default_factory=dict)
    """The newest of the house (`main`) and of each device."""

    def device(self, device_id: str, kind: str) -> Device:
        """A device as known so far."""
        return self.devices.get(device_id) or Device(device_id, kind)

    def meter(self, meter_id: str) -> Meter:
        """A meter as known so far."""
        return self.meters.get(meter_id) or Meter(meter_id)

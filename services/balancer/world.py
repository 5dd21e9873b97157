"""The newest that was heard of every meter and device, each with its time. Old news stays, but is known to be old."""

from dataclasses import dataclass, field, replace

from common.contract import BatteryState, Control, DeviceInfo, EvState, MeterState
from services.balancer.core.beat import Beat

STEP_S = 5.0
"""The wall clock has been set if a sender's time and our own monotonic time disagree by more about one spell."""
FROZEN_PERIODS = 3
STALE_S = 30.0
"""For devices that have not told their own limit."""
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
    state: BatteryState | EvState | None = None
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
        return self.state.soc_pct if self.state else None

    def unfit(self, now_s: float) -> str | None:
        """Why its measurement may not be used, in a few words; None if it may."""
        if self.info is None:
            return "has not told what it can do"
        if self.available is False:
            return "is offline"
        if self.state is None or self.state_s is None or self.power_w is None:
            return "has not been measured"
        if now_s - self.state_s > self.info.stale_after_s:
            return f"was last measured {now_s - self.state_s:.0f} s ago"
        return None if self.state.quality in ("good", "estimated") else f"says its data are {self.state.quality}"


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
    def stale_after_s(self) -> float:
        """Age from which a reading is of no use."""
        return self.info.stale_after_s if self.info else max(3 * self.period_s, 10.0)

    def unfit(self, now_s: float) -> str | None:
        """Why it may not be used for control at `now_s`; None if it may."""
        if self.state is None or self.state_s is None:
            return "has not been heard"
        if now_s - self.state_s > self.stale_after_s:
            return f"was last heard {now_s - self.state_s:.0f} s ago"
        if self.state_s - self.mark_s > max(FROZEN_PERIODS * self.period_s, 10.0):
            return f"is frozen: its own clock has stood still for {self.state_s - self.mark_s:.0f} s"
        return None if self.state.quality in ("good", "estimated") else f"says its data are {self.state.quality}"


@dataclass(slots=True)
class TimeLine:
    """Senders' time stamps as seconds that never jump, even when somebody sets the clocks."""

    _offset_s: float = 0.0
    _last: tuple[float, float] | None = None

    def at_s(self, ts_ms: int) -> float:
        """A time stamp on the line."""
        return ts_ms / 1000 + self._offset_s

    def follow(self, ts_ms: int, arrived_s: float) -> float:
        """The same for a message that has just arrived; corrects the line if the clock was set since the last one."""
        stamp_s = ts_ms / 1000
        if self._last is not None:
            stepped_s = (stamp_s - self._last[0]) - (arrived_s - self._last[1])
            if abs(stepped_s) > STEP_S:
                self._offset_s -= stepped_s
        self._last = (stamp_s, arrived_s)
        return self.at_s(ts_ms)


@dataclass(slots=True)
class World:
    """What the balancer knows, by id. Only ids of its configuration get in, so strangers cannot make it grow."""

    line: TimeLine = field(default_factory=TimeLine)
    devices: dict[str, Device] = field(default_factory=dict)
    meters: dict[str, Meter] = field(default_factory=dict)

    def device(self, device_id: str, kind: str) -> Device:
        """A device as known so far."""
        return self.devices.get(device_id) or Device(device_id, kind)

    def meter(self, meter_id: str) -> Meter:
        """A meter as known so far."""
        return self.meters.get(meter_id) or Meter(meter_id)

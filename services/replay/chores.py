"""Loads that the replay adds to the recorded house: each wants its fill every day, by its hour."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from math import ceil
from typing import Final, NamedTuple

from services.planner.core.problem import Job
from services.replay.steps import Slot

GAP_S: Final = 3600
"""A day whose end was not measured, by so much or more, goes on until the same hour after the gap."""


class Chore(NamedTuple):
    """A switched load."""

    power_w: float
    need_wh: float
    """Per day."""
    ready_by: time = time(6)
    """Local; its day ends and begins then."""
    is_interruptible: bool = True


@dataclass(slots=True)
class Chores:
    """What each load of one policy's house has had of its day."""

    chores: Mapping[str, Chore]
    zone: tzinfo
    left_wh: dict[str, float] = field(default_factory=dict)
    ends_s: dict[str, float] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    def begin(self, now_s: float) -> float:
        """A step begins. Returns what is missing of the days that have ended, in Wh."""
        missed_wh = 0.0
        for name, chore in self.chores.items():
            ends_s = self.ends_s.get(name, now_s)
            if now_s >= ends_s:
                self.ends_s[name] = self._next_end_s(chore, now_s)
            if 0 <= now_s - ends_s < GAP_S:
                missed_wh += self.left_wh.get(name, 0.0)
                self.left_wh[name] = chore.need_wh
        return missed_wh

    def run(self, wanted: set[str], hours: float) -> float:
        """Run those for a step, if they still need anything. Returns the power that all draw."""
        drawn_w, self.running = 0.0, {name for name in wanted if self.left_wh[name] > 0}
        for name in sorted(self.running):
            power_w = min(self.chores[name].power_w, self.left_wh[name] / hours)
            self.left_wh[name] = max(0.0, self.left_wh[name] - power_w * hours)
            drawn_w += power_w
        return drawn_w

    def urgent(self, now_s: float) -> set[str]:
        """Those that must run from now on to be ready in time."""
        return {name for name, left_wh in self.left_wh.items() if left_wh > 0 and self._is_late(name, left_wh, now_s)}

    def jobs(self, ahead: Sequence[Slot], *, is_end: bool = False) -> Iterator[Job]:
        """What is asked: the rest of this day, and the days that end within sight; all of them if nothing follows."""
        starts = [slot.start_s for slot in ahead]
        for name, chore in self.chores.items():
            first, ends_s, needed_wh = 0, self.ends_s[name], self.left_wh[name]
            while first < len(starts):
                before, ends_s = _end(starts, ends_s)
                ends_in_sight = before < len(starts) or first == 0 or is_end
                if needed_wh > 0 and before > first and ends_in_sight:
                    yield self._job(name, range(first, before), needed_wh, ahead[0].hours)
                first, ends_s, needed_wh = before, ends_s + 86_400, chore.need_wh

    def _job(self, name: str, window: range, needed_wh: float, slot_h: float) -> Job:
        chore, is_running = self.chores[name], name in self.running and window.start == 0
        slots = ceil(needed_wh / chore.power_w / slot_h) if is_running and not chore.is_interruptible else 0
        return Job(
            device=name,
            power_w=chore.power_w,
            needed_wh=needed_wh,
            from_slot=window.start,
            before_slot=window.stop,
            is_interruptible=chore.is_interruptible,
            is_running=is_running,
            must_run_slots=min(slots, window.stop),
        )

    def go_on(self, name: str, now_s: float, left_wh: float | None) -> None:
        """From another account of the time until now: what is left of the running day; None: all of it."""
        self.ends_s[name] = self._next_end_s(self.chores[name], now_s)
        self.left_wh[name] = self.chores[name].need_wh if left_wh is None else left_wh

    def _is_late(self, name: str, left_wh: float, now_s: float) -> bool:
        return now_s + left_wh / self.chores[name].power_w * 3600 >= self.ends_s[name] - 1

    def _next_end_s(self, chore: Chore, now_s: float) -> float:
        local = datetime.fromtimestamp(now_s, UTC).astimezone(self.zone)
        end = local.replace(hour=chore.ready_by.hour, minute=chore.ready_by.minute, second=0, microsecond=0)
        if end <= local:
            end += timedelta(days=1)
        return end.timestamp()


def _end(starts: Sequence[int], ends_s: float) -> tuple[int, float]:
    """The first slot after the end of a day, and that end: later if there is a gap where it should be."""
    before = bisect_left(starts, ends_s)
    while before < len(starts) and starts[before] - ends_s >= GAP_S:
        ends_s += 86_400
        before = bisect_left(starts, ends_s)
    return before, ends_s

"""Which response fits: a bank of 60 candidates, each played through the orders that were carried out.

Needs nothing from the device but its obedience; a meter's constant delay ends up in the dead time. Each candidate is
held against two kinds of meter, one that tells the mean of its period and one that tells the power of the moment:
of which kind the meter is, the orders show as well. Runs after the orders of a reading have left, never before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.balancer.core.dosed import Dosed
from services.balancer.core.response import MOST_SPREAD, Response
from services.balancer.core.track import Track

DEAD_RATIO, RAMP_RATIO = 1.45, 2.0
DEAD_TIMES = tuple(0.2 * DEAD_RATIO**index for index in range(10))
RAMPS = tuple(125.0 * RAMP_RATIO**index for index in range(6))
BANK = tuple(Response(dead_time_s, ramp_w_per_s) for dead_time_s in DEAD_TIMES for ramp_w_per_s in RAMPS)
LISTEN_S = 12.0
"""After an order, this long the meter tells something about the response."""
PROMPT_S = 1.0
"""A confirmation within this time tells when the order began to act."""
LARGE_W = 300.0
"""Only orders that change this much are listened to."""
MOST_COST_W = 300.0
FORGET = 0.999
ORDERS_TO_LEARN = 4
SHARPER = 1.26
LEAST_SPREAD = 1.25
LEAST_SPREAD_LOSSY = 1.6


KINDS = MEAN, MOMENT = 0, 1
"""What a reading is: the mean of a time, or the power at its end."""
FITS_BETTER = 0.6
"""A kind of meter is believed when its best candidates leave so much less unexplained than those of the other."""
CLEARLY_W = 500.0
"""Costs that differ by less tell nothing."""


class Window(NamedTuple):
    """The time that a reading is about, and the reading minus everything that other devices did then."""

    start_s: float
    end_s: float
    others_w: float


@dataclass(frozen=True, slots=True)
class Bench:
    """The candidates' costs if the meter is of one kind."""

    costs: tuple[float, ...] = (0.0,) * len(BANK)
    last: tuple[float, ...] | None = None
    """Unexplained grid power of each candidate at the last reading."""

    def listened(self, tracks: Sequence[Track], window: Window) -> "Bench":
        """Take in one reading."""
        unexplained = tuple(window.others_w - track.mean(window.start_s, window.end_s) for track in tracks)
        if self.last is None:
            return replace(self, last=unexplained)
        costs = tuple(
            FORGET * cost + min(abs(now - before), MOST_COST_W)
            for cost, now, before in zip(self.costs, unexplained, self.last, strict=True)
        )
        return Bench(costs, unexplained)

    @property
    def cell(self) -> int:
        """The candidate that leaves the least unexplained."""
        return min(range(len(BANK)), key=self.costs.__getitem__)

    @property
    def best(self) -> Response:
        """The response between that candidate and its neighbours at which the costs have their least."""
        dead, ramp = divmod(self.cell, len(RAMPS))
        along_dead = [self.costs[index * len(RAMPS) + ramp] for index in range(len(DEAD_TIMES))]
        along_ramp = [self.costs[dead * len(RAMPS) + index] for index in range(len(RAMPS))]
        return Response(
            DEAD_TIMES[dead] * DEAD_RATIO ** _valley(along_dead, dead),
            RAMPS[ramp] * RAMP_RATIO ** _valley(along_ramp, ramp),
        )


@dataclass(frozen=True, slots=True)
class Learning:
    """What one device has taught so far."""

    tracks: tuple[Track, ...] = ()
    benches: tuple[Bench, Bench] = (Bench(), Bench())
    """One per kind of meter."""
    listen_until_s: float = 0.0
    orders: int = 0
    heard: int = 0
    """Large orders in all."""
    goal_w: float = 0.0
    believed: tuple[int, int] | None = None
    """Kind of the meter and candidate adopted last."""

    def executed(self, power_w: float, from_w: float, at_s: float, told_s: float, *, still: bool = True) -> "Learning":
        """An order has been carried out from `at_s` on, `told_s` after it was given.

        One that took several attempts may have acted long before its confirmation: it teaches nothing. Nor does one
        in a house that is not `still`, for where the sun goes on moving every answer looks late.
        """
        tracks = self.tracks or (Track.constant(from_w, at_s - 1),) * len(BANK)
        telling = told_s <= PROMPT_S and still
        large = abs(power_w - self.goal_w) >= LARGE_W and telling
        return replace(
            self,
            tracks=tuple(
                track.since(at_s - 30).then(at_s + response.dead_time_s, power_w, response.ramp_w_per_s)
                for track, response in zip(tracks, BANK, strict=True)
            ),
            listen_until_s=at_s + LISTEN_S if large else (self.listen_until_s if telling else 0.0),
            orders=self.orders + large,
            heard=self.heard + large,
            goal_w=power_w,
        )

    def anew(self) -> "Learning":
        """The device was away, and nobody knows what it did: its course begins again, what was learnt stays."""
        return replace(self._deaf(), tracks=(), listen_until_s=0.0, goal_w=0.0)

    def is_idle(self, now_s: float) -> bool:
        """Whether a reading would teach nothing."""
        return now_s > self.listen_until_s and self.benches[MEAN].last is None and not self.is_due

    def listened(self, windows: tuple[Window, Window]) -> "Learning":
        """Take in one reading, as each kind of meter would mean it."""
        if windows[MOMENT].end_s > self.listen_until_s or not self.tracks:
            return self if self.benches[MEAN].last is None else self._deaf()
        mean, moment = (
            bench.listened(self.tracks, window) for bench, window in zip(self.benches, windows, strict=True)
        )
        return replace(self, benches=(mean, moment))

    def _deaf(self) -> "Learning":
        mean, moment = (replace(bench, last=None) for bench in self.benches)
        return replace(self, benches=(mean, moment))

    @property
    def is_due(self) -> bool:
        """Whether enough orders were heard to judge."""
        return self.orders >= ORDERS_TO_LEARN


def _valley(costs: Sequence[float], least: int) -> float:
    """Where the least of a row of costs lies, in steps from the candidate `least`; between −1 and 1.

    Costs of absolute errors form a valley with straight sides. The lowest candidate stands on the side of its
    higher neighbour; the other side runs through the two candidates beyond. Where they meet is the bottom.
    """
    if not 2 <= least <= len(costs) - 3:
        return 0.0
    lower = 1 if costs[least + 1] < costs[least - 1] else -1
    near, other, far = costs[least - lower], costs[least + lower], costs[least + 2 * lower]
    down, up = near - costs[least], far - other
    if down <= 0 or up <= 0:
        return 0.0
    return lower * max(0.0, min(1.0, (costs[least] - other + up) / (down + up)))


def adopt(device: Dosed, learning: Learning, kind: int = MEAN) -> tuple[Dosed, Learning]:
    """Believe the best candidate: more firmly if it was believed before, with all doubt if it is another."""
    least = LEAST_SPREAD_LOSSY if device.is_lossy else LEAST_SPREAD
    bench = learning.benches[kind]
    spread = max(least, device.spread / SHARPER) if (kind, bench.cell) == learning.believed else MOST_SPREAD
    adopted = replace(learning, orders=0, believed=(kind, bench.cell))
    return replace(device, response=bench.best, spread=spread), adopted


def kind_of(meter: int, lessons: Sequence[Learning]) -> int:
    """Of which kind the meter is, as far as all devices together have shown; `meter` is what is believed now."""
    telling = [learning for learning in lessons if learning.heard >= ORDERS_TO_LEARN]
    now_w, other_w = (
        sum(learning.benches[kind].costs[learning.benches[kind].cell] for learning in telling)
        for kind in (meter, 1 - meter)
    )
    return 1 - meter if other_w < FITS_BETTER * now_w and now_w - other_w > CLEARLY_W else meter

"""Which response fits: a bank of 60 candidates, each played through the orders that were carried out.

Needs nothing from the device but its obedience; a meter's constant delay ends up in the dead time. Runs after the
orders of a reading have left, never before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
ORDERS_TO_LEARN = 6
SHARPER = 1.26
LEAST_SPREAD = 1.25
LEAST_SPREAD_LOSSY = 1.6


@dataclass(frozen=True, slots=True)
class Learning:
    """What one device has taught so far."""

    tracks: tuple[Track, ...] = ()
    costs: tuple[float, ...] = (0.0,) * len(BANK)
    last: tuple[float, ...] | None = None
    """Unexplained grid power of each candidate at the last reading."""
    listen_until_s: float = 0.0
    orders: int = 0
    goal_w: float = 0.0
    believed: int | None = None
    """The candidate adopted last."""

    def executed(self, power_w: float, from_w: float, at_s: float, told_s: float) -> "Learning":
        """An order has been carried out from `at_s` on, `told_s` after it was given.

        One that took several attempts may have acted long before its confirmation: it teaches nothing.
        """
        tracks = self.tracks or (Track.constant(from_w, at_s - 1),) * len(BANK)
        large = abs(power_w - self.goal_w) >= LARGE_W and told_s <= PROMPT_S
        return replace(
            self,
            tracks=tuple(
                track.since(at_s - 30).then(at_s + response.dead_time_s, power_w, response.ramp_w_per_s)
                for track, response in zip(tracks, BANK, strict=True)
            ),
            listen_until_s=at_s + LISTEN_S if large else (self.listen_until_s if told_s <= PROMPT_S else 0.0),
            orders=self.orders + large,
            goal_w=power_w,
        )

    def is_idle(self, now_s: float) -> bool:
        """Whether a reading would teach nothing."""
        return now_s > self.listen_until_s and self.last is None and not self.is_due

    def listened(self, others_w: float, start_s: float, end_s: float) -> "Learning":
        """Take in one reading minus everything that other devices did."""
        if end_s > self.listen_until_s or not self.tracks:
            return self if self.last is None else replace(self, last=None)
        unexplained = tuple(others_w - track.mean(start_s, end_s) for track in self.tracks)
        if self.last is None:
            return replace(self, last=unexplained)
        costs = tuple(
            FORGET * cost + min(abs(now - before), MOST_COST_W)
            for cost, now, before in zip(self.costs, unexplained, self.last, strict=True)
        )
        return replace(self, last=unexplained, costs=costs)

    @property
    def is_due(self) -> bool:
        """Whether enough orders were heard to judge."""
        return self.orders >= ORDERS_TO_LEARN

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


def adopt(device: Dosed, learning: Learning) -> tuple[Dosed, Learning]:
    """Believe the best candidate: more firmly if it was believed before, with all doubt if it is another."""
    least = LEAST_SPREAD_LOSSY if device.is_lossy else LEAST_SPREAD
    spread = max(least, device.spread / SHARPER) if learning.cell == learning.believed else MOST_SPREAD
    adopted = replace(learning, orders=0, believed=learning.cell)
    return replace(device, response=learning.best, spread=spread), adopted

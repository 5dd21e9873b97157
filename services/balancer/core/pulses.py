"""Loads that jump to and fro faster than any device can follow, and how not to chase them."""

from dataclasses import dataclass, replace

from services.balancer.core.rest import Evidence

JUMP_W = 200.0
JUMPS = 4
HOLD_S = 15.0
WINDOW_S = 20.0
GAP_S = 10.0
"""Shortest time between two orders while the house pulses."""


@dataclass(frozen=True, slots=True)
class Pulses:
    """The last jumps of the house's own load, and its course over the last seconds."""

    jumps: tuple[tuple[float, float], ...] = ()
    """(time, signed height) of alternating jumps, newest last."""
    course: tuple[tuple[float, float], ...] = ()
    """(time, power) of the last 20 s."""
    until_s: float = 0.0

    def is_on(self, now_s: float) -> bool:
        """Whether the house pulses at the moment."""
        return now_s < self.until_s

    def watch(self, now_s: float, seen: Evidence, response_s: float) -> "Pulses":
        """Take in one reading. `response_s`: time scale of the quickest device.

        Only what our own devices cannot have done moves the course.
        """
        previous_w = self.course[-1][1] if self.course else seen.mid_w
        house_w = min(seen.hi_w, max(seen.lo_w, previous_w))
        course = (*(point for point in self.course if point[0] > now_s - WINDOW_S), (now_s, house_w))
        height_w = house_w - previous_w
        jumps = tuple(jump for jump in self.jumps if jump[0] > now_s - 5 * response_s - 5)
        if abs(height_w) > JUMP_W:
            turned = not jumps or (jumps[-1][1] > 0) != (height_w > 0)
            jumps = (*jumps, (now_s, height_w)) if turned else (*jumps[:-1], (now_s, height_w))
        pulsing = len(jumps) >= JUMPS
        return replace(self, jumps=jumps[-JUMPS:], course=course, until_s=now_s + HOLD_S if pulsing else self.until_s)

    def quantile_w(self, share: float) -> float:
        """The power that the house stayed below for this share of the last 20 s."""
        ordered = sorted(power_w for _, power_w in self.course)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

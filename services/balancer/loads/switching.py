"""When a load that lives on surplus starts and stops, so that nothing toggles at the edge.

Like the dead band of a set-point this one is in energy: a shortfall of all its power is borne for some seconds, one of
a twentieth for some minutes. What it bears is drawn from batteries or grid, and never more than that per run.
"""

from dataclasses import dataclass, replace

START_S = 60.0
"""There must have been room for so long before a load starts."""
MARGIN_SHARE, LEAST_MARGIN_W = 0.05, 30.0
"""Room beyond its own power that it wants to start, so that noise does not stop it again."""
BORNE_S = 5.0
"""A shortfall of all its power is borne for so long, a smaller one accordingly longer."""
HELPED_BORNE_S = 1.0
"""The same for a load that counts on batteries already: what it lacks beyond them, the grid brings."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the switch of one load remembers."""

    on: bool = False
    since_s: float | None = None
    """When it was last switched; None: not known to have been."""
    room_since_s: float | None = None
    """Since when there is room for it; only while it is off."""
    owed_ws: float = 0.0
    """Energy it has drawn lately that was not there; only while it is on."""

    def switched(self, on: bool, now_s: float) -> "Run":
        """The same after it was switched, or left as it is."""
        return self if on == self.on else Run(on, now_s)

    def held_s(self, now_s: float) -> float:
        """How long it has been as it is."""
        return float("inf") if self.since_s is None else max(0.0, now_s - self.since_s)


def weighed(run: Run, power_w: float, left_w: float, now_s: float, elapsed_s: float, *, start_w: float = 0.0) -> Run:
    """Take in what is left for a load at its place. `power_w`: what it draws, or would draw."""
    if run.on:
        return replace(run, owed_ws=max(0.0, run.owed_ws + (power_w - left_w) * elapsed_s), room_since_s=None)
    enough = left_w >= max(start_w, power_w + margin_w(power_w))
    since_s = now_s if run.room_since_s is None else run.room_since_s
    return replace(run, room_since_s=since_s if enough else None, owed_ws=0.0)


def margin_w(power_w: float) -> float:
    """What must be left beyond its own power before it starts."""
    return max(LEAST_MARGIN_W, MARGIN_SHARE * power_w)


def wants_on(
    run: Run, power_w: float, left_w: float, now_s: float, *, displaced: bool, borne_s: float = BORNE_S
) -> bool:
    """The switch rule. `displaced`: one before it in the order has just started, so nothing is borne any more."""
    if not run.on:
        return run.room_since_s is not None and now_s - run.room_since_s >= START_S
    return left_w >= power_w or not (displaced or run.owed_ws >= power_w * borne_s)

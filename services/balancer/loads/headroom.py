"""What the connection still bears for switched loads, over all phases and on each.

Loads are asked from the top of the order down, so what is too much is shed from the bottom up. A load is never shed in
vain: one that draws nothing, or hangs on another phase than the one that is overloaded, stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf

DRAWS_W = 1.0
"""Switching off what draws less frees nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A load as the connection sees it."""

    power_w: float
    """What it draws, or would draw, ≥ 0."""
    on: bool
    phases: tuple[int, ...] = ()
    """Where it hangs; several: on any one of them, nobody knows which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """Power in W that the loads not yet asked may draw together. < 0: overloaded even without them."""

    whole_w: float = inf
    phases_w: Mapping[int, float] = field(default_factory=dict)
    """The same on each phase."""
    hidden_w: Mapping[int, float] = field(default_factory=dict)
    """Part of it that is only there if the loads of unknown phase hang on this one: nobody starts on it."""

    def bears(self, load: Drawn) -> bool:
        """Whether a load may draw its power, or go on drawing it."""
        if load.power_w < DRAWS_W and load.on:
            return True
        return load.power_w <= min(self.whole_w, *(self._on(phase, load) for phase in load.phases), inf)

    def less(self, load: Drawn) -> "Headroom":
        """What is left when it draws that."""
        left_w = {phase: room_w - load.power_w * (phase in load.phases) for phase, room_w in self.phases_w.items()}
        return replace(self, whole_w=self.whole_w - load.power_w, phases_w=left_w)

    def _on(self, phase: int, load: Drawn) -> float:
        hidden_w = 0.0 if load.on else self.hidden_w.get(phase, 0.0)
        return self.phases_w.get(phase, inf) - hidden_w


BOUNDLESS = Headroom()
"""A connection that nobody has told the limits of."""

"""A load behind a switch: it draws what it wants while the switch is closed, else nothing. In W, ≥ 0."""

import random
from typing import Protocol


class Consumer(Protocol):
    """What hangs behind a switch. Its own thermostat or electronics decide what it wants."""

    rated_w: float
    """It never draws more than this."""

    def wanted_w(self) -> float:
        """What it would draw now with the switch closed."""
        ...

    def advance(self, now_s: float, step_s: float, drawn_w: float) -> None:
        """Live on for one step that ends at `now_s`, drawing `drawn_w`."""
        ...


class SwitchedLoad:
    """One switch and what hangs behind it, with the counter of a meter between the two."""

    def __init__(self, consumer: Consumer, *, is_on: bool = False) -> None:
        self.consumer = consumer
        self.is_on = is_on
        """Anybody may set it: a socket, a relay, its owner."""
        self.power_w = self._drawn_w()
        self.energy_wh = 0.0
        """Drawn so far."""

    @property
    def rated_w(self) -> float:
        """The most it draws."""
        return self.consumer.rated_w

    def advance(self, now_s: float, step_s: float) -> None:
        """Move on to `now_s`, as the switch stands."""
        self.power_w = self._drawn_w()
        self.energy_wh += self.power_w * step_s / 3600
        self.consumer.advance(now_s, step_s, self.power_w)

    def _drawn_w(self) -> float:
        return self.consumer.wanted_w() if self.is_on else 0.0


class PlainAppliance:
    """A pump, a fan, a radiator without thermostat: draws about the same whenever it may."""

    def __init__(self, rated_w: float, *, spread: float = 0.0, seed: int = 0) -> None:
        self.rated_w = rated_w
        self._spread = spread
        self._random = random.Random(seed)
        self._wanted_w = rated_w

    def wanted_w(self) -> float:
        """The rated power, less up to `spread` of it."""
        return self._wanted_w

    def advance(self, now_s: float, step_s: float, drawn_w: float) -> None:
        """Waver a little; it remembers nothing."""
        if self._spread:
            self._wanted_w = self.rated_w * (1 - self._spread * self._random.random())

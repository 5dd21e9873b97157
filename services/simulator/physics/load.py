"""What the house draws without flexible devices: appliances that come and go, and noise. In W, ≥ 0."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Profile(Protocol):
    """A power over time. Asked with times that never go back."""

    def at(self, time_s: float) -> float:
        """Power in W at `time_s` seconds after the beginning."""
        ...


@dataclass(frozen=True, kw_only=True)
class Appliance:
    """Switches between on and off for random spells: a thermostat, a drum, a kettle, a hob."""

    name: str
    power_w: float
    on_s: tuple[float, float]
    off_s: tuple[float, float]
    inrush: float = 1.0
    """Power of the first half second, as a multiple."""


class _Running:
    """One appliance on its way through time."""

    def __init__(self, appliance: Appliance, seed: str) -> None:
        self._appliance = appliance
        self._switches = self._spells(random.Random(seed))
        self._on, self._since_s, self._until_s = next(self._switches)

    def _spells(self, chance: random.Random) -> Iterator[tuple[bool, float, float]]:
        time_s = -chance.uniform(0, self._appliance.off_s[1])
        while True:
            for on, spell in ((False, self._appliance.off_s), (True, self._appliance.on_s)):
                began_s, time_s = time_s, time_s + chance.uniform(*spell)
                yield on, began_s, time_s

    def at(self, time_s: float) -> float:
        while self._until_s <= time_s:
            self._on, self._since_s, self._until_s = next(self._switches)
        if not self._on:
            return 0.0
        starting = time_s - self._since_s < 0.5
        return self._appliance.power_w * (self._appliance.inrush if starting else 1.0)


class Appliances:
    """A household: a base that is always there and appliances that come and go."""

    def __init__(self, base_w: float, appliances: Sequence[Appliance], seed: int = 0) -> None:
        self._base_w = base_w
        self._running = [_Running(appliance, f"{seed}/{appliance.name}") for appliance in appliances]

    def at(self, time_s: float) -> float:
        """Sum of everything that is on."""
        return self._base_w + sum(appliance.at(time_s) for appliance in self._running)


class Steps:
    """A power that is told when to change: for experiments."""

    def __init__(self, start_w: float, changes: Sequence[tuple[float, float]] = ()) -> None:
        self._power_w = start_w
        self._changes = list(reversed(changes))

    def at(self, time_s: float) -> float:
        """The power set by the last change at or before `time_s`."""
        while self._changes and self._changes[-1][0] <= time_s:
            self._power_w = self._changes.pop()[1]
        return self._power_w


class Noise:
    """White noise around another profile, a fresh draw each 0.1 s."""

    def __init__(self, around: Profile, amplitude_w: float, seed: int = 0) -> None:
        self._around = around
        self._amplitude_w = amplitude_w
        self._random = random.Random(seed)

    def at(self, time_s: float) -> float:
        """The other profile, give or take up to the amplitude."""
        return self._around.at(time_s) + self._random.uniform(-1, 1) * self._amplitude_w


HOUSEHOLD = (
    Appliance(name="fridge", power_w=85, on_s=(600, 1200), off_s=(1200, 2400), inrush=8.0),
    Appliance(name="lights", power_w=60, on_s=(900, 5400), off_s=(600, 3600)),
    Appliance(name="television", power_w=110, on_s=(1800, 7200), off_s=(3600, 14_400)),
    Appliance(name="kettle", power_w=2000, on_s=(70, 150), off_s=(3600, 14_400)),
    Appliance(name="microwave", power_w=1150, on_s=(60, 240), off_s=(7200, 20_000)),
    Appliance(name="washing heater", power_w=1950, on_s=(420, 840), off_s=(9000, 40_000)),
    Appliance(name="dishwasher heater", power_w=2100, on_s=(600, 900), off_s=(20_000, 50_000)),
)
"""An ordinary house."""

BUSY = (
    *HOUSEHOLD[:3],
    Appliance(name="kettle", power_w=2000, on_s=(70, 130), off_s=(240, 480)),
    Appliance(name="oven", power_w=1400, on_s=(14, 30), off_s=(12, 34)),
    Appliance(name="drum", power_w=420, on_s=(12, 20), off_s=(8, 24)),
    Appliance(name="hob", power_w=900, on_s=(20, 60), off_s=(40, 110)),
)
"""Somebody cooks and washes: more than six steps of 300 W or more a minute, for the demonstration."""

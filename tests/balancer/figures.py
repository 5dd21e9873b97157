"""How well a house was balanced: settling and overshoot, read from the trace of an experiment."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.rig import Trace

PER_S = 10
"""Entries of a trace per second."""
CALM_W = 50.0
CALM_S = 5.0
STEP_W = 300.0


@dataclass(frozen=True)
class Answer:
    """How one step of the load was answered."""

    at_s: float
    settled_s: float | None
    """From the step to the first instant from which the grid stays calm; None if the next step came first."""
    overshoot_w: float
    """Most that the grid went to the other side after it was calm first."""


def square(low_w: float, high_w: float, per_hour: float, seconds: float, seed: int = 0) -> list[tuple[float, float]]:
    """Changes of a load between two levels, at uneven times."""
    chance, time_s, changes, high = random.Random(seed), 20.0, [], True
    while time_s < seconds:
        changes.append((time_s, high_w if high else low_w))
        high = not high
        time_s += 3600 / per_hour * chance.uniform(0.7, 1.3)
    return changes


def answers(trace: Trace, changes: Sequence[tuple[float, float]]) -> list[Answer]:
    """How each of the changes (time, load) was answered; each but the first is a step from the one before."""
    found = []
    for (_, before_w), (at_s, after_w), (until_s, _) in zip(changes, changes[1:], changes[2:], strict=False):
        course = trace.grid_w[round(at_s * PER_S) : round(until_s * PER_S) - 1]
        if abs(after_w - before_w) >= STEP_W:
            found.append(_answer(at_s, course, 1.0 if after_w > before_w else -1.0))
    return found


def _answer(at_s: float, course: Sequence[float], towards: float) -> Answer:
    calm = [abs(power_w) <= CALM_W for power_w in course]
    struck = next((i for i, is_calm in enumerate(calm) if not is_calm), len(calm))
    first = next((i for i in range(struck, len(calm)) if calm[i]), len(calm))
    long = round(CALM_S * PER_S)
    settled = next((i for i in range(first, len(calm) - long) if all(calm[i : i + long])), None)
    beyond_w = max((-towards * power_w for power_w in course[first:]), default=0.0)
    return Answer(at_s, None if settled is None else settled / PER_S, max(0.0, beyond_w))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

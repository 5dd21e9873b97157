"""Figures of control quality out of a trace: settling, overshoot, steadiness, reversals, circulation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.simulator.physics.house import STEP_S
from tests.bench.rig import Trace

SETTLED_S = 5.0
REVERSAL_W = 100.0


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the house's load."""

    at_s: float
    load_w: float
    """From now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well a run went. Times in s, powers in W; None where nothing was to be judged."""

    steps: int
    settle_p50_s: float | None
    settle_p95_s: float | None
    settle_worst_s: float | None
    overshoot_p95_w: float | None
    steady_rms_w: float | None
    reversals_most: int
    reversals_p95: float | None
    circulated_wh_per_h: float
    circulated_wh_per_step: float | None
    mean_abs_w: float
    orders_per_h: float


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that this share of the others does not exceed."""
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else None


def judge(trace: Trace, steps: Sequence[Step], band_w: float, learnt_after_s: float = 0.0) -> Quality:
    """Judge a run. Settled: the first instant from which |grid| ≤ band for 5 s; steps cut short are left out."""
    per_s, hours = round(1 / STEP_S), len(trace.grid_w) * STEP_S / 3600
    settles: list[float] = []
    overshoots: list[float] = []
    steady: list[float] = []
    reversals: list[int] = []
    for index, step in enumerate(steps):
        if step.at_s < learnt_after_s:
            continue
        until = _index(steps[index + 1].at_s) if index + 1 < len(steps) else len(trace.grid_w)
        course = trace.grid_w[_index(step.at_s) : until]
        settled = _settled(course, band_w, round(SETTLED_S * per_s))
        reversals.append(_reversals(course))
        if settled is None:
            if len(course) > 60 * per_s:
                settles.append(len(course) / per_s)  # it had a minute and never came to rest
            continue
        settles.append(settled / per_s)
        upwards = step.load_w > (steps[index - 1].load_w if index else 0.0)
        overshoots.append(max(0.0, *(-power_w if upwards else power_w for power_w in course)))
        steady += course[settled:]
    circulated_wh = _circulated_wh(trace)
    return Quality(
        steps=len(settles),
        settle_p50_s=quantile(settles, 0.5),
        settle_p95_s=quantile(settles, 0.95),
        settle_worst_s=max(settles, default=None),
        overshoot_p95_w=_rounded(quantile(overshoots, 0.95)),
        steady_rms_w=_rounded(math.sqrt(sum(power_w**2 for power_w in steady) / len(steady))) if steady else None,
        reversals_most=max(reversals, default=0),
        reversals_p95=quantile(reversals, 0.95),
        circulated_wh_per_h=round(circulated_wh / hours, 2),
        circulated_wh_per_step=round(circulated_wh / len(steps), 2) if steps else None,
        mean_abs_w=round(sum(abs(power_w) for power_w in trace.grid_w) / len(trace.grid_w), 1),
        orders_per_h=round(trace.orders / hours, 1),
    )


def _index(at_s: float) -> int:
    """The first entry of a trace at or after an instant; entry 0 is that of the first step."""
    return math.ceil(at_s / STEP_S - 1e-9) - 1


def _settled(course: Sequence[float], band_w: float, calm: int) -> int | None:
    inside = 0
    for index, power_w in enumerate(course):
        inside = inside + 1 if abs(power_w) <= band_w else 0
        if inside >= calm:
            return index - calm + 1
    return None


def _reversals(course: Sequence[float]) -> int:
    """How often the grid changes from beyond +100 W to beyond −100 W or back."""
    count, side = 0, 0
    for power_w in course:
        now = 0 if abs(power_w) <= REVERSAL_W else 1 if power_w > 0 else -1
        if now:
            count += side not in (0, now)
            side = now
    return count


def _circulated_wh(trace: Trace) -> float:
    """Energy that one battery gave while another took it."""
    opposed = (min(sum(p for p in powers if p > 0), -sum(p for p in powers if p < 0)) for powers in trace.batteries_w)
    return sum(opposed) * STEP_S / 3600


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)

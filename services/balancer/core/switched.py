"""A switched load as the law sees it: a power that jumps some time after an order, or does not.

Between an order to switch and its proof the meter may show the load or not; both are kept as explanations, so that no
battery answers a jump that was ordered, and none waits for one that does not come.
"""

from dataclasses import replace

from services.balancer.core.dosed import Dosed, begin, standing
from services.balancer.core.response import Response
from services.balancer.core.steps import Steps

ANSWER = Response(0.3, 1e6)
"""A relay: nothing for a moment, then all of it."""
STEADY_W, STEADY_SHARE = 25.0, 0.03
"""Smaller changes of what it draws are the house's, and spare the batteries its telemetry's noise."""


def watched(load_id: str, power_w: float, now_s: float) -> Dosed:
    """A load first seen, drawing `power_w`."""
    return begin(load_id, power_w, now_s, min_w=0.0, max_w=0.0, steps=Steps(), refresh_s=0.0, response=ANSWER)


def expected_w(load: Dosed, on: bool, rated_w: float) -> float:
    """What it will draw once a decision is carried out: as now if that is what it was told, else all or nothing."""
    if load.setpoint_w is not None and on == (load.setpoint_w > 0):
        return load.sent_w if load.awaiting is not None else load.nominal.goal_w
    drawn_w = load.nominal.goal_w
    return (drawn_w if drawn_w > STEADY_W else rated_w) if on else 0.0


def measured_switch(load: Dosed, power_w: float, obeys: bool | None, at_s: float, most_age_s: float) -> Dosed:
    """Telemetry. `obeys`: the switch stands as the last order wants it; None: there is no order in force."""
    if at_s <= load.sent_at_s:
        return load
    if obeys is None or obeys:
        return _stands(load, power_w, at_s, most_age_s)
    if load.awaiting is not None:
        return load
    return replace(standing(load, at_s - most_age_s, power_w), proven=True, proven_w=power_w)


def _stands(load: Dosed, power_w: float, at_s: float, most_age_s: float) -> Dosed:
    """It stands as it should; what it draws then is its own thermostat's affair."""
    in_flight = load.awaiting is not None or not load.proven
    same = abs(power_w - load.nominal.goal_w) <= max(STEADY_W, STEADY_SHARE * abs(power_w))
    if same and not in_flight:
        return load
    stands = standing(load, at_s, power_w) if in_flight else _changed(load, power_w, at_s, most_age_s)
    return replace(stands, proven=True, proven_w=power_w, sent_w=power_w)


def _changed(load: Dosed, power_w: float, at_s: float, most_age_s: float) -> Dosed:
    """It changed by itself, some time before the sample: when exactly is left open until the meter has told."""
    return replace(
        load,
        early=load.early.standing(at_s - most_age_s, power_w),
        nominal=load.nominal.standing(at_s - most_age_s / 2, power_w),
        late=load.late.standing(at_s, power_w),
    )

"""Devices for tests of the law: a fast battery unless told otherwise."""

from dataclasses import replace

from services.balancer.core.dosed import Dosed, begin, confirmed, ordered
from services.balancer.core.proof import measured
from services.balancer.core.response import Response
from services.balancer.core.steps import Steps

FAST = Response(0.6, 1000.0)
AGE_S = (0.0, 1.2)


def battery(name: str = "garage", power_w: float = 0.0, **changes: object) -> Dosed:
    """A battery at rest at `power_w` since the beginning of time, with anything about it changed."""
    still = begin(name, power_w, 0.0, min_w=-2500.0, max_w=2500.0, steps=Steps(), refresh_s=0.0, response=FAST)
    return replace(still, **changes)  # type: ignore[arg-type]  # fields by name, as the test says


def told(device: Dosed, power_w: float, now_s: float, setpoint_w: float | None = None) -> Dosed:
    """An order for `power_w`, confirmed 10 ms later."""
    setpoint_w = power_w if setpoint_w is None else setpoint_w
    return confirmed(ordered(device, f"1-{now_s}", power_w, setpoint_w, now_s), f"1-{now_s}", now_s + 0.01)


def seen(device: Dosed, power_w: float, now_s: float, soc_pct: float | None = None) -> Dosed:
    """A sample of its power."""
    return measured(device, power_w, AGE_S, now_s, soc_pct)

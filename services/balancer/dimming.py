"""Dimmed loads: dosed like a battery that only takes, within what their day and their owner leave them."""

from collections.abc import Mapping

from services.balancer.bounds import Named
from services.balancer.core.merit import Bounds
from services.balancer.loads.duty import Duty
from services.balancer.mind import Mind
from services.balancer.sharing import duty_of


def dimmed(mind: Mind, named: Mapping[str, Named], now_s: float) -> tuple[dict[str, Named], dict[str, Duty]]:
    """The bounds of everything that is dosed, with those of dimmed loads narrowed; and what each of those must do."""
    duties = {name: _duty(mind, name, now_s) for name in named if name in mind.config.loads}
    return {name: _narrowed(mind, name, limits, duties.get(name)) for name, limits in named.items()}, duties


def _duty(mind: Mind, name: str, now_s: float) -> Duty:
    """Minimum times are for switches; what is left over in the end comes to a dimmer by its place in the order."""
    duty = duty_of(mind, name, now_s)
    resting = mind.book.mode == "manual" and duty.must is None
    return Duty(False, "manual") if resting else duty


def _narrowed(mind: Mind, name: str, limits: Named, duty: Duty | None) -> Named:
    if duty is None:
        return limits
    low_w, high_w = _range_w(mind, name, limits, duty)
    by = duty.rule if duty.must is not None else limits.high_by
    info = mind.world.devices[name].info
    least_w = max(0.0, info.min_w or 0.0) if info else 0.0
    hard_w = high_w if duty.must is not None else limits.hard.high_w
    spare_w = mind.config.margin_w if duty.must is None else 0.0
    return Named(low_w, by, high_w, by, Bounds(low_w, hard_w, least_w, spare_w))


def _range_w(mind: Mind, name: str, limits: Named, duty: Duty) -> tuple[float, float]:
    """(least, most) that its duty leaves: all it can, nothing, or the power somebody asked for."""
    if duty.must is None:
        return 0.0, limits.high_w
    asked_w = mind.book.forced_w(name) if duty.rule == "forced_on" else None
    given_w = limits.high_w if asked_w is None else min(asked_w, limits.high_w)
    return (given_w, given_w) if duty.must else (0.0, 0.0)

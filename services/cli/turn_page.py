"""One decision as lines of text: what it was made of, what it is, what is commanded. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from common.contract import COMMAND, BalancerState, Decision
from services.balancer.mind import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one reading leads to: what to send, and what to tell."""

    measured_ms: int
    """Time stamp of the reading."""
    orders: tuple[Order, ...]
    state: BalancerState
    decisions: Mapping[str, Decision]


def page(turn: Turn, now_ms: int, *, sent: bool) -> Iterator[str]:
    """Inputs with their ages, the decision with its reasons, the commands."""
    yield "Inputs"
    yield from _inputs(turn, now_ms)
    yield "Decision"
    yield from _decision(turn)
    yield "Commands (sent)" if sent else "Commands (not sent; --apply sends them)"
    yield from _commands(turn)


def _inputs(turn: Turn, now_ms: int) -> Iterator[str]:
    state = turn.state
    yield f"  {state.grid_meter}: {_watts(state.grid_w)} at the grid, {_age(now_ms - turn.measured_ms)}"
    for name, decision in turn.decisions.items():
        yield f"  {name}: {_watts(decision.power_w)}, {_charge(decision.soc_pct)}, {_age(decision.input_age_ms)}"
    if state.missing:
        yield f"  missing: {state.missing}"


def _decision(turn: Turn) -> Iterator[str]:
    state = turn.state
    yield f"  {state.sentence}"
    yield f"  without devices that are dosed the house draws {_watts(state.rest_w)}; room {_watts(state.room_w)}"
    if state.car_w is not None:
        yield f"  the car may draw {_watts(state.car_w)}"
    for name, decision in turn.decisions.items():
        yield f"  {name}: {_target(decision)}: {decision.reason}"


def _commands(turn: Turn) -> Iterator[str]:
    for kind, device, command in turn.orders:
        yield f"  {COMMAND.at(kind, device).name} {command.model_dump_json(exclude_none=True)}"
    if not turn.orders:
        yield "  none"


def _target(decision: Decision) -> str:
    what = decision.mode or ("left alone" if decision.target_w is None else _watts(decision.target_w))
    bound = f", bound by {decision.bound_by}" if decision.bound_by else ""
    return f"{what} by rule {decision.rule}{bound}"


def _watts(power_w: float | None) -> str:
    return "unknown power" if power_w is None else f"{round(power_w):d} W"


def _charge(soc_pct: float | None) -> str:
    return "charge unknown" if soc_pct is None else f"{soc_pct:g} %"


def _age(age_ms: int | None) -> str:
    return "never measured" if age_ms is None else f"{max(0, age_ms) / 1000:.1f} s old"

"""A period lived through by several policies at once, in one pass over the data, and what each came to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, NamedTuple

from services.planner.core.ledger import Ledger
from services.planner.core.problem import Store
from services.replay.chores import Chore, Chores
from services.replay.expecting import Expecting
from services.replay.foresight import Oracle
from services.replay.house import House, capacity_wh
from services.replay.policies import Ballast, Policy
from services.replay.simple import Nothing, Rule, Tuned
from services.replay.steps import Slot, Step, slots, with_ahead

HORIZON_S: Final = 36 * 3600
WORTH_EUR: Final = 0.005
"""Nothing can be saved where even foresight saves less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The house that is added to the recording."""

    batteries: Sequence[Store]
    chores: Mapping[str, Chore]
    zone: tzinfo
    slot_s: int = 1800


class Result(NamedTuple):
    """What one policy came to."""

    ledger: Ledger
    days_eur: Mapping[int, float]
    """Cost of each day (UTC, counted from 1970)."""
    cycles: float | None
    oracle_share_pct: float | None
    """Of what perfect foresight saves beside `none`; None where neither can be known or nothing can be saved."""
    told: str


def compare(
    steps: Iterable[Step], setting: Setting, names: Sequence[str], passed: Callable[[Slot], None] | None = None
) -> dict[str, Result]:
    """Live through all of it. `passed` is told of each slot that is over."""
    policies = {name: _policy(name, setting) for name in names}
    for ahead in with_ahead(slots(steps, setting.slot_s), HORIZON_S // setting.slot_s):
        for policy in policies.values():
            policy.live(ahead)
        if passed:
            passed(ahead[0])
    for policy in policies.values():
        policy.end()
    return {name: _result(name, policies, setting) for name in names}


def _policy(name: str, setting: Setting) -> Policy:
    def house() -> House:
        return House(setting.batteries, Chores(setting.chores, setting.zone))

    makers: dict[str, Callable[[], Policy]] = {
        "none": lambda: Nothing(house()),
        "rule": lambda: Rule(house()),
        "rule-tuned": lambda: Tuned.of(house),
        "ballast": lambda: Ballast(house(), Expecting(setting.slot_s, setting.zone)),
        "ballast-told": lambda: Ballast(house(), Expecting(setting.slot_s, setting.zone), is_told=True),
        "oracle": lambda: Oracle(house()),
    }
    return makers[name]()


def _result(name: str, policies: Mapping[str, Policy], setting: Setting) -> Result:
    house, share = policies[name].outcome(), None
    if "none" in policies and "oracle" in policies:
        none_eur, best_eur = (policies[each].outcome().ledger.reckoned_eur for each in ("none", "oracle"))
        saved_eur = none_eur - best_eur
        share = 100 * (none_eur - house.ledger.reckoned_eur) / saved_eur if saved_eur > WORTH_EUR else None
    cycles = house.ledger.cycles(capacity_wh(setting.batteries))
    return Result(house.ledger, house.days_eur, cycles, share, policies[name].told())

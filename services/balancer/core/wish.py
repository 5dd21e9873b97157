"""What a rule wants, and how wishes meet: each rule narrows what the rules after it may do; the list is the policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from common.execution import Act


class Guide(NamedTuple):
    """What a plan says about this moment, for all batteries that are dosed together."""

    act: Act
    value_eur_per_kwh: float
    """Of stored energy."""
    import_eur_per_kwh: float
    export_eur_per_kwh: float
    charge_efficiency: float
    discharge_efficiency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the rules about the whole house look at. Powers in W; + consumes, grid + imports."""

    rest_w: float
    """What the house draws without the devices that are dosed."""
    target_grid_w: float = 0.0
    manual_w: float | None = None
    """What a person wants the dosed devices to take together."""
    max_import_w: float = inf
    max_export_w: float = inf
    fill_w: float = 0.0
    """What batteries shall take before dear hours, from the grid too, with what loads must have; 0: they need not."""
    loop_w: tuple[float, float] = (0.0, 0.0)
    """(least, most) that devices with a loop of their own are left to handle."""
    guide: Guide | None = None
    peak_w: float = inf
    """The most that a quarter hour may draw by the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one rule wants of all dosed devices together."""

    rule: str
    target_w: float | None = None
    at_least_w: float = -inf
    at_most_w: float = inf


Rule = Callable[[House], Wish | None]


class Room(NamedTuple):
    """What the rules agreed on."""

    room_w: float
    """> 0: power to place; < 0: power to find."""
    rule: str
    """The rule that gave the target."""
    bound_by: str | None = None
    """The rule that kept it from that."""


def agree(house: House, rules: Sequence[Rule]) -> Room:
    """Ask the rules in order; the first that names a target ends the talk, within what the ones before left open."""
    low_w, low_by = -inf, ""
    high_w, high_by = inf, ""
    for rule in rules:
        wish = rule(house)
        if wish is None:
            continue
        if wish.at_least_w > low_w:
            low_w, low_by = min(wish.at_least_w, high_w), wish.rule
        if wish.at_most_w < high_w:
            high_w, high_by = max(wish.at_most_w, low_w), wish.rule
        if wish.target_w is not None:
            return _within(wish.target_w, wish.rule, (low_w, low_by), (high_w, high_by))
    return _within(0.0, "idle", (low_w, low_by), (high_w, high_by))


def _within(target_w: float, rule: str, low: tuple[float, str], high: tuple[float, str]) -> Room:
    if target_w > high[0]:
        return Room(high[0], rule, high[1])
    return Room(low[0], rule, low[1]) if target_w < low[0] else Room(target_w, rule)

"""Room goes down the owner's list: who of the switched loads runs now, beside batteries and dimmers.

What must run is taken off first. Then each entry in order takes what it can: a load all of its power or nothing. A load
that has to give way does so from the bottom up, because whoever stands above is asked before it. Batteries are counted
here for what they would take, never for what they could give: no battery feeds a load that lives on surplus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.balancer.loads.duty import Duty
from services.balancer.loads.switching import Run, wants_on, weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A battery or a dimmer at its place in the order: takes any power up to a limit."""

    id: str
    most_w: float
    is_store: bool = True
    """A battery, whose reserve some loads leave the surplus to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A switched load at its place in the order."""

    id: str
    power_w: float
    """What it draws, or would draw, ≥ 0."""
    run: Run
    duty: Duty
    goes_first: bool = False
    """A needed load for which it is time: it comes before everybody that only may."""
    after_stores: bool = False
    """The batteries have not reached the charge that goes before this load."""


class Grant(NamedTuple):
    """What one load gets."""

    on: bool
    rule: str
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What there is to share out."""

    surplus_w: float
    """What would be exported if everything flexible stood still; negative: what the house lacks."""
    exported_w: float = 0.0
    """What has really been fed in for a while: nobody takes it, whatever is believed of those who should."""
    budget_w: float = float("inf")
    """The most that all switched loads together may draw without overloading the connection."""
    floor_w: float = float("inf")
    """What will be left if the sky closes: the least surplus of the last minutes, and what batteries add for a while.
    Beside a load that cannot be switched off at once another one starts only within this: one at a time takes risks."""
    now_s: float
    elapsed_s: float


def allot(entries: Sequence[Sink | Claim], supply: Supply) -> dict[str, Grant]:
    """On or off for every load of the order."""
    obliged = [entry for entry in entries if isinstance(entry, Claim) and entry.duty.must is not None]
    granted = _obliged(obliged, supply)
    running = [load for load in obliged if granted[load.id].on]
    table = _Table(supply, entries, sum(load.power_w for load in running))
    table.displaced = not all(load.run.on for load in running)
    for entry in sorted((entry for entry in entries if entry.id not in granted), key=_turn):
        if isinstance(entry, Sink):
            table.pour(entry)
        else:
            granted[entry.id] = table.serve(entry)
    return {name: _unbound(grant, table.left_w) for name, grant in granted.items()}


def _unbound(grant: Grant, left_w: float) -> Grant:
    """A minimum time is no reason while there is room for everybody anyway."""
    return grant._replace(rule="surplus") if grant.rule == "min_on" and left_w >= 0 else grant


def _turn(entry: Sink | Claim) -> int:
    """Needed loads whose time it is, then the owner's order, then those that have had their fill."""
    if isinstance(entry, Sink):
        return 1
    return 0 if entry.goes_first else 2 if entry.duty.rule == "overcharge" else 1


def drawn_w(entries: Sequence[Sink | Claim], granted: Mapping[str, Grant]) -> float:
    """What all switched loads together will draw."""
    return sum(entry.power_w for entry in entries if isinstance(entry, Claim) and granted[entry.id].on)


def _obliged(loads: Sequence[Claim], supply: Supply) -> dict[str, Grant]:
    """Those whose duty leaves no choice; what the connection does not bear is left out from the bottom up."""
    granted: dict[str, Grant] = {}
    left_w = supply.budget_w
    for load in loads:
        on = bool(load.duty.must) and load.power_w <= left_w
        left_w -= load.power_w if on else 0.0
        rule = load.duty.rule if on == load.duty.must else "connection"
        granted[load.id] = Grant(on, rule, load.run.switched(on, supply.now_s))
    return granted


class _Table:
    """What is left while the list is gone down."""

    def __init__(self, supply: Supply, entries: Sequence[Sink | Claim], spent_w: float) -> None:
        self._supply = supply
        self.left_w = supply.surplus_w - spent_w
        self._budget_w = supply.budget_w - spent_w
        self._exported_w = supply.exported_w
        self.displaced = False
        """Somebody starts in this turn, so those below bear nothing any more."""
        self._bound_w = spent_w
        """What is on and cannot be switched off at once."""
        self._stores_w = sum(entry.most_w for entry in entries if isinstance(entry, Sink) and entry.is_store)

    def pour(self, sink: Sink) -> None:
        """A battery or dimmer takes what it can."""
        self.left_w -= min(sink.most_w, max(0.0, self.left_w))
        self._stores_w -= sink.most_w if sink.is_store else 0.0

    def serve(self, load: Claim) -> Grant:
        """A load that lives on what is left at its place, or on what has been fed in for a while."""
        left_w = self.left_w - (self._stores_w if load.after_stores else 0.0)
        fed_in_w = self._exported_w + (load.power_w if load.run.on and self._exported_w > 0 else 0.0)
        mine_w, now_s = max(left_w, fed_in_w), self._supply.now_s
        run = weighed(load.run, load.power_w, mine_w, now_s, self._supply.elapsed_s)
        wants = wants_on(run, load.power_w, mine_w, now_s, displaced=self.displaced)
        risky = not run.on and 0 < self._bound_w > self._supply.floor_w - load.power_w
        wants &= not risky
        on = wants and load.power_w <= self._budget_w
        if on:
            self._spend(load)
        rule = load.duty.rule if on else "connection" if wants else "no_room"
        return Grant(on, rule, run.switched(on, now_s))

    def _spend(self, load: Claim) -> None:
        self.left_w -= load.power_w
        self._budget_w -= load.power_w
        if not load.run.on:
            self._exported_w = max(0.0, self._exported_w - load.power_w)
            self.displaced = True
            self._bound_w += load.power_w

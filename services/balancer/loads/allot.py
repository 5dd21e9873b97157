"""Room goes down the owner's list: who of the switched loads runs now, beside batteries and dimmers.

What must run is taken off first. Then each entry in order takes what it can: a load all of its power or nothing. A load
that has to give way does so from the bottom up, because whoever stands above is asked before it. Batteries are counted
here for what they would take, never for what they could give: no battery feeds a load that lives on surplus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.balancer.loads.duty import Duty
from services.balancer.loads.headroom import BOUNDLESS, Drawn, Headroom
from services.balancer.loads.switching import BORNE_S, HELPED_BORNE_S, Run, wants_on, weighed

STEADY_SHARE = 0.6
"""So much of its power must have been there even in the worst of the last minutes before a needed load starts that has
better sun to hope for."""


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
    helped_w: float = 0.0
    """What batteries may add to the sun while it runs, ≥ 0."""
    start_w: float = 0.0
    """Surplus that is worth starting on, if it is more than what it needs."""
    phases: tuple[int, ...] = ()
    """Phases that it may hang on; empty: nobody counts them."""

    @property
    def drawn(self) -> Drawn:
        """As the connection sees it."""
        return Drawn(power_w=self.power_w, on=self.run.on, phases=self.phases)


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
    headroom: Headroom = BOUNDLESS
    """What the connection bears of all switched loads together."""
    floor_w: float = float("inf")
    """What will be left if the sky closes: the least surplus of the last minutes, and what batteries add for a while.
    Beside a load that cannot be switched off at once another one starts only within this: one at a time takes risks."""
    now_s: float
    elapsed_s: float


def allot(entries: Sequence[Sink | Claim], supply: Supply) -> dict[str, Grant]:
    """On or off for every load of the order."""
    table = _Table(supply, sum(entry.most_w for entry in entries if isinstance(entry, Sink) and entry.is_store))
    granted: dict[str, Grant] = {}
    for entry in sorted(entries, key=_turn):
        if isinstance(entry, Sink):
            table.pour(entry)
        else:
            granted[entry.id] = table.serve(entry)
    return {name: _unbound(grant, table.left_w) for name, grant in granted.items()}


def _unbound(grant: Grant, left_w: float) -> Grant:
    """A minimum time is no reason while there is room for everybody anyway."""
    return grant._replace(rule="surplus") if grant.rule == "min_on" and left_w >= 0 else grant


PROTECTED = ("forced_on", "always", "by_hand")
"""Somebody counts on these loads, so that they are shed last."""


def _turn(entry: Sink | Claim) -> int:
    """Who counts on running, who must, needed loads whose time it is, the owner's order, who has had its fill."""
    if isinstance(entry, Sink):
        return 3
    if entry.duty.must is not None:
        return 0 if entry.duty.rule in PROTECTED else 1
    return 2 if entry.goes_first else 4 if entry.duty.rule == "overcharge" else 3


def drawn_w(entries: Sequence[Sink | Claim], granted: Mapping[str, Grant]) -> float:
    """What all switched loads together will draw."""
    return sum(entry.power_w for entry in entries if isinstance(entry, Claim) and granted[entry.id].on)


class _Table:
    """What is left while the list is gone down."""

    def __init__(self, supply: Supply, stores_w: float) -> None:
        self._supply = supply
        self.left_w = supply.surplus_w
        self._headroom = supply.headroom
        self._exported_w = supply.exported_w
        self._stores_w = stores_w
        """What the batteries further down would take."""
        self._bound_w = 0.0
        """What is on and cannot be switched off at once."""
        self._displaced = False
        """Somebody starts in this turn, so those below bear nothing any more."""

    def pour(self, sink: Sink) -> None:
        """A battery or dimmer takes what it can."""
        self.left_w -= min(sink.most_w, max(0.0, self.left_w))
        self._stores_w -= sink.most_w if sink.is_store else 0.0

    def serve(self, load: Claim) -> Grant:
        """On or off for one load, by its duty or by what is left; never beyond what the connection bears."""
        run, wants, otherwise = self._obliged(load) if load.duty.must is not None else self._weighed(load)
        on = wants and self._headroom.bears(load.drawn)
        rule = self._reason(load) if on else "connection" if wants else otherwise
        if on:
            self._spend(load)
        return Grant(on, rule, run.switched(on, self._supply.now_s))

    def _reason(self, load: Claim) -> str:
        """Why it runs: with more than the sun brings it is there for its need."""
        beyond = load.duty.must is None and self.left_w < load.power_w
        return "slot" if beyond and load.helped_w > 0 else load.duty.rule

    def _obliged(self, load: Claim) -> tuple[Run, bool, str]:
        """Its duty leaves no choice."""
        return load.run, bool(load.duty.must), load.duty.rule

    def _weighed(self, load: Claim) -> tuple[Run, bool, str]:
        """It lives on what is left at its place, or on what has been fed in for a while."""
        mine_w, now_s = max(self._left_for(load), self._fed_in_w(load)), self._supply.now_s
        run = weighed(load.run, load.power_w, mine_w, now_s, self._supply.elapsed_s, start_w=load.start_w)
        borne_s = HELPED_BORNE_S if load.helped_w > 0 else BORNE_S
        wants = wants_on(run, load.power_w, mine_w, now_s, displaced=self._displaced, borne_s=borne_s)
        return run, wants and (run.on or not self._is_risky(load)), "no_room"

    def _is_risky(self, load: Claim) -> bool:
        """Whether too little would be left for a load if the sky closed now."""
        may_hope = load.helped_w > 0 and load.start_w > load.power_w
        least_w = load.power_w if self._bound_w > 0 else STEADY_SHARE * load.power_w if may_hope else float("-inf")
        return self._supply.floor_w - self._bound_w < least_w

    def _left_for(self, load: Claim) -> float:
        """At its place. With the help of batteries it goes on; it starts with it only where a cloud changes little."""
        left_w = self.left_w - (self._stores_w if load.after_stores else 0.0)
        if load.helped_w <= 0:
            return left_w
        return left_w + load.helped_w if load.run.on else max(left_w, self._supply.floor_w - self._bound_w)

    def _fed_in_w(self, load: Claim) -> float:
        """What nobody takes; to a load that runs, what it draws itself as well."""
        return self._exported_w + (load.power_w if load.run.on and self._exported_w > 0 else 0.0)

    def _spend(self, load: Claim) -> None:
        self.left_w -= load.power_w
        self._headroom = self._headroom.less(load.drawn)
        if load.duty.must:
            self._bound_w += load.power_w
        if not load.run.on:
            self._displaced = True
        if load.duty.must is None and not load.run.on:
            self._exported_w = max(0.0, self._exported_w - load.power_w)
            self._bound_w += load.power_w

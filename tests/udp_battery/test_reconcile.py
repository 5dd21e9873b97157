"""What is said next: the most urgent thing that is due, the newest order, and never one whose lease is over."""

import math
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import Command
from common.lease import Lease, Limits
from services.udp_battery.config import BatterySettings
from services.udp_battery.contact import Contact
from services.udp_battery.firmware import firmware
from services.udp_battery.follow import Order, Seen, Told
from services.udp_battery.link import QUIET_S
from services.udp_battery.memory import Due, Memory
from services.udp_battery.reconcile import (
    Follow,
    Goal,
    Hold,
    Read,
    Rest,
    Seek,
    Step,
    Wait,
    Write,
    goal,
    is_reached,
    next_step,
    write,
)
from services.udp_battery.wire import Reading

E3 = firmware("VenusE 3.0", 150)
SETTINGS = BatterySettings(host="192.168.1.21")
IDLE = BatterySettings(host="192.168.1.21", safe_state="idle")
WIDE = Limits(-800, 2500)
NOW = 1000.0
DONE = {"identity": Due(NOW + 3000), "status": Due(NOW + 500)}
KNOWN = Memory(
    contact=Contact(since_s=NOW - 3, has_answered=True, is_confirmed=True),
    seen=Seen(at_s=NOW - 3, mode="Auto", power_w=0, soc_pct=50),
    is_ours=False,
    chores={"identity": DONE["identity"], "status": DONE["status"]},
)


def step(aim: Goal, memory: Memory, *, now_s: float = NOW, quiet_at_s: float = 0.0) -> Step:
    return next_step(aim, memory, SETTINGS, now_s=now_s, quiet_at_s=quiet_at_s, poll_s=10)


def lease(power_w: float | None = None, *, ends_s: float = NOW + 90, **facts: object) -> Lease:
    said = {"cmd_id": "1-1", "epoch": 1, "issued_at_ms": 0, "ttl_s": 90.0, "power_w": power_w}
    command = Command.model_validate({**said, "action": "set_power", **facts})
    return Lease(command, "ems-balancer", power_w, NOW, ends_s)


def holding(power_w: int, *, fed_s: float = NOW, hold_s: int = 90) -> Memory:
    order = Order(mode="Passive", power_w=power_w, hold_s=hold_s)
    return replace(KNOWN, is_ours=True, told=Told(order=order, fed_s=fed_s, since_s=fed_s, look_s=math.inf))


@pytest.mark.parametrize(
    ("order", "settings", "is_ours", "aim"),
    [
        (lease(600), SETTINGS, False, Hold(600, NOW + 90)),
        (lease(-2000), SETTINGS, False, Hold(-800, NOW + 90)),
        (lease(action="set_mode", mode="standby"), SETTINGS, False, Hold(0, NOW + 90)),
        (lease(action="set_mode", mode="self_consumption"), SETTINGS, False, Follow(is_ordered=True)),
        (lease(action="set_mode", mode="charge_full"), SETTINGS, False, None),
        (lease(action="switch", on=True), SETTINGS, True, Follow(is_ordered=False)),
        (None, SETTINGS, False, None),
        (None, SETTINGS, True, Follow(is_ordered=False)),
        (None, IDLE, True, Rest()),
    ],
)
def test_the_order_in_force_else_the_safe_state_else_nothing(
    order: Lease | None, settings: BatterySettings, is_ours: bool, aim: Goal
) -> None:
    assert goal(order, WIDE, settings, is_ours=is_ours) == aim


@pytest.mark.parametrize(
    ("left_s", "hold_s"),
    [(90.0, 90), (89.2, 90), (30.0, 30), (2.0, 2), (1.9, None), (0.0, None), (-5.0, None), (500.0, 120)],
)
def test_the_timer_gets_what_is_left_rounded_up(left_s: float, hold_s: int | None) -> None:
    """Checklist 6; with nothing left, nothing is sent."""
    order = write(Hold(600, NOW + left_s), SETTINGS, NOW)
    assert (order.hold_s if order else None) == hold_s


def test_an_order_goes_before_everything_else() -> None:
    """Checklist 1: write before poll."""
    stale = replace(KNOWN, seen=Seen(at_s=NOW - 15, mode="Auto", power_w=0))
    assert step(Hold(600, NOW + 90), stale) == Write(Order(mode="Passive", power_w=600, hold_s=90))


def test_a_reading_long_overdue_goes_before_an_order_once() -> None:
    blind = replace(KNOWN, seen=Seen(at_s=NOW - 25, mode="Auto", power_w=0))
    assert step(Hold(600, NOW + 90), blind) == Read("mode")
    in_vain = replace(blind, contact=replace(blind.contact, vain_reads=1))
    assert isinstance(step(Hold(600, NOW + 90), in_vain), Write)


def test_nothing_is_said_before_it_is_quiet() -> None:
    assert step(Hold(600, NOW + 90), KNOWN, quiet_at_s=NOW + 1.5) == Wait(NOW + 1.5)


def test_nothing_is_said_while_it_is_left_in_peace() -> None:
    """Checklist 5."""
    away = replace(KNOWN, contact=replace(KNOWN.contact, failures=1, not_before_s=NOW + 10))
    assert step(Hold(600, NOW + 90), away) == Wait(NOW + 10)


def test_an_order_waits_until_it_has_said_who_it_is() -> None:
    """Checklist 5."""
    unnamed = replace(KNOWN, contact=replace(KNOWN.contact, is_confirmed=False))
    assert step(Hold(600, NOW + 90), unnamed) == Read("mode")
    never_heard = replace(unnamed, contact=replace(unnamed.contact, has_answered=False), chores={"identity": Due()})
    assert step(Hold(600, NOW + 90), never_heard) == Read("identity")


def test_after_two_failures_it_is_looked_for_elsewhere_once_for_each_further_one() -> None:
    """Checklist 5."""
    lost = replace(KNOWN, contact=replace(KNOWN.contact, failures=2, is_confirmed=False))
    assert step(None, lost) == Seek()
    assert step(None, replace(lost, sought=2)) == Read("mode")
    assert step(None, replace(lost, sought=2, contact=replace(lost.contact, failures=3))) == Seek()


def test_what_it_does_already_is_not_said_again() -> None:
    """Checklist 7: write sparingly."""
    assert step(Hold(600, NOW + 90), holding(600)) == Wait(KNOWN.seen.at_s + 10 if KNOWN.seen else 0)


def test_its_timer_is_fed_at_half_time_if_the_lease_was_renewed() -> None:
    """Checklist 6."""
    half = holding(600, fed_s=NOW - 45)
    assert isinstance(step(Hold(600, NOW + 80), half), Write)
    assert isinstance(step(Hold(600, NOW + 45), half), Wait)
    assert isinstance(step(Hold(600, NOW + 80), holding(600, fed_s=NOW - 44)), Wait)


def test_after_an_unanswered_order_everything_is_said_again() -> None:
    """It may have been carried out or not."""
    unsure = replace(holding(600), is_unsure=True)
    assert isinstance(step(Hold(600, NOW + 90), unsure), Write)
    assert step(Follow(is_ordered=False), unsure) == Write(Order(mode="Auto"))


def test_at_the_first_look_it_is_only_looked_at() -> None:
    """A battery found autonomous is left alone; so nothing is said before its mode is known."""
    new = replace(KNOWN, is_ours=True, seen=None)
    assert step(Follow(is_ordered=False), new) == Read("mode")
    assert step(Rest(), new) == Read("mode")
    in_vain = replace(new, contact=replace(new.contact, vain_reads=1))
    assert step(Follow(is_ordered=False), in_vain) == Read("mode")


def test_found_in_passive_it_is_handed_back() -> None:
    found = replace(KNOWN, is_ours=True, seen=Seen(at_s=NOW - 3, mode="Passive", power_w=300))
    assert step(Follow(is_ordered=False), found) == Write(Order(mode="Auto"))


@pytest.mark.parametrize(
    ("aim", "mode", "reached"),
    [
        (Follow(is_ordered=True), "Auto", True),
        (Follow(is_ordered=True), "Manual", False),
        (Follow(is_ordered=False), "Manual", True),
        (Follow(is_ordered=False), "Passive", False),
        (Follow(is_ordered=False), None, False),
        (None, "Passive", True),
    ],
)
def test_what_counts_as_reached_without_having_been_told(aim: Goal, mode: str | None, reached: bool) -> None:
    seen = Seen(at_s=NOW, mode=mode, power_w=0)  # type: ignore[arg-type]  # one of the vendor's words
    assert is_reached(aim, replace(KNOWN, seen=seen)) is reached


def test_amid_a_change_of_power_it_is_not_polled() -> None:
    """A reading there would prove nothing, and push back the one that does."""
    told = Told(order=Order(mode="Passive", power_w=600, hold_s=90), fed_s=NOW - 1, since_s=NOW - 1, look_s=NOW + 4)
    moving = replace(KNOWN, told=told, is_ours=True, seen=Seen(at_s=NOW - 12, mode="Auto", power_w=0))
    assert step(Hold(600, NOW + 89), moving) == Wait(NOW + 4)


@dataclass
class Drill:
    """A bridge's decisions against a battery that answers, refuses or is silent as the test says. No sockets."""

    memory: Memory = field(default_factory=lambda: Memory(contact=Contact(since_s=0)))
    now_s: float = 0.0
    quiet_at_s: float = 0.0
    order: Lease | None = None
    soc_pct: float = 50
    mode: str = "Auto"
    power_w: float = 0.0
    sent: list[tuple[float, Order]] = field(default_factory=list)

    def turn(self, fate: str) -> None:
        """One turn, with this fate for whatever is sent in it."""
        if self.order is not None and self.order.ends_s <= self.now_s:
            self.order = None
        aim = goal(self.order, WIDE, SETTINGS, is_ours=self.memory.is_ours)
        doing = next_step(aim, self.memory, SETTINGS, now_s=self.now_s, quiet_at_s=self.quiet_at_s, poll_s=10)
        if isinstance(doing, Wait):
            assert doing.until_s > self.now_s
            self.now_s = min(doing.until_s, self.now_s + 5, self.order.ends_s if self.order else math.inf)
            return
        assert self.now_s >= self.quiet_at_s
        assert self.now_s >= self.memory.contact.not_before_s
        self._say(doing, fate, aim)
        self.quiet_at_s = self.now_s + QUIET_S

    def _say(self, doing: Step, fate: str, aim: Goal) -> None:
        if isinstance(doing, Seek):
            self.memory = replace(self.memory, sought=self.memory.contact.failures)
        elif isinstance(doing, Write):
            self._write(doing.order, fate, aim)
        elif isinstance(doing, Read) and doing.what == "mode":
            self._read(fate)
        elif isinstance(doing, Read):
            self._do(doing, fate)

    def _write(self, order: Order, fate: str, aim: Goal) -> None:
        assert self.memory.contact.is_confirmed
        if isinstance(aim, Hold):
            assert order.power_w == aim.power_w
            assert aim.ends_s > self.now_s
            assert self.now_s + order.hold_s < aim.ends_s + 1
        sent_s = self.now_s
        self.sent.append((sent_s, order))
        self.memory = self.memory.sending()
        if fate in ("answered", "reply lost"):
            self.mode, self.power_w = order.mode, float(order.power_w)
        if fate in ("lost", "reply lost"):
            self.now_s += 3
            self.memory = self.memory.unwritten(self.now_s, is_wanted=self.order is not None)
            return
        self.now_s += 0.2
        self.memory = self.memory.heard(self.now_s, is_confirmed=True)
        if fate == "answered":
            self.memory = self.memory.taken(order, sent_s, self.now_s, is_fragile=False)
        else:
            self.memory = self.memory.refused(self.now_s)

    def _read(self, fate: str) -> None:
        if fate != "answered":
            self.now_s += 2.5
            self.memory = self.memory.unheard(self.now_s, is_wanted=self.order is not None)
            return
        self.now_s += 0.2
        self.memory = self.memory.heard(self.now_s, is_confirmed=True)
        said = Reading(mode=self.mode, power_w=self.power_w, soc_pct=self.soc_pct)  # type: ignore[arg-type]  # its own
        self.memory = self.memory.saw(said, self.now_s, E3, is_free=self.order is None)

    def _do(self, doing: Read, fate: str) -> None:
        assert doing.what != "mode"
        self.now_s += 0.2 if fate == "answered" else 2.5
        if fate == "answered":
            self.memory = self.memory.heard(self.now_s, is_confirmed=True).done(doing.what, self.now_s + 600)
        else:
            self.memory = self.memory.vain(doing.what, self.now_s)


fates = st.sampled_from(["answered", "answered", "answered", "lost", "reply lost", "refused"])
events = st.lists(
    st.tuples(fates, st.one_of(st.none(), st.tuples(st.sampled_from([-800.0, 0.0, 431.0, 2500.0]), st.floats(1, 90)))),
    max_size=120,
)


@given(events)
def test_never_too_soon_never_unnamed_never_after_the_lease_always_the_newest(
    history: list[tuple[str, tuple[float, float] | None]],
) -> None:
    """The invariants stand in the drill: each is asserted at every turn of every history."""
    drill = Drill()
    for fate, given_order in history:
        if given_order is not None:
            drill.order = replace(lease(given_order[0]), ends_s=drill.now_s + given_order[1], since_s=drill.now_s)
        drill.turn(fate)


@given(events)
def test_once_it_answers_it_comes_to_rest_where_it_was_told(
    history: list[tuple[str, tuple[float, float] | None]],
) -> None:
    """I8: whatever happened before."""
    drill = Drill()
    for fate, given_order in history:
        if given_order is not None:
            drill.order = replace(lease(given_order[0]), ends_s=drill.now_s + given_order[1], since_s=drill.now_s)
        drill.turn(fate)
    drill.order = replace(lease(600), ends_s=drill.now_s + 400, since_s=drill.now_s)
    until_s = drill.now_s + 180
    while drill.now_s < until_s:
        drill.turn("answered")
    assert (drill.mode, drill.power_w) == ("Passive", 600)
    drill.order = None
    until_s = drill.now_s + 60
    while drill.now_s < until_s:
        drill.turn("answered")
    assert drill.mode == "Auto"
    assert not drill.memory.is_ours


def test_a_quiet_hour_under_an_order_costs_few_writes() -> None:
    """I9, checklist 7: only the timer is fed."""
    drill = Drill()
    while drill.now_s < 3600:
        drill.order = replace(lease(600), ends_s=drill.now_s - drill.now_s % 30 + 90)
        drill.turn("answered")
    assert 60 <= len(drill.sent) <= 3600 / 30

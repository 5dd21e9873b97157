"""What is answered to an order, and who is said to control the battery."""

import math
from dataclasses import replace

import pytest

from common.contract import Command
from common.lease import Lease
from services.udp_battery.contact import Contact
from services.udp_battery.follow import Order, Seen, Told, Verdict
from services.udp_battery.memory import Memory
from services.udp_battery.outcome import authority, outcome
from services.udp_battery.reconcile import Follow, Goal, Hold, Rest

HOLD = Hold(600, 90)
COMMAND = Command(cmd_id="1-1", epoch=1, issued_at_ms=0, ttl_s=90.0, action="set_power", power_w=600.0)
LEASE = Lease(COMMAND, "ems-balancer", 600.0, 0.0, 90.0)


def holding(verdict: Verdict = "proven", power_w: int = 600) -> Memory:
    order = Order(mode="Passive", power_w=power_w, hold_s=90)
    told = Told(order=order, fed_s=0, since_s=0, look_s=math.inf, verdict=verdict)
    seen = Seen(at_s=5, mode="Passive", power_w=float(power_w))
    return Memory(contact=Contact(since_s=5, has_answered=True, is_confirmed=True), told=told, seen=seen)


@pytest.mark.parametrize(
    ("memory", "word"),
    [
        (holding("proven"), "applied"),
        (holding("open"), "applied"),
        (holding("again"), "applied"),
        (holding("deaf"), "failed"),
        (holding("elsewhere"), "failed"),
        (holding("short"), "partial"),
        (replace(holding(), is_refused=True), "failed"),
        (replace(holding(), contact=Contact(since_s=0, failures=1)), "timeout"),
        (replace(holding(), is_unsure=True), None),
        (holding(power_w=500), None),
    ],
)
def test_an_order_is_answered_by_what_is_known(memory: Memory, word: str | None) -> None:
    """I6 of the contract: what the device did, not what it was told."""
    answer = outcome(HOLD, memory, LEASE)
    assert (answer[0] if answer else None) == word


def test_an_order_narrowed_while_it_holds_is_partial_once_that_is_seen() -> None:
    narrowed = Hold(0, 90)
    assert outcome(narrowed, holding("open", 0), LEASE) is None
    assert outcome(narrowed, holding("proven", 0), LEASE) == ("partial", "limited to 0 W")


def test_an_order_clamped_when_it_was_accepted_is_applied() -> None:
    """`applied_w` says to what."""
    clamped = replace(LEASE, power_w=600.0, command=COMMAND.model_copy(update={"power_w": 5000.0}))
    assert outcome(HOLD, holding(), clamped) == ("applied", "")


@pytest.mark.parametrize("aim", [None, Follow(is_ordered=False), Rest()])
def test_an_order_it_cannot_carry_out_fails(aim: Goal) -> None:
    answer = outcome(aim, holding(), LEASE)
    assert answer is not None
    assert answer[0] == "failed"


FREE = replace(holding(), told=None, is_ours=False, seen=Seen(at_s=5, mode="Auto", power_w=0))


@pytest.mark.parametrize(
    ("aim", "memory", "has_lapsed", "mode"),
    [
        (HOLD, holding(), False, "leased"),
        (Follow(is_ordered=True), FREE, False, "leased"),
        (None, FREE, False, "autonomous"),
        (None, FREE, True, "safe"),
        (None, replace(FREE, seen=Seen(at_s=5, mode="Manual", power_w=0)), True, "manual"),
        (None, replace(FREE, seen=Seen(at_s=5, mode="Passive", power_w=0)), False, "manual"),
        (Follow(is_ordered=False), holding(), False, "safe"),
        (Rest(), holding(power_w=0), False, "safe"),
        (None, replace(FREE, seen=None), False, None),
        (HOLD, replace(holding(), contact=Contact(since_s=-200, failures=3)), False, "offline"),
    ],
)
def test_who_controls_it(aim: Goal, memory: Memory, has_lapsed: bool, mode: str | None) -> None:
    assert authority(aim, memory, 10.0, has_lapsed=has_lapsed) == mode

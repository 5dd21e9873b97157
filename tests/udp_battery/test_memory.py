"""How answers and silence change what is known."""

import math

import pytest

from services.udp_battery.contact import Contact
from services.udp_battery.firmware import firmware
from services.udp_battery.follow import Order
from services.udp_battery.memory import CHORE_AGAIN_S, REFUSED_PAUSE_S, Memory
from services.udp_battery.wire import Reading

E3 = firmware("VenusE 3.0", 150)
NEW = Memory(contact=Contact(since_s=0))


def read(memory: Memory, now_s: float = 10, *, is_free: bool = True, **said: object) -> Memory:
    defaults: dict[str, object] = {"mode": "Auto", "power_w": 0.0, "soc_pct": 50.0}
    reading = Reading(**{**defaults, **said})  # type: ignore[arg-type]  # fields by name
    return memory.saw(reading, now_s, E3, is_free=is_free)


def test_a_sudden_zero_is_doubted_and_a_second_word_asked_for_at_once() -> None:
    """Checklist 12."""
    known = read(NEW, 10).done("status", 600)
    doubted = read(known, 20, soc_pct=0.0)
    assert doubted.is_soc_doubtful
    assert doubted.soc_pct == 50
    assert doubted.chores["status"].at_s == -math.inf


def test_the_second_word_may_confirm_it_or_make_it_unknown() -> None:
    doubted = read(read(NEW, 10), 20, soc_pct=0.0)
    assert doubted.confirmed_soc(Reading(soc_pct=0, capacity_wh=5120), 21).soc_now(21) == 0
    mute = doubted.confirmed_soc(Reading(soc_pct=0, capacity_wh=0), 21)
    assert mute.soc_now(21) is None
    assert read(mute, 30, soc_pct=50.0).soc_now(30) == 50


def test_a_state_of_charge_does_not_hold_for_ever() -> None:
    known = read(NEW, 10)
    assert known.soc_now(600) == 50
    assert known.soc_now(611) is None


@pytest.mark.promise("4.8-13")
def test_an_impossible_power_is_unknown() -> None:
    seen = read(NEW, 10, power_w=32767.0).seen
    assert seen is not None
    assert seen.power_w is None


@pytest.mark.parametrize("soc_pct", [-1.0, 101.0, None])
def test_an_impossible_charge_is_unknown(soc_pct: float | None) -> None:
    assert read(NEW, 10, soc_pct=soc_pct).soc_now(10) is None


def test_seen_autonomous_and_free_it_is_its_owners() -> None:
    assert NEW.is_ours
    assert not read(NEW).is_ours
    assert read(NEW, mode="Passive").is_ours
    assert read(NEW, mode=None).is_ours
    assert read(NEW, is_free=False).is_ours


def test_an_unanswered_order_makes_it_ours_until_it_is_known_to_be_free() -> None:
    unsure = read(NEW).sending()
    assert unsure.is_ours
    assert read(unsure, 20).is_ours
    taken = unsure.taken(Order(mode="Auto"), 20, 20.2, is_fragile=False)
    assert not read(taken, 30).is_ours


def test_after_silence_it_may_have_forgotten_its_order() -> None:
    """Contract section 4: after a reconnect always write again."""
    taken = NEW.sending().taken(Order(mode="Passive", power_w=600, hold_s=90), 1, 1.2, is_fragile=False)
    lost = taken
    for _ in range(3):
        lost = lost.unheard(30, is_wanted=True)
    assert lost.contact.failures == 1
    assert lost.heard(60, is_confirmed=True).told is None
    assert taken.heard(60, is_confirmed=True).told is not None


def test_five_refusals_are_one_and_bring_a_pause() -> None:
    refused = NEW.sending()
    for _ in range(4):
        refused = refused.refused(10)
        assert not refused.is_refused
    refused = refused.refused(10)
    assert refused.is_refused
    assert refused.write_not_before_s == 10 + REFUSED_PAUSE_S
    assert not refused.sending().is_refused


def test_a_chore_that_is_never_answered_is_put_off_and_says_nothing_about_the_contact() -> None:
    """Section 3: some firmware never answers ES.GetStatus."""
    asked = NEW.vain("status", 10).vain("status", 15)
    assert asked.chores["status"].at_s == -math.inf
    put_off = asked.vain("status", 20)
    assert put_off.chores["status"].at_s == 20 + CHORE_AGAIN_S
    assert put_off.contact == NEW.contact


def test_disobedience_is_remembered_until_it_is_seen_to_follow() -> None:
    """A new order every few seconds must not clear the alarm."""
    memory = NEW.sending().taken(Order(mode="Passive", power_w=600, hold_s=90), 0, 0, is_fragile=False)
    now_s = 0.0
    for _ in range(3):
        now_s += 13
        memory = read(memory, now_s, is_free=False, mode="Passive")
        memory = memory.taken(Order(mode="Passive", power_w=600, hold_s=90), now_s, now_s, is_fragile=False)
    assert memory.is_disobedient
    memory = memory.taken(Order(mode="Passive", power_w=700, hold_s=90), now_s, now_s, is_fragile=False)
    memory = read(memory, now_s + 3, is_free=False, mode="Passive")
    assert memory.is_disobedient
    assert not read(memory, now_s + 8, is_free=False, mode="Passive", power_w=700.0).is_disobedient

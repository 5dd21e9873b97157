"""How often to ask again, how long to leave it in peace, when it is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.udp_battery.contact import BACK_OFF_S, READ_ATTEMPTS, WRITE_ATTEMPTS, Contact


def silent(
    contact: Contact, attempts: int, now_s: float, *, is_write: bool = False, is_wanted: bool = False
) -> Contact:
    for _ in range(attempts):
        contact = contact.unheard(now_s, is_write=is_write, is_wanted=is_wanted)
    return contact


@pytest.mark.parametrize(("is_write", "attempts"), [(False, 3), (True, 5)])
def test_a_question_fails_after_its_last_attempt(is_write: bool, attempts: int) -> None:
    """Checklist 3."""
    contact = silent(Contact(since_s=0), attempts - 1, 10, is_write=is_write)
    assert contact.failures == 0
    failed = contact.unheard(10, is_write=is_write, is_wanted=False)
    assert failed.failures == 1
    assert failed.not_before_s == 20


def test_pauses_grow_to_two_minutes() -> None:
    """Checklist 5."""
    contact, now_s, pauses = Contact(since_s=0), 0.0, []
    for _ in range(6):
        contact = silent(contact, READ_ATTEMPTS, now_s)
        pauses.append(contact.not_before_s - now_s)
        now_s = contact.not_before_s
    assert pauses == [10, 20, 40, 120, 120, 120]


def test_while_an_order_waits_the_pauses_stay_short() -> None:
    """I8: back under control within 60 s."""
    contact, now_s = Contact(since_s=0), 0.0
    for _ in range(8):
        contact = silent(contact, READ_ATTEMPTS, now_s, is_wanted=True)
        assert contact.not_before_s - now_s <= 40
        now_s = contact.not_before_s


def test_one_answer_makes_good_for_everything() -> None:
    contact = silent(Contact(since_s=0), 9, 100)
    heard = contact.heard(130, is_confirmed=True)
    assert (heard.failures, heard.vain_reads, heard.vain_writes) == (0, 0, 0)
    assert heard.not_before_s <= 130
    assert heard.is_confirmed


def test_after_a_failure_it_has_to_say_again_who_it_is() -> None:
    """Checklist 5: meanwhile the address may belong to another."""
    contact = Contact(since_s=0).heard(1, is_confirmed=True)
    assert contact.is_confirmed
    assert silent(contact, WRITE_ATTEMPTS, 20, is_write=True).is_confirmed is False


def test_a_new_order_cuts_only_the_first_pause_short() -> None:
    once = silent(Contact(since_s=0), READ_ATTEMPTS, 10)
    assert once.hurried().not_before_s <= 10
    twice = silent(once, READ_ATTEMPTS, 20)
    assert twice.hurried() == twice


@pytest.mark.parametrize(
    ("silent_s", "failures", "is_missing", "is_gone"),
    [(59, 5, False, False), (60, 2, True, False), (60, 1, False, False), (119, 5, True, False), (120, 2, True, True)],
)
def test_a_minute_alarms_and_two_make_it_offline(
    silent_s: float, failures: int, is_missing: bool, is_gone: bool
) -> None:
    """Checklist 5. One failure may be chance, however long ago the last poll was."""
    contact = Contact(since_s=1000, failures=failures)
    assert contact.is_missing(1000 + silent_s) is is_missing
    assert contact.is_gone(1000 + silent_s) is is_gone


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans(), st.floats(0, 300)), max_size=40))
def test_whatever_happens_the_counts_stay_within_their_bounds(events: list[tuple[bool, bool, bool, float]]) -> None:
    contact, now_s = Contact(since_s=0), 0.0
    for is_heard, is_write, is_wanted, later_s in events:
        now_s += later_s
        before = contact
        if is_heard:
            contact = contact.heard(now_s, is_confirmed=is_write)
        else:
            contact = contact.unheard(now_s, is_write=is_write, is_wanted=is_wanted)
        assert 0 <= contact.vain_reads < READ_ATTEMPTS
        assert 0 <= contact.vain_writes < WRITE_ATTEMPTS
        assert contact.not_before_s <= now_s + max(BACK_OFF_S)
        assert contact.since_s == now_s if is_heard else contact.since_s == before.since_s

"""Who comes in: the password, a ticket that lasts, and nobody who guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.web.door import LASTS_S, MANY, Door, is_plain

NOW_MS = 1_795_000_000_000


def test_a_ticket_holds_until_its_end_and_also_after_a_restart() -> None:
    ticket = Door("secret").ticket(NOW_MS)
    again = Door("secret")
    assert again.knows(ticket, NOW_MS)
    assert again.knows(ticket, NOW_MS + LASTS_S * 1000 - 1)
    assert not again.knows(ticket, NOW_MS + LASTS_S * 1000)


def test_a_new_password_ends_every_ticket() -> None:
    assert not Door("new").knows(Door("old").ticket(NOW_MS), NOW_MS)


def test_the_end_of_a_ticket_cannot_be_moved() -> None:
    until_s, _, seal = Door("secret").ticket(NOW_MS).partition(".")
    assert not Door("secret").knows(f"{int(until_s) + 1}.{seal}", NOW_MS)


@given(st.text())
def test_nothing_made_up_is_a_ticket_or_the_password(text: str) -> None:
    door = Door("secret")
    assert not door.knows(text, NOW_MS)
    assert not door.fits(text, 0.0)


def test_the_password_fits_with_the_blanks_that_copying_brings() -> None:
    assert Door("secret").fits(" secret\n", 0.0)


def test_after_a_wrong_one_there_is_a_pause() -> None:
    door = Door("secret")
    assert not door.is_pausing(0.0)
    door.fits("wrong", 10.0)
    assert door.is_pausing(10.9)
    assert not door.is_pausing(11.0)


def test_many_wrong_ones_in_a_short_time_are_a_siege() -> None:
    door = Door("secret")
    for number in range(MANY):
        assert not door.is_besieged(number * 10.0)
        door.fits("wrong", number * 10.0)
    assert door.is_besieged(100.0)
    assert not door.is_besieged(700.0), "the first of them is long ago"


def test_without_a_password_it_is_open() -> None:
    assert Door("").is_open
    assert not Door("secret").is_open


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "192.168.1.10", "localhost:8080", "[::1]:8080", "[fe80::1]"])
def test_an_address_is_plain(host: str) -> None:
    assert is_plain(host)


@pytest.mark.parametrize("host", ["evil.example:8080", "127.0.0.1.evil.example", "", "ballast"])
def test_a_name_could_be_anybodys(host: str) -> None:
    assert not is_plain(host)

"""The dongle's user table, without any network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import Clock, JumpClock
from services.simulator.p1_meter.users import BUTTON_S, ROOM, Users


def fresh() -> Users:
    """Just pressed."""
    users = Users(JumpClock())
    users.press_button()
    return users


def token(users: Users, name: str) -> str:
    """A token for a name."""
    status, reply = users.create(name)
    assert status == 200
    return str(reply["token"])


def test_nobody_gets_in_before_the_button() -> None:
    assert Users(JumpClock()).create("local/one") == (403, {"error": "user:creation-not-enabled"})


async def test_the_button_lets_in_for_thirty_seconds(clock: Clock) -> None:
    users = Users(clock)
    users.press_button()
    await clock.sleep(BUTTON_S)
    assert users.create("local/one")[0] == 200
    await clock.sleep(0.1)
    assert users.create("local/one")[0] == 403


def test_a_token_is_thirty_two_characters_and_known() -> None:
    users = fresh()
    given_token = token(users, "local/one")
    assert len(given_token) == 32
    assert set(given_token) <= set("0123456789ABCDEF")
    assert users.knows(given_token)
    assert not users.knows("")


def test_a_name_used_again_voids_its_old_token() -> None:
    """homewizard.md 4."""
    users = fresh()
    old, new = token(users, "local/one"), token(users, "local/one")
    assert (users.knows(old), users.knows(new)) == (False, True)


def test_the_table_is_full_at_some_point_but_known_names_still_get_in() -> None:
    users = fresh()
    for number in range(ROOM):
        token(users, f"local/{number}")
    assert users.create("local/another") == (400, {"error": "user:no-storage"})
    assert users.create("local/3")[0] == 200


def test_who_asks_is_marked_in_the_list() -> None:
    users = fresh()
    mine = token(users, "local/mine")
    token(users, "local/other")
    assert users.listed(mine) == [{"name": "local/mine", "current": True}, {"name": "local/other"}]


@pytest.mark.parametrize("name", ["local/gone", 5, None])
def test_who_is_not_there_cannot_be_removed(name: object) -> None:
    assert fresh().remove(name) == (404, {"error": "user:not-found"})


def test_a_reset_forgets_everybody() -> None:
    users = fresh()
    known = token(users, "local/one")
    users.forget_all()
    assert not users.knows(known)


@given(st.text(alphabet="abcXYZ019-_\\/# ", min_size=1, max_size=40))
def test_every_name_the_vendor_allows_gets_in(name: str) -> None:
    assert fresh().create(f"local/{name}")[0] == 200


@given(st.one_of(st.none(), st.integers(), st.text(alphabet="abc/é\n", max_size=60)))
def test_every_other_name_does_not(name: object) -> None:
    allowed = isinstance(name, str) and name.startswith("local/") and name.isascii() and "\n" not in name
    if not (allowed and 7 <= len(str(name)) <= 46):
        assert fresh().create(name)[0] == 400

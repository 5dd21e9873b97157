"""Mosquitto's file of hashes. That Mosquitto believes them is tested in `tests/e2e`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.passwords import fresh, hashed, password_file, verifies

NAMES = st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True)
PASSWORDS = st.text(min_size=1, max_size=40)


def test_a_hash_has_the_form_that_mosquitto_reads() -> None:
    """A salt of twelve bytes and a hash of 64: sixteen and 88 letters of base64."""
    assert re.fullmatch(r"\$7\$[0-9]+\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/=]{88}", hashed("secret"))


def test_a_hash_that_mosquitto_made_is_understood() -> None:
    """By `mosquitto_passwd` 2.0.11."""
    salt, digest = (
        "N2pJgnZjIjKTcLdI",
        "w6//Fpirym18of5jwcXNe3gC22sVhW2l/AXt+PP5Dr6YZ2HGxyVhF9jbCKjzt/zkjfHYi7KUwNa5mHSJRTKanA==",
    )
    assert verifies("correct horse", f"$7$101${salt}${digest}")
    assert not verifies("Correct horse", f"$7$101${salt}${digest}")


def test_passwords_are_long_and_never_the_same() -> None:
    made = {fresh() for _ in range(100)}
    assert len(made) == 100
    assert all(len(password) == 24 and password.isalnum() for password in made)


@given(PASSWORDS, PASSWORDS)
def test_only_the_password_itself_verifies(one: str, other: str) -> None:
    assert verifies(one, hashed(one))
    assert verifies(other, hashed(one)) == (one == other)


@pytest.mark.parametrize(
    "known", ["", "secret", "$7$", "$7$many$AAAA$BBBB", "$6$AAAA$BBBB", "$7$101$!!$??", "$7$0$AA==$AA=="]
)
def test_rubbish_is_the_hash_of_nothing(known: str) -> None:
    assert not verifies("secret", known)


@given(st.dictionaries(NAMES, PASSWORDS, max_size=5))
def test_a_second_time_nothing_changes(passwords: dict[str, str]) -> None:
    once = password_file("", passwords)
    assert password_file(once, passwords) == once


def test_a_changed_password_changes_one_line_and_no_other() -> None:
    before = password_file("", {"one": "a", "two": "b"}).splitlines()
    after = password_file("\n".join(before), {"one": "a", "two": "new"}).splitlines()
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert verifies("new", after[1].partition(":")[2])


def test_lines_of_other_accounts_stay() -> None:
    assert password_file("zigbee:$7$theirs\n", {"one": "a"}).startswith("zigbee:$7$theirs\none:$7$")

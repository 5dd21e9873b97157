"""The law of everything that is switched: orders, the safe state, hands, and the longest time on."""

from dataclasses import replace

import pytest

from common.contract import Command
from common.lease import Lease
from common.switching import (
    TRIES,
    Memory,
    SwitchedSettings,
    authority,
    noticed,
    ordered_position,
    saw,
    told,
    wish,
)

PLAIN = SwitchedSettings()
LIMITED = SwitchedSettings(max_on_s=600, rest_s=300)
ON = Memory(seen=True, settled=True, is_ours=True)


def order(**what: object) -> Lease:
    said = {"cmd_id": "1-1", "epoch": 1, "issued_at_ms": 0, "ttl_s": 30.0, **what}
    return Lease(Command.model_validate(said), "ems-balancer", None, 0.0, 30.0)


def test_an_order_says_where_to_stand_or_is_none_for_a_switch() -> None:
    assert ordered_position(order(action="switch", on=True)) is True
    assert ordered_position(order(action="set_power", power_w=5.0)) is None
    assert ordered_position(None) is None


@pytest.mark.parametrize(("safe", "position"), [("off", False), ("on", True), ("keep", None)])
def test_what_we_did_is_taken_back_to_the_safe_state(safe: str, position: bool | None) -> None:
    settings = SwitchedSettings.model_validate({"safe_state": safe})
    assert settings.safe_position is position
    memory = noticed(ON, None, settings, 0.0)
    assert wish(memory, None, settings, 0.0) is position
    assert memory.is_ours is (safe != "keep")


def test_what_somebody_else_did_is_left_alone() -> None:
    found = saw(Memory(), True, None, PLAIN, 0.0)
    assert wish(found, None, PLAIN, 0.0) is None
    assert authority(found, None, PLAIN, has_lapsed=False) == "autonomous"


def test_home_again_it_is_nobodys() -> None:
    assert not saw(ON, False, None, PLAIN, 1.0).is_ours


def test_a_hand_under_an_order_rules_until_an_order_that_knows_of_it() -> None:
    moved = saw(ON, False, True, PLAIN, 5.0)
    assert authority(moved, True, PLAIN, has_lapsed=False) == "manual"
    assert wish(moved, True, PLAIN, 6.0) is None
    assert noticed(moved, True, PLAIN, 6.0).by_hand_s == 5.0  # the same order, renewed, knows of nothing
    free = noticed(moved, None, PLAIN, 7.0)
    assert noticed(free, True, PLAIN, 8.0).by_hand_s is None


def test_a_hand_rules_no_longer_than_its_owner_allows() -> None:
    moved = saw(ON, False, True, PLAIN, 0.0)
    assert noticed(moved, True, PLAIN, 12 * 3600 - 1).by_hand_s is not None
    assert noticed(moved, True, PLAIN, 12 * 3600).by_hand_s is None


def test_switched_back_by_hand_it_is_as_if_nothing_had_been() -> None:
    moved = saw(ON, False, True, PLAIN, 0.0)
    assert saw(moved, True, True, PLAIN, 5.0).by_hand_s is None


@pytest.mark.parametrize(
    ("by_hand", "is_steady"), [("override", True), ("respect", False)], ids=["overridden", "after a restart"]
)
def test_what_is_no_hand_is_taken_back(by_hand: str, is_steady: bool) -> None:
    settings = SwitchedSettings.model_validate({"by_hand": by_hand})
    memory = saw(ON, False, True, settings, 0.0, is_steady=is_steady)
    assert memory.by_hand_s is None
    assert wish(memory, True, settings, 0.0) is True


def test_the_longest_time_on_ends_in_a_rest() -> None:
    memory = saw(noticed(Memory(), True, LIMITED, 0.0), True, True, LIMITED, 0.0)
    assert wish(memory, True, LIMITED, 599.0) is True
    assert wish(memory, True, LIMITED, 600.0) is False
    resting = saw(memory, False, True, LIMITED, 601.0)
    assert wish(resting, True, LIMITED, 900.0) is False
    assert wish(resting, True, LIMITED, 901.0) is True


def test_what_was_on_already_counts_from_our_order() -> None:
    found = saw(Memory(), True, None, LIMITED, 0.0)
    assert found.on_since_s is None
    assert noticed(found, True, LIMITED, 50.0).on_since_s == 50.0


def test_words_in_vain_are_counted_until_it_stands_where_it_should() -> None:
    memory = Memory(seen=False)
    for number in range(TRIES):
        assert not memory.is_in_vain
        memory = told(memory, True, float(number))
    assert memory.is_in_vain
    assert not saw(memory, True, True, PLAIN, 9.0).is_in_vain
    assert told(replace(memory, seen=True, tries=0), True, 9.0).tries == 0  # it was only told again


@pytest.mark.parametrize(
    ("memory", "ordered", "has_lapsed", "expected"),
    [
        (Memory(), True, False, None),
        (ON, True, False, "leased"),
        (ON, None, False, "safe"),
        (Memory(seen=False), None, True, "safe"),
        (Memory(seen=False), None, False, "autonomous"),
    ],
)
def test_who_controls_it(memory: Memory, ordered: bool | None, has_lapsed: bool, expected: str | None) -> None:
    assert authority(memory, ordered, PLAIN, has_lapsed=has_lapsed) == expected

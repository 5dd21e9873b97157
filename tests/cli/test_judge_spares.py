"""The judge of a run does not accuse who keeps their promises."""

import pytest

from common.contract import AVAILABILITY, METER_STATE, SERVICE_STATUS, Ack, MeterState
from tests.cli.tales import TTL_S, Story, Tale
from tests.words import received


def a_lease_that_is_renewed(story: Story) -> None:
    story.known()
    for number in range(4):
        story.ordered(-300, number * 20)
        story.written(-300, number * 20 + 1)
        story.passed(number * 20 + 2)


def a_lease_that_ends_by_the_devices_own_timer(story: Story) -> None:
    story.ordered(-300, 0)
    story.written(-300, 1)
    story.written(0, TTL_S, what="expired")
    story.passed(600)


def a_safe_state_written_late_over_a_bad_link(story: Story) -> None:
    story.ordered(-300, 0)
    story.written(-300, 1)
    story.passed(TTL_S + 20)
    story.written(0, TTL_S + 20)
    story.passed(600)


def a_device_that_restarted(story: Story) -> None:
    story.ordered(-300, 0)
    story.written(-300, 1)
    story.written(0, 5, what="restarted")
    story.passed(600)


def a_device_that_was_released(story: Story) -> None:
    story.ordered(-300, 0)
    story.written(-300, 1)
    story.ordered(0, 3, action="release")
    story.written(0, 4)
    story.passed(600)


def an_order_that_passed_while_nobody_listened(story: Story) -> None:
    story.controlled(0, left_s=80)
    story.written(-300, 60)
    story.passed(79)


def what_was_done_before_anybody_listened(story: Story) -> None:
    """The journal is read from its beginning, the bus only from now on."""
    story.written(-300, 1)
    story.passed(60)
    story.controlled(61, left_s=30)
    story.passed(62, 90)
    story.ordered(-300, 90)
    story.passed(110)


def limits_to_the_watt(story: Story) -> None:
    story.known()
    story.ordered(2500, 0)
    story.ordered(-800, 1)


def an_order_before_anything_is_known(story: Story) -> None:
    story.ordered(9000, 0)


def batteries_that_cross_on_their_way(story: Story) -> None:
    story.ordered(-300, 0)
    story.ordered(300, 0, device="cellar")
    story.passed(0, 29)
    story.ordered(300, 29)
    story.passed(31, 600)


def a_small_difference_between_batteries(story: Story) -> None:
    for at_s in (0.0, 29.0, 58.0):
        story.ordered(-100, at_s)
        story.ordered(300, at_s, device="cellar")
        story.passed(at_s)


def a_new_leader_with_a_new_epoch(story: Story) -> None:
    story.ordered(-300, 0, epoch=7, boot="b1")
    story.ordered(-300, 1, epoch=8, boot="b2")


def the_first_leader_there_ever_was(story: Story) -> None:
    story.ordered(-300, 0, epoch=0)


def orders_that_came_to_nothing(story: Story) -> None:
    for outcome in ("accepted", "applied", "partial", "failed", "timeout", "superseded", "expired", "duplicate"):
        story.acked(Ack.model_validate({"cmd_id": "7-1", "epoch": 7, "outcome": outcome}))


def a_decision_on_data_just_fresh_enough(story: Story) -> None:
    story.known()
    story.decided(30_000)


def nothing_decided_on_old_data(story: Story) -> None:
    story.known()
    story.decided(3_000_000, target_w=None)
    story.decided(None)


def something_taken_back(story: Story) -> None:
    story.said("alert/ems-p1/silent", b"")


def a_house_that_talks_much(story: Story) -> None:
    for number in range(1500):
        story.said("service/ems-p1/status", b"online", number / 49)


def a_broker_that_tells_all_it_keeps(story: Story) -> None:
    for _ in range(2000):
        story.said("service/ems-p1/status", b"online", 0.0, retained=True)


def plain_talk(story: Story) -> None:
    story.judge.heard(received(METER_STATE.at("p1"), MeterState(power_w=12.0)))
    story.judge.heard(received(AVAILABILITY.at("battery", "garage"), "online"))
    story.judge.heard(received(SERVICE_STATUS.at("ems-p1"), "online"))


def a_journal_with_other_entries(story: Story) -> None:
    story.judge.did("garage", {"what": "answered", "at_s": 1.0, "power_w": 900.0})
    story.judge.did("garage", {"what": "commanded"})
    story.passed(600)


INNOCENT: tuple[Tale, ...] = (
    a_lease_that_is_renewed,
    a_lease_that_ends_by_the_devices_own_timer,
    a_safe_state_written_late_over_a_bad_link,
    a_device_that_restarted,
    a_device_that_was_released,
    an_order_that_passed_while_nobody_listened,
    what_was_done_before_anybody_listened,
    limits_to_the_watt,
    an_order_before_anything_is_known,
    batteries_that_cross_on_their_way,
    a_small_difference_between_batteries,
    a_new_leader_with_a_new_epoch,
    the_first_leader_there_ever_was,
    orders_that_came_to_nothing,
    a_decision_on_data_just_fresh_enough,
    nothing_decided_on_old_data,
    something_taken_back,
    a_house_that_talks_much,
    a_broker_that_tells_all_it_keeps,
    plain_talk,
    a_journal_with_other_entries,
)


@pytest.mark.parametrize("tale", INNOCENT, ids=lambda tale: tale.__name__)
def test_who_keeps_their_promises_is_not_accused(tale: Tale) -> None:
    story = Story()
    tale(story)
    assert story.judge.violations == []

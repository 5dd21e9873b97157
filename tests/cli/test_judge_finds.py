"""The judge of a run finds each broken promise in a story that breaks it."""

from collections.abc import Mapping

import pytest

from common.contract import Ack
from services.cli.judge import MOST_KEPT
from tests.cli.tales import TTL_S, Story, Tale


def a_lease_that_nobody_ended(story: Story) -> None:
    story.ordered(-300, 0)
    story.written(-300, 1)
    story.passed(TTL_S + 22)


def a_write_after_the_lease(story: Story) -> None:
    story.ordered(-300, 0)
    story.written(-300, TTL_S + 2)


def a_write_that_nobody_ordered(story: Story) -> None:
    story.known()
    story.written(500, 5)


def a_device_that_holds_what_it_was_told_before_anybody_listened(story: Story) -> None:
    story.written(500, 5)
    story.known(at_s=60)
    story.passed(82)


def a_charge_above_the_devices_limit(story: Story) -> None:
    story.known()
    story.ordered(2600, 0)


def a_discharge_beyond_the_devices_limit(story: Story) -> None:
    story.known()
    story.ordered(-900, 0)


def one_battery_feeding_the_other(story: Story) -> None:
    for at_s in (0.0, 29.0):
        story.ordered(-300, at_s)
        story.ordered(300, at_s, device="cellar")
        story.passed(at_s)
    story.passed(31)


def an_order_with_an_old_epoch(story: Story) -> None:
    story.ordered(-300, 0, epoch=7)
    story.ordered(-300, 1, epoch=6)


def two_who_use_one_epoch(story: Story) -> None:
    story.ordered(-300, 0, boot="b1")
    story.ordered(-300, 1, boot="b2")


def an_order_that_was_rejected(story: Story) -> None:
    story.acked(Ack(cmd_id="6-1", epoch=6, outcome="rejected", reason="fenced"))


def a_fenced_order_that_was_obeyed(story: Story) -> None:
    """It extends no lease: the write is 16 s late."""
    story.ordered(-300, 0, epoch=7)
    story.ordered(-300, 25, epoch=6)
    story.written(-300, TTL_S + 16)


def a_decision_on_old_data(story: Story) -> None:
    story.known()
    story.decided(30_001)


def nonsense_on_a_topic(story: Story) -> None:
    story.said("meter/p1/state", b'{"v":1,"power_w":NaN}')


def a_topic_that_nobody_knows(story: Story) -> None:
    story.said("battery/garage/wishes", b"1")


def an_order_that_the_broker_keeps(story: Story) -> None:
    story.ordered(-300, 0, retained=True)


def an_ack_that_the_broker_keeps(story: Story) -> None:
    story.acked(Ack(cmd_id="7-1", epoch=7, outcome="applied"), retained=True)


def more_messages_than_a_house_sends(story: Story) -> None:
    for number in range(510):
        story.said("service/ems-p1/status", b"online", number / 60)


def two_writes_at_once(story: Story) -> None:
    story.ordered(-300, 0)
    story.written(-300, 1)
    story.written(-310, 1.5)


GUILTY: Mapping[Tale, str] = {
    a_lease_that_nobody_ended: "I1 lease: garage still holds -300 W 1 s too long",
    a_write_after_the_lease: "I1 lease: garage was told -300 W 2.0 s after its lease",
    a_write_that_nobody_ordered: "I1 lease: garage was told 500 W 5.0 s after its lease",
    a_device_that_holds_what_it_was_told_before_anybody_listened: "I1 lease: garage still holds 500 W 1 s too long",
    a_charge_above_the_devices_limit: "I3 bounds: garage was ordered 2600 W, limits -800.0…2500.0",
    a_discharge_beyond_the_devices_limit: "I3 bounds: garage was ordered -900 W",
    one_battery_feeding_the_other: "I3 bounds: set-points -300 and 300 W against each other",
    an_order_with_an_old_epoch: "I4 fence: garage was ordered with epoch 6 after 7",
    two_who_use_one_epoch: "I4 fence: epoch 7 is used by ems-balancer/b2 and ems-balancer/b1",
    an_order_that_was_rejected: "I4 fence: garage rejected an order: fenced",
    a_fenced_order_that_was_obeyed: "I1 lease: garage was told -300 W 16.0 s after its lease",
    a_decision_on_old_data: "I5 fresh: garage was decided on with data 30001 ms old",
    nonsense_on_a_topic: "I6 schema: meter/p1/state: ",
    a_topic_that_nobody_knows: "contract: battery/garage/wishes is no topic of the contract",
    an_order_that_the_broker_keeps: "contract: battery/garage/cmd is retained",
    an_ack_that_the_broker_keeps: "contract: battery/garage/ack is retained",
    more_messages_than_a_house_sends: "I9 storm: more than 50 messages a second for 10 s",
    two_writes_at_once: "I9 storm: garage was written twice within 0.5 s",
}


@pytest.mark.parametrize("tale", GUILTY, ids=lambda tale: tale.__name__)
def test_each_broken_promise_is_found(tale: Tale) -> None:
    story = Story()
    tale(story)
    assert [violation for violation in story.judge.violations if violation.startswith(GUILTY[tale])]


def test_a_lasting_quarrel_is_told_once_and_not_each_second() -> None:
    story = Story()
    a_lease_that_nobody_ended(story)
    story.passed(TTL_S + 60, TTL_S + 90)
    assert len(story.judge.violations) == 1


def test_what_never_ends_is_not_told_for_ever() -> None:
    story = Story()
    for _ in range(3 * MOST_KEPT):
        a_topic_that_nobody_knows(story)
    assert len(story.judge.violations) == MOST_KEPT

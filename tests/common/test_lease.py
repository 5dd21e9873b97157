"""The ten rules by which a command becomes a lease, in the order of the contract's guide."""

from dataclasses import replace
from typing import Any

import pytest

from common.contract import Command, Envelope, encode
from common.contract.devices import Action, Reason
from common.lease import REMEMBERED, Desk, Instant, Limits, Verdict, accept, lapse

WALL_MS = 1_795_157_664_000
EPOCH = WALL_MS - 3_600_000
NOW = Instant(WALL_MS, 500.0)
LIMITS = Limits(min_w=-800.0, max_w=2500.0)
HOLDER = "ems-balancer/aaaaaa"
DESK = Desk(epoch=EPOCH, holder=HOLDER, seq=10, recent=("known",))


def order(
    *,
    cmd_id: str = "new",
    epoch: int = EPOCH,
    age_s: float = 0.0,
    ttl_s: float = 30.0,
    action: Action = "set_power",
    power_w: float | None = -500.0,
    seq: int = 11,
    boot: str = "aaaaaa",
    src: str = "ems-balancer",
    v: int = 1,
) -> bytes:
    """A command that is accepted at `NOW` by `DESK`, but for what the caller changes."""
    said = Command(
        cmd_id=cmd_id,
        epoch=epoch,
        issued_at_ms=WALL_MS - round(age_s * 1000),
        ttl_s=ttl_s,
        action=action,
        power_w=power_w,
        mode="standby",
        on=True,
    )
    payload = encode(Envelope(v=1, ts_ms=WALL_MS, seq=seq, boot=boot, src=src), said)
    return payload.replace(b'"v":1', b'"v":%d' % v)


def judged(payload: bytes, desk: Desk = DESK, *, retained: bool = False, now: Instant = NOW) -> Verdict:
    """The verdict; a command that is not accepted must have changed nothing."""
    after, verdict = accept(desk, payload, retained, now, LIMITS)
    assert verdict.outcome == "accepted" or after is desk
    return verdict


def test_rule_1_a_retained_command_is_rejected() -> None:
    assert judged(order(), retained=True).reason == "retained"


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", order()[:-1], order(v=2), order().ljust(70_000), order().replace(b"-500.0", b"NaN"),
     order().replace(b"-500.0", b"1e999"), order().replace(b"-500.0", b"true"), order().replace(b"30.0", b"NaN"),
     order().replace(b"-500.0", b"null"), order().replace(b"set_power", b"self_destruct")],
    ids=["empty", "no fields", "truncated", "version", "oversize", "NaN", "1e999", "true", "NaN ttl", "no value",
         "unknown action"],
)  # fmt: skip
def test_rule_2_a_command_that_cannot_be_read_is_rejected(payload: bytes) -> None:
    assert judged(payload).reason == "invalid"


@pytest.mark.parametrize("ttl_s", [0.0, -1.0, 120.001, 1e300])
def test_rule_3_a_life_of_nothing_or_of_more_than_two_minutes_is_rejected(ttl_s: float) -> None:
    assert judged(order(ttl_s=ttl_s)).reason == "ttl"


@pytest.mark.parametrize("ttl_s", [0.001, 120.0])
def test_rule_3_the_shortest_and_the_longest_life_are_accepted(ttl_s: float) -> None:
    assert judged(order(ttl_s=ttl_s)).outcome == "accepted"


def test_rule_4_an_epoch_that_is_over_is_fenced() -> None:
    assert judged(order(epoch=EPOCH - 1)).reason == "fenced"


@pytest.mark.parametrize("payload", [order(boot="bbbbbb"), order(src="ems-guest")], ids=["boot", "account"])
def test_rule_4_an_epoch_belongs_to_the_first_who_used_it(payload: bytes) -> None:
    assert judged(payload).reason == "fenced"


def test_rule_4_a_higher_epoch_may_come_from_anybody() -> None:
    after, verdict = accept(DESK, order(epoch=EPOCH + 1, boot="bbbbbb", seq=0), False, NOW, LIMITS)
    assert (verdict.outcome, after.epoch, after.holder, after.seq) == (
        "accepted",
        EPOCH + 1,
        "ems-balancer/bbbbbb",
        0,
    )


def test_rule_4_an_epoch_far_ahead_of_our_clock_is_rejected() -> None:
    """Otherwise one message would lock every honest balancer out for years."""
    assert judged(order(epoch=WALL_MS + 600_001)).reason == "epoch"
    assert judged(order(epoch=WALL_MS + 600_000)).outcome == "accepted"


def test_rule_4_a_clock_that_was_never_set_accepts_nothing() -> None:
    assert judged(order(), Desk(), now=Instant(60_000, 500.0)).reason == "epoch"


def test_rule_5_the_same_command_again_is_answered_and_not_executed() -> None:
    verdict = judged(order(cmd_id="known"))
    assert (verdict.outcome, verdict.reason, verdict.lease) == ("duplicate", None, None)


@pytest.mark.parametrize("seq", [10, 9, 0])
def test_rule_6_a_command_that_was_overtaken_is_rejected(seq: int) -> None:
    assert judged(order(seq=seq)).reason == "out_of_order"


def test_rule_7_a_command_from_the_future_is_rejected() -> None:
    assert judged(order(age_s=-5.001)).reason == "future"
    assert judged(order(age_s=-5.0)).outcome == "accepted"


@pytest.mark.parametrize("age_s", [30.0, 31.0, 7200.0])
def test_rule_8_a_command_whose_life_is_over_is_rejected(age_s: float) -> None:
    assert judged(order(age_s=age_s)).reason == "expired"
    assert judged(order(age_s=29.999)).outcome == "accepted"


@pytest.mark.parametrize(("asked_w", "given_w"), [(-5000.0, -800.0), (9000.0, 2500.0), (-800.0, -800.0), (0.0, 0.0)])
def test_rule_9_a_power_is_kept_within_the_limits_and_the_ack_can_tell(asked_w: float, given_w: float) -> None:
    lease = judged(order(power_w=asked_w)).lease
    assert lease is not None
    assert (lease.power_w, lease.command.power_w) == (given_w, asked_w)


@pytest.mark.parametrize(("age_s", "left_s"), [(0.0, 30.0), (10.0, 20.0), (29.0, 1.0), (-4.0, 30.0)])
def test_rule_10_a_lease_ends_by_the_monotonic_clock_when_its_life_is_over(age_s: float, left_s: float) -> None:
    """A command from a clock that is ahead of ours lives its ttl from acceptance, never longer."""
    lease = judged(order(age_s=age_s)).lease
    assert lease is not None
    assert lease.ends_s - NOW.monotonic_s == pytest.approx(left_s)


BREAKS: tuple[tuple[Reason | None, dict[str, Any]], ...] = (  # arguments of `order`
    ("invalid", {"v": 2}),
    ("ttl", {"ttl_s": 121.0}),
    ("fenced", {"boot": "bbbbbb"}),
    (None, {"cmd_id": "known"}),
    ("out_of_order", {"seq": 10}),
    ("future", {"age_s": -60.0}),
)


@pytest.mark.parametrize("first", range(len(BREAKS)), ids=[str(reason) for reason, _ in BREAKS])
def test_the_first_rule_that_is_broken_gives_the_reason(first: int) -> None:
    broken = {key: value for _, change in BREAKS[first:] for key, value in change.items()}
    assert judged(order(**broken)).reason == BREAKS[first][0]
    assert judged(order(**broken), retained=True).reason == "retained"


def test_an_epoch_far_ahead_is_told_before_a_repetition() -> None:
    assert judged(order(epoch=WALL_MS + 10**9, cmd_id="known")).reason == "epoch"


# Two leases side by side


def taken(*payloads: bytes) -> Desk:
    desk = DESK
    for payload in payloads:
        desk, verdict = accept(desk, payload, False, NOW, LIMITS)
        assert verdict.outcome == "accepted"
    return desk


def ids(desk: Desk) -> tuple[str | None, str | None]:
    order_id, reserve_id = (lease.command.cmd_id if lease else None for lease in (desk.order, desk.reserve))
    return order_id, reserve_id


@pytest.mark.parametrize("action", ["set_power", "set_mode", "switch"])
def test_a_newer_order_replaces_the_older_whatever_its_action(action: Action) -> None:
    assert ids(taken(order(cmd_id="a", seq=11), order(cmd_id="b", seq=12, action=action))) == ("b", None)


def test_order_and_reserve_are_leases_of_their_own() -> None:
    reserve = order(cmd_id="b", seq=12, action="set_reserve", power_w=None)
    assert ids(taken(order(cmd_id="a", seq=11), reserve)) == ("a", "b")


def test_a_release_ends_both_and_is_no_lease() -> None:
    desk = taken(
        order(cmd_id="a", seq=11),
        order(cmd_id="b", seq=12, action="set_reserve", power_w=None),
        order(cmd_id="c", seq=13, action="release", power_w=None),
    )
    assert (ids(desk), desk.next_end()) == ((None, None), None)


def test_order_and_reserve_share_one_sequence() -> None:
    desk = taken(order(cmd_id="a", seq=12))
    assert judged(order(cmd_id="b", seq=11, action="set_reserve"), desk).reason == "out_of_order"


def test_of_the_commands_that_were_seen_only_the_newest_are_remembered() -> None:
    desk = taken(*(order(cmd_id=f"{seq}", seq=seq) for seq in range(11, 61)))
    assert desk.recent == tuple(f"{seq}" for seq in range(61 - REMEMBERED, 61))


def test_a_mode_has_no_power_to_clamp() -> None:
    lease = judged(order(action="set_mode", power_w=None)).lease
    assert lease is not None
    assert lease.power_w is None


# The end


def test_each_lease_ends_at_its_own_instant() -> None:
    desk = taken(order(cmd_id="a", ttl_s=30.0), order(cmd_id="b", seq=12, ttl_s=60.0, action="set_reserve"))
    assert desk.next_end() == 530.0
    desk, ended = lapse(desk, 530.0)
    assert ([lease.command.cmd_id for lease in ended], ids(desk), desk.next_end()) == (["a"], (None, "b"), 560.0)
    desk, ended = lapse(desk, 560.0)
    assert ([lease.command.cmd_id for lease in ended], ids(desk), desk.next_end()) == (["b"], (None, None), None)


def test_a_lease_holds_until_its_last_moment() -> None:
    desk = taken(order())
    assert lapse(desk, 529.999) == (desk, ())


def test_what_is_known_of_the_leader_outlives_its_leases() -> None:
    desk, _ = lapse(taken(order()), 1000.0)
    assert (desk.epoch, desk.holder, desk.seq) == (EPOCH, HOLDER, 11)
    assert judged(order(), replace(desk, recent=())).reason == "out_of_order"

"""A recording through the shipping balancer: the same bytes each time, and what the live one said."""

import orjson
import pytest

from services.balancer.config import Config, DevicePolicy
from tests.bench.rig import EPOCH
from tests.replay.recorded import a_minute_and_a_half, of_the_balancer, replayed, said

HAND = [
    b"# A battery at half charge, and a house that draws 500 W. Written for this test, after the contract's page.",
    b'{"t_ms": 1000, "topic": "battery/garage/info", "payload": {"vendor": "x", "model": "y", "poll_s": 1,'
    b' "stale_after_s": 10, "capabilities": ["power"], "min_w": -800, "max_w": 2500, "refresh_s": 0}}',
    b'{"t_ms": 1000, "topic": "meter/p1/info", "payload": {"vendor": "x", "model": "m", "poll_s": 1,'
    b' "stale_after_s": 10}}',
    b'{"t_ms": 1000, "topic": "battery/garage/availability", "payload": "online"}',
    b"",
    b'{"t_ms": 1100, "topic": "battery/garage/state", "payload": {"power_w": 0, "soc_pct": 50}}',
    b'{"t_ms": 2000, "topic": "meter/p1/state", "payload": {"power_w": 500}}',
]


@pytest.fixture(scope="module")
def live() -> list[bytes]:
    """A recording of a house at work."""
    return a_minute_and_a_half()


@pytest.mark.promise("4.8-14")
def test_twice_the_same_bytes(live: list[bytes]) -> None:
    first = replayed(live)
    assert first == replayed(live)
    assert len(first) > 100


@pytest.mark.promise("4.8-14")
def test_the_same_decisions_as_the_live_balancers(live: list[bytes]) -> None:
    """Every message of the live run, at the same millisecond, with the same reason; then a second of its own."""
    before, after = of_the_balancer(live), said(replayed(live))
    assert after[: len(before)] == before
    assert {line["topic"] for line in before} >= {
        "balancer/main/state",
        "balancer/main/decision/garage",
        "battery/garage/cmd",
    }
    assert all(line["t_ms"] >= before[-1]["t_ms"] for line in after[len(before) :])


def test_what_the_recorded_balancer_said_is_not_what_is_told(live: list[bytes]) -> None:
    """Another configuration, other decisions: what if the battery had been allowed 300 W?"""
    config = Config(order=("garage",), devices={"garage": DevicePolicy(max_discharge_w=300)})
    orders = [line["payload"]["power_w"] for line in said(replayed(live, config)) if line["topic"].endswith("/cmd")]
    assert orders
    assert min(orders) >= -300


def test_it_leads_with_the_epoch_of_the_recording(live: list[bytes]) -> None:
    assert {line["payload"]["epoch"] for line in said(replayed(live)) if line["topic"].endswith("/cmd")} == {EPOCH}


def test_a_new_epoch_in_the_recording_is_taken_over(live: list[bytes]) -> None:
    middle = len(live) // 2
    lease = orjson.loads(next(line for line in live if b"balancer/main/lease" in line))
    lease["t_ms"], lease["payload"]["epoch"] = orjson.loads(live[middle])["t_ms"], 99
    orders = [
        line["payload"]["epoch"]
        for line in said(replayed([*live[:middle], orjson.dumps(lease), *live[middle:]]))
        if line["topic"].endswith("/cmd")
    ]
    assert sorted(orders) == orders
    assert set(orders) == {EPOCH, 99}


def test_lines_by_hand_are_decided_on() -> None:
    out = said(replayed(HAND))
    (order,) = [line for line in out if line["topic"] == "battery/garage/cmd"]
    assert order["t_ms"] == 2000
    assert order["payload"]["power_w"] == -500
    assert order["payload"]["cmd_id"] == "1000-0"
    sentences = [line["payload"]["sentence"] for line in out if line["topic"] == "balancer/main/state"]
    assert "never been heard" in sentences[0]
    assert "500 W" in sentences[-1]


def test_a_message_that_a_live_balancer_would_refuse_changes_nothing() -> None:
    rubbish = b'{"t_ms": 1500, "topic": "meter/p1/state", "payload": "", "hex": "ff00"}'
    strange = b'{"t_ms": 1500, "topic": "zigbee2mqtt/hall", "payload": {"state": "ON"}}'
    assert replayed([*HAND[:-1], rubbish, strange, HAND[-1]]) == replayed(HAND)


def test_an_empty_recording_leads_to_nothing() -> None:
    assert replayed([b"# nothing happened", b""]) == []

"""What is counted of a demonstration."""

import argparse
import asyncio
from pathlib import Path

import orjson
import pytest

from common.clock import Clock
from common.contract import (
    ACK,
    BALANCER_STATE,
    COMMAND,
    METER_STATE,
    Ack,
    BalancerState,
    Command,
    MeterState,
)
from common.messaging import Received
from services.cli.duration import duration
from services.cli.journal_tail import EACH_S, follow
from services.cli.tally import Tally
from tests.words import NOW_MS, received

READING = received(METER_STATE.at("p1"), MeterState(power_w=500.0), at_s=10.0)


def command(issued_at_ms: int, at_s: float) -> Received:
    order = Command(cmd_id="7-1", epoch=7, issued_at_ms=issued_at_ms, ttl_s=30, action="set_power", power_w=-500.0)
    return received(COMMAND.at("battery", "garage"), order, at_s)


def test_messages_decisions_commands_and_acks_are_counted() -> None:
    tally = Tally()
    tally.heard(READING)
    tally.heard(received(BALANCER_STATE.at("main"), BalancerState(mode="auto", sentence="fine"), 10.1))
    tally.heard(command(NOW_MS + 10_000, 10.2))
    tally.heard(received(ACK.at("battery", "garage"), Ack(cmd_id="7-1", epoch=7, outcome="applied"), 10.3))
    figures = tally.figures()
    counts = [figures[name] for name in ("messages", "decisions", "commands", "acks", "violations")]
    assert counts == [4, 1, 1, {"applied": 1}, []]


@pytest.mark.parametrize("speed", [1.0, 8.0])
def test_latency_is_told_in_real_time(speed: float) -> None:
    """A house eight times faster is not eight times slower to answer."""
    tally = Tally(speed)
    tally.heard(READING)
    tally.heard(command(NOW_MS + 10_000, 10.0 + 0.004 * speed))
    assert tally.traffic.meter_to_cmd_ms == [pytest.approx(4)]


def test_what_the_broker_kept_is_no_news() -> None:
    tally = Tally()
    tally.heard(received(METER_STATE.at("p1"), MeterState(power_w=500.0), retained=True))
    assert tally.traffic.messages == 0


def test_nonsense_is_counted_and_judged_and_nothing_else() -> None:
    tally = Tally()
    for topic in ("meter/p1/state", "battery/garage/cmd", "battery/garage/ack"):
        tally.heard(Received(topic, b"{", False, 1.0))
    assert tally.traffic.messages == 3
    assert tally.traffic.commands == tally.traffic.acks.total() == 0
    assert [text.partition(":")[0] for text in tally.judge.violations] == ["I6 schema"] * 3


def test_the_journal_is_of_the_house_or_of_a_device() -> None:
    tally = Tally()
    tally.heard(READING)
    tally.did({"what": "house", "at_s": 1.0, "load_w": 500.0, "grid_w": 40.0})
    tally.did({"what": "commanded", "device": "garage", "at_s": 60.0, "power_w": 900.0})
    assert tally.settling.grid_w == [40.0]
    assert tally.judge.violations == ["I1 lease: garage was told 900 W 50.0 s after its lease"]


async def test_a_journal_is_followed_line_by_line_as_it_grows(tmp_path: Path, clock: Clock) -> None:
    """It may not be there yet, and a line may be half written."""
    path, taken = tmp_path / "journal.jsonl", list[object]()
    following = asyncio.create_task(follow(path, clock, taken.append))
    await clock.sleep(3 * EACH_S)
    with path.open("ab") as file:
        for part, count in ((b'{"n": 1}\n{"n"', 1), (b": 2}\n\n", 2), (orjson.dumps({"n": 3}), 2), (b"\n", 3)):
            file.write(part)
            file.flush()
            await clock.sleep(3 * EACH_S)
            assert len(taken) == count
    following.cancel()
    assert taken == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("60", 60), ("1.5s", 1.5), ("5m", 300), ("5min", 300), ("1h", 3600), ("0s", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-5s", "5 s", "1d", "5m30s", "nan", "1e3s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no duration such as 60s, 5m or 1h"):
        duration(text)

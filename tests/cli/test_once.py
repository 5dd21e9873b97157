"""`ballast once` on a real broker: what it was made of, what it is, what it would command; and with --apply, does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from common.clock import Clock
from common.config import load
from common.contract import BALANCER_LEASE, BalancerLease
from services.balancer.config import Config
from services.cli.__main__ import run
from services.cli.once import Once
from services.cli.registry import sections
from services.cli.terminal import Unusable
from tests.brokers import Broker
from tests.cli.lodgers import Lodgers, lodgers
from tests.guests import guest

Ask = Callable[..., Awaitable[int]]


@pytest.fixture
async def house(broker: Broker, clock: Clock, tmp_path: Path) -> AsyncIterator[Lodgers]:
    """A house that draws 500 W, its meter, and a battery at half charge."""
    async with lodgers(broker, clock, tmp_path) as made:
        yield made


@pytest.fixture
def once(broker: Broker, clock: Clock, tmp_path: Path) -> Ask:
    """Run it as the command does, on the clock of the test."""
    settings = broker.settings
    file = tmp_path / "ballast.yaml"
    file.write_text(
        f"mqtt: {{host: 127.0.0.1, port: {settings.port}, protocol: {settings.protocol}}}\n"
        "balancer: {order: [garage]}\n"
    )
    loaded = load(file, sections(), {})
    return lambda apply=False: Once(loaded, loaded.section("balancer", Config), clock).go(apply=apply)


@pytest.mark.promise("4.8-11")
async def test_it_prints_inputs_decision_and_commands_and_sends_nothing(
    house: Lodgers, once: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await once() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "Inputs",
        "Decision",
        "Commands (not sent; --apply sends them)",
    ]
    inputs = lines[1 : lines.index("Decision")]
    assert inputs[0].startswith("  p1: 500 W at the grid, 0.")
    assert inputs[0].endswith(" s old")
    assert inputs[1].startswith("  garage: 0 W, 50 %, ")
    assert "500 W" in lines[lines.index("Decision") + 1]
    assert lines[-1].startswith('  battery/garage/cmd {"cmd_id":')
    assert '"power_w":-500.0' in lines[-1]
    await house.clock.sleep(5)
    assert house.battery.told == []


async def test_radiators_that_take_turns_are_decided_on_as_well(
    house: Lodgers, broker: Broker, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that nobody has ever heard of is named, and counts as on."""
    file = tmp_path / "ballast.yaml"
    member = "{output: radiator, power_w: 1000}"
    group = f"{{kind: rotation, members: [{member}], limit: {{active_by_mode: [1, 0]}}}}"
    file.write_text(
        f"mqtt: {{host: 127.0.0.1, port: {broker.port}, protocol: {broker.settings.protocol}}}\n"
        f"balancer: {{order: [garage, heating], groups: {{heating: {group}}}}}\n"
    )
    loaded = load(file, sections(), {})
    assert await Once(loaded, loaded.section("balancer", Config), clock).go(apply=False) == 0
    assert "radiator: left alone by rule absent: left alone: it has never been heard of" in capsys.readouterr().out


@pytest.mark.promise("4.8-11")
async def test_with_apply_it_sends_and_tells_what_became_of_it(
    house: Lodgers, once: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await once(apply=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Commands (sent)" in lines
    assert lines[-1] == "  garage: applied -500 W"
    assert [power_w for _, power_w in house.battery.told] == [-500.0]


async def test_what_was_sent_ends_by_itself(house: Lodgers, once: Ask) -> None:
    await once(apply=True)
    await house.clock.sleep(40)
    assert [power_w for _, power_w in house.battery.told] == [-500.0, None]
    assert house.battery.power_w == 0


async def test_nonsense_from_strangers_changes_nothing(
    house: Lodgers, once: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    """An ack that is none came just as the answer was waited for."""
    async with guest(house.broker.settings) as stranger:

        async def babble() -> None:
            async for _ in house.clock.every(0.2):
                await stranger.say("ems/battery/garage/ack", b"{")
                await stranger.say("ems/meter/p1/state", b"\xff")

        babbling = asyncio.create_task(babble())
        assert await once(apply=True) == 0
        babbling.cancel()
    assert capsys.readouterr().out.splitlines()[-1] == "  garage: applied -500 W"


async def test_a_battery_that_says_nothing_is_not_waited_for_for_ever(
    house: Lodgers, once: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    house.battery.word = None
    began_s = house.clock.monotonic()
    assert await once(apply=True) == 0
    assert house.clock.monotonic() - began_s < 25
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("  no word about ")
    assert last.endswith(" within 20 s")


async def test_what_is_unknown_is_said_so_and_never_none(
    house: Lodgers, once: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    house.battery.soc_pct = None
    await house.clock.sleep(3)
    await once()
    out = capsys.readouterr().out
    assert "charge unknown" in out
    assert "None" not in out


async def test_without_a_reading_it_says_so(house: Lodgers, once: Ask) -> None:
    house.meter.silent = True
    with pytest.raises(Unusable, match="No fresh reading of p1 within 15 s"):
        await once()


async def test_beside_a_balancer_that_leads_nothing_is_applied(house: Lodgers, once: Ask) -> None:
    leader = await house.bus("ems-balancer")
    await leader.publish(BALANCER_LEASE.at("main"), BalancerLease(epoch=7, instance="other"), confirmed=True)
    with pytest.raises(Unusable, match="A balancer is leading"):
        await once(apply=True)
    assert house.battery.told == []


def test_with_nothing_to_decide_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ballast.yaml").write_text("p1: {host: 127.0.0.1}\n")
    assert run(["once", "--config", str(tmp_path / "ballast.yaml")]) == 1
    assert "has no balancer.order, so there is nothing to decide" in capsys.readouterr().err

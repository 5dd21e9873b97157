"""`ballast contract check`: content with a bridge that keeps the contract, and exact about one that does not."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
import pytest

from common.clock import Clock, SystemClock
from common.contract import CONTROL, INFO, DeviceInfo
from common.memory_bus import MemoryBroker
from services.balancer.leadership import Term
from services.cli import contract
from services.cli.__main__ import run as ballast
from services.cli.examine import Examination, Finding
from services.cli.examining import examine
from services.cli.terminal import Unusable
from tests.brokers import MOSQUITTO, WITHOUT, Broker
from tests.cli.faulty import Lamp
from tests.common.bus.lines import bus_for
from tests.documents import ROOT
from tests.guests import retained
from tests.relay.home import Home as Sockets
from tests.udp_battery.home import Home as Batteries

LAMP = ROOT / "docs" / "examples" / "lamp.sh"
TOOLS = ("bash", "mosquitto_sub", "mosquitto_pub", "jq")
RULES = 28
"""That can be held or broken by a bridge that takes orders."""
BROKEN = {
    "invalid": {"an order that is no JSON: rejected (invalid)", "an order without an action: rejected (invalid)"},
    "ttl": {"a lease of 0 s: rejected (ttl)", "a lease of 121 s: rejected (ttl)"},
    "fenced": {
        "an order of an older epoch: rejected (fenced)",
        "the same epoch of another holder: rejected (fenced)",
    },
    "epoch": {"an epoch more than 10 min ahead: rejected (epoch)"},
    "duplicate": {"the same order again: duplicate"},
    "out_of_order": {"an order that comes late, by its seq: rejected (out_of_order)"},
    "future": {"an order from the future: rejected (future)"},
    "expired": {"an order that is over: rejected (expired)"},
    "longer": {"the device is let go by itself at the end of the lease"},
    "for_ever": {"the device is let go by itself at the end of the lease"},
    "early": {"a lease holds until its end"},
    "swayed": {"orders that are refused change nothing: control keeps epoch and end"},
    "stays_on": {"after the lease the state shows safe_state, off"},
    "idle": {"a right order: applied within half its lease", "the order renewed: applied within half its lease"},
    "availability": {"switch/lamp/availability is retained, `online` or `offline`"},
    "told_once": {
        "switch/lamp/state is told again within 30 s",
        "after the lease the state shows safe_state, off",
    },
    "same_seq": {"switch/lamp/state: seq grows from message to message"},
    "stale": {
        "switch/lamp/state: ts_ms is the time of the measurement, UTC in ms, and younger than stale_after_s",
        "after the lease the state shows safe_state, off",
    },
}
"""What a lamp breaks, and every rule that is then found broken."""


async def examined(broker: MemoryBroker, clock: Clock, kind: str = "switch", device: str = "lamp") -> list[Finding]:
    """All that is found."""
    said: list[Finding] = []
    bus = broker.plug("ems-balancer", "check", clock)
    examination = Examination(bus, kind, device, said.append)
    await examination.listen()
    await examination.follow()
    await examination.command(bus, clock.wall_ms())
    assert examination.is_well == all(finding.held for finding in said)
    return said


def broken(findings: list[Finding]) -> set[str]:
    """The rules that are not kept."""
    return {finding.rule for finding in findings if not finding.held}


@pytest.mark.virtual
async def test_it_is_content_with_a_lamp_that_keeps_every_rule(memory_broker: MemoryBroker, clock: Clock) -> None:
    """And tells it nothing but what it does by itself."""
    lamp = Lamp(memory_broker.plug("ems-lamp", "aaaaaa", clock))
    async with lamp.running():
        findings = await examined(memory_broker, clock)
    assert broken(findings) == set()
    assert len(findings) == RULES
    assert lamp.told == [False, False]


@pytest.mark.virtual
@pytest.mark.parametrize("fault", BROKEN)
async def test_it_finds_the_one_rule_that_is_broken(fault: str, memory_broker: MemoryBroker, clock: Clock) -> None:
    async with Lamp(memory_broker.plug("ems-lamp", "aaaaaa", clock), fault).running():
        assert broken(await examined(memory_broker, clock)) == BROKEN[fault]


@pytest.mark.virtual
@pytest.mark.parametrize(("fault", "least"), [("mute", 15), ("no_control", 3), ("uncontrolled", 3)])
async def test_who_keeps_silent_breaks_all_that_he_should_say(
    fault: str, least: int, memory_broker: MemoryBroker, clock: Clock
) -> None:
    async with Lamp(memory_broker.plug("ems-lamp", "aaaaaa", clock), fault).running():
        assert len(broken(await examined(memory_broker, clock))) >= least


async def test_it_is_content_with_our_bridge_of_a_battery(clock: Clock, tmp_path: Path) -> None:
    """On real UDP; it is told 0 W."""
    async with Batteries(clock, tmp_path) as home:
        await home.add()
        await home.ready()
        assert broken(await examined(home.bus, clock, "battery", "garage")) == set()


@pytest.mark.virtual
async def test_it_is_content_with_our_bridge_of_a_socket(clock: Clock, tmp_path: Path) -> None:
    """It stays off all the time."""
    async with Sockets(clock, tmp_path) as home:
        fake = home.tasmota(poll_s=10.0)
        await home.ready()
        assert broken(await examined(home.bus, clock, "switch", "boiler")) == set()
        assert not fake.is_on


@pytest.mark.virtual
async def test_what_is_missing_is_named_with_its_topic(memory_broker: MemoryBroker, clock: Clock) -> None:
    memory_broker.publish("switch/lamp/state", b'{"v": 1, "on": "yes"}', True)
    said = [str(finding) for finding in await examined(memory_broker, clock)]
    assert said[0] == "BROKEN  switch/lamp/info is retained and as the contract says: nothing is retained there"
    assert said[1].startswith("BROKEN  switch/lamp/state is retained and as the contract says: ")
    assert "BROKEN  switch/lamp/state is told again within 30 s: nothing that can be read came" in said


async def test_it_does_not_meddle_with_a_balancer_at_work(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-lamp") as bus, bus_for(broker, clock, "ems-balancer") as leader:
        lamp, term = Lamp(bus), Term(leader, "other", 7)
        renewing = asyncio.create_task(term.renew())
        async with lamp.running():
            with pytest.raises(Unusable, match="a balancer is at work"):
                await examine(broker.settings, clock, "switch/lamp", lambda _: None, yes=True)
        renewing.cancel()
    assert lamp.told == []


async def test_it_stops_when_a_balancer_takes_over(broker: Broker, clock: Clock) -> None:
    said: list[Finding] = []
    async with bus_for(broker, clock, "ems-lamp") as bus, bus_for(broker, clock, "ems-other") as other:
        lamp = Lamp(bus)
        async with lamp.running():
            asking = asyncio.create_task(examine(broker.settings, clock, "switch/lamp", said.append, yes=True))
            while not lamp.told:
                await clock.sleep(0.5)
            await Term(other, "other", clock.wall_ms() + 1000).claim()
            with pytest.raises(Unusable, match=r"stopped: epoch \d+ is above our"):
                await asking
    assert len(said) < RULES, "and says nothing of the rules that it could not try"


async def test_what_takes_no_harmless_order_is_only_listened_to(
    broker: Broker, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with bus_for(broker, clock, "ems-lamp") as bus:
        facts = DeviceInfo(vendor="Nobody", model="Tank", poll_s=1, stale_after_s=10, capabilities=("reserve",))
        await bus.publish(INFO.at("battery", "tank"), facts, confirmed=True)
        assert not await examine(broker.settings, clock, "battery/tank", lambda _: None, yes=False)
    assert "battery/tank takes no order that moves nothing" in capsys.readouterr().err


async def test_it_sends_nothing_before_it_is_allowed_to(broker: Broker, clock: Clock) -> None:
    async with bus_for(broker, clock, "ems-lamp") as bus:
        lamp = Lamp(bus)
        async with lamp.running():
            with pytest.raises(Unusable, match=r'told {"action":"switch","on":false}.* Nothing was sent; --yes sends'):
                await examine(broker.settings, clock, "switch/lamp", lambda _: None, yes=False)
    assert lamp.told == []


@pytest.mark.parametrize("place", ["lamp", "lamp/switch", "switch/", "switch/a/b", "switch/The lamp", "balancer/main"])
def test_a_device_that_is_none_is_told(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ballast.yaml").write_text("mqtt: {host: localhost}\n")
    assert ballast(["contract", "check", place, "--config", str(tmp_path / "ballast.yaml")]) == 2
    assert f"{place} is no device" in capsys.readouterr().err


def test_without_a_device_it_says_how_it_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ballast(["contract", "check"])
    assert "CLASS/ID" in capsys.readouterr().err


async def a_broken_one(mqtt: object, clock: object, place: str, note: Callable[[Finding], None], *, yes: bool) -> bool:
    """An examination of which only the outcome matters."""
    note(Finding("a rule", held=False, found="nothing"))
    return not yes


def test_findings_are_told_in_lines_or_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "examine", a_broken_one)
    (tmp_path / "ballast.yaml").write_text("mqtt: {host: localhost}\n")
    words = ["contract", "check", "--yes", "--config", str(tmp_path / "ballast.yaml"), "switch/lamp"]
    assert ballast(words) == 1
    assert capsys.readouterr().out == "BROKEN  a rule: nothing\n"
    assert ballast([*words, "--json", "--base", "site-17/ems"]) == 1
    told = orjson.loads(capsys.readouterr().out)
    assert told == {
        "device": "switch/lamp",
        "held": False,
        "rules": [{"rule": "a rule", "held": False, "found": "nothing"}],
    }
    assert ballast([*words, "--base", "Oh dear"]) == 2
    assert "--base Oh dear: at most four levels" in capsys.readouterr().err


def test_who_stops_it_reads_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object, yes: bool) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(contract, "examine", interrupted)
    (tmp_path / "ballast.yaml").write_text("mqtt: {host: localhost}\n")
    assert ballast(["contract", "check", "switch/lamp", "--config", str(tmp_path / "ballast.yaml")]) == 2
    assert capsys.readouterr().err == "stopped; what the device was told ends by itself\n"


@contextmanager
def lamp(broker: Broker, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The example of the guide, as it stands there."""
    environment = {**os.environ, "BROKER": "127.0.0.1", "PORT": f"{broker.port}", "FOLDER": str(folder), "TELL_S": "1"}
    process = subprocess.Popen(["bash", str(LAMP)], env=environment, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.skipif(MOSQUITTO is None, reason=WITHOUT)
@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"one of {', '.join(TOOLS)} is not installed")
async def test_the_example_in_the_shell_keeps_the_contract(broker: Broker, tmp_path: Path) -> None:
    said: list[Finding] = []
    clock = SystemClock()
    with lamp(broker, tmp_path) as process:
        async with bus_for(broker, clock, "ems-viewer") as bus:
            inbox = await bus.listen(CONTROL)
            async with clock.timeout(20):
                await inbox.next()
        held = await examine(broker.settings, clock, "switch/lamp", said.append, yes=True, ttl_s=4.0)
        assert held, [str(finding) for finding in said if not finding.held]
        process.terminate()
        await asyncio.to_thread(process.wait, 10)
        kept = await retained(broker.settings, "ems/#")
    assert kept["ems/service/ems-lamp/status"] == b"offline"
    assert "ems/balancer/main/lease" not in kept, "it was given back"
    assert len(said) == RULES
    assert (tmp_path / "lamp").read_text() == "false\n"


def test_the_guide_shows_the_example_that_is_tried() -> None:
    page = (ROOT / "docs" / "write-a-bridge.md").read_text()
    shown = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    assert shown
    text = LAMP.read_text()
    assert [part for part in shown if part.strip() not in text] == []

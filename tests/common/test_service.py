"""The shell of a service, as real processes on a real broker: start, health, end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.clock import Clock
from common.contract import ALERT, METER_STATE, SERVICE_HEALTH, Alert, decode, encode
from common.contract.envelope import Envelope
from common.errors import EXIT_CONFIG, BrokerLost, DeviceUnreachable
from common.service import shielded
from services.cli.ports import free_port
from tests.brokers import Broker
from tests.common.test_health import ask
from tests.guests import Guest, guest, retained
from tests.waiting import until

ROOT = Path(__file__).parents[2]
STATUS = "ems/service/ems-p1/status"


@dataclass
class House:
    """A folder with a `ballast.yaml`, and what is started from it."""

    folder: Path
    port: int
    text: str

    def command(self, *names: str) -> list[str]:
        return [sys.executable, "-m", "tests.common.little_services", *names]

    def environment(self, **variables: str) -> Mapping[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("BALLAST_")}
        return {**plain, "BALLAST_CONFIG": str(self.folder / "ballast.yaml"), **variables}

    def write(self, text: str = "") -> None:
        (self.folder / "ballast.yaml").write_text(self.text + text)

    @contextmanager
    def run(self, *names: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
        """The process of these services, ended at the latest with the block."""
        environment = self.environment(**variables)
        with subprocess.Popen(
            self.command(*names), cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def refused(self, *names: str, **variables: str) -> str:
        """What a process says that does not start because of its configuration."""
        done = subprocess.run(
            self.command(*names), cwd=ROOT, env=self.environment(**variables), capture_output=True, text=True,
            check=False, timeout=30,
        )  # fmt: skip
        assert done.returncode == EXIT_CONFIG, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        return done.stderr


@pytest.fixture
def house(broker: Broker, tmp_path: Path) -> House:
    """A house whose services speak 3.1.1, so that a will comes at once."""
    text = f"mqtt: {{host: 127.0.0.1, port: {broker.port}, protocol: 3.1.1}}\n"
    made = House(tmp_path, free_port(), text)
    made.write(f"p1: {{metrics_port: {made.port}, period_s: 0.2}}\n")
    return made


def ended(process: "subprocess.Popen[str]") -> str:
    """Wait for an orderly end and return the log."""
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log
    return log


async def alive(witness: Guest, status: str = STATUS) -> None:
    await witness.hears(lambda heard: (heard.topic, heard.payload) == (status, b"online"))


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_service_in_an_orderly_way(house: House, broker: Broker, number: signal.Signals) -> None:
    async with guest(broker.settings, "ems/#") as witness:
        with house.run("p1") as process:
            await alive(witness)
            process.send_signal(number)
            log = ended(process)
    kept = await retained(broker.settings)
    assert kept[STATUS] == b"offline"
    assert kept["ems/meter/p1/availability"] == b"offline", "what a session says in its finally must arrive"
    assert "Traceback" not in log


async def test_a_service_that_is_killed_leaves_its_will(house: House, broker: Broker) -> None:
    async with guest(broker.settings, "ems/#") as witness:
        with house.run("p1") as process:
            await alive(witness)
            process.kill()
            await witness.hears(lambda heard: (heard.topic, heard.payload) == (STATUS, b"offline"))
    assert "ems/meter/p1/availability" not in await retained(broker.settings)


def test_a_service_that_never_found_its_broker_ends_at_once(house: House, broker: Broker) -> None:
    broker.kill()
    with house.run("p1") as process:
        until(lambda: serves(house.port), "the service has started")
        process.send_signal(signal.SIGTERM)
        ended(process)


async def test_a_service_that_is_through_ends(house: House, broker: Broker) -> None:
    with house.run("pzem") as process:
        ended(process)
    assert (await retained(broker.settings))["ems/service/ems-pzem/status"] == b"offline"


async def test_a_service_that_crashes_ends_its_process_and_says_offline(house: House, broker: Broker) -> None:
    with house.run("relay") as process:
        _, log = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "LookupError: as it always does" in log
    assert (await retained(broker.settings))["ems/service/ems-relay/status"] == b"offline"


async def test_what_was_stored_is_there_in_the_next_life(house: House, broker: Broker) -> None:
    for first in (0.0, 1.0):
        async with guest(broker.settings, "ems/meter/#") as witness:
            await witness.client.publish("ems/meter/p1/state", b"", retain=True)
            with house.run("p1") as process:
                heard = await witness.hears(lambda heard: heard.payload != b"" and not heard.retained)
                power_w = decode(METER_STATE, heard.payload)[1].power_w
                assert power_w is not None
                assert power_w >= first
                await witness.hears(lambda heard: b'"seq":2' in heard.payload)
                process.send_signal(signal.SIGTERM)
                ended(process)


@pytest.mark.parametrize(("setting", "announced"), [("true", {"running", "power"}), ("false", set())])
async def test_home_assistant_finds_a_service_and_what_it_measures_unless_told_not_to(
    house: House, broker: Broker, setting: str, announced: set[str]
) -> None:
    house.text = house.text.replace("}", f", discovery: {setting}}}")
    house.write("p1: {period_s: 0.1}\n")
    async with guest(broker.settings, "ems/meter/#") as witness:
        with house.run("p1") as process:
            await witness.hears(lambda heard: b'"seq":2' in heard.payload)
            process.send_signal(signal.SIGTERM)
            ended(process)
    told = await retained(broker.settings, "homeassistant/#")
    assert {topic.split("/")[3] for topic in told} == {f"ems_p1_{each}" for each in announced}


# Health


def serves(port: int) -> bool:
    try:
        return ask(port, "/healthz")[0] in (200, 503)
    except OSError:
        return False


async def test_each_10_seconds_a_service_says_that_it_lives(house: House, broker: Broker) -> None:
    topic = SERVICE_HEALTH.at("ems-p1").name
    async with guest(broker.settings, f"ems/{topic}") as witness:
        with house.run("p1", BALLAST_CLOCK_RATE="50"):
            await witness.hears(lambda heard: b'"seq":3' in heard.payload)
    beats = [decode(SERVICE_HEALTH, heard.payload) for heard in witness.heard[:4]]
    first, last = beats[0][1], beats[3][1]
    assert (first.last_error, first.reconnects, first.rejected) == (None, 0, 0)
    assert last.uptime_s - first.uptime_s == pytest.approx(30, abs=10)
    assert [envelope.seq for envelope, _ in beats if envelope] == [0, 1, 2, 3]


def test_a_service_that_works_is_well_and_tells_its_figures(house: House) -> None:
    with house.run("p1"):
        until(lambda: serves(house.port) and ask(house.port, "/healthz")[0] == 200, "the service is well")
        _, shown = ask(house.port, "/metrics")
        values = {
            (sample.name, sample.labels.get("service")): sample.value
            for family in text_string_to_metric_families(shown)
            for sample in family.samples
        }
    assert values["ems_service_up", "ems-p1"] == 1
    assert values["ems_mqtt_connected", "ems-p1"] == 1
    assert values["ems_build_info", "ems-p1"] == 1
    assert values["ems_power_watts", "ems-p1"] >= 0
    assert values["ems_mqtt_messages_total", "ems-p1"] > 0


def test_a_service_without_its_broker_is_not_well(house: House, broker: Broker) -> None:
    with house.run("p1"):
        until(lambda: serves(house.port) and ask(house.port, "/healthz")[0] == 200, "the service is well")
        broker.kill()
        until(lambda: ask(house.port, "/healthz")[0] == 503, "the loss has been noticed")
        assert "not connected" in ask(house.port, "/healthz")[1]
        assert 'ems_service_up{service="ems-p1"} 0.0' in ask(house.port, "/metrics")[1]


def test_a_service_whose_loop_hangs_is_not_well(house: House) -> None:
    house.write(f"victron: {{metrics_port: {house.port}}}\n")
    with house.run("victron"):
        until(lambda: serves(house.port) and "has not turned" in ask(house.port, "/healthz")[1], "it hangs")
        assert ask(house.port, "/healthz")[0] == 503


def test_the_port_of_the_section_comes_before_that_of_the_environment(house: House) -> None:
    other = free_port()
    with house.run("p1", BALLAST_METRICS_PORT=str(other)):
        until(lambda: serves(house.port), "the section's port answers")
        assert not serves(other)


def test_without_a_port_in_the_section_that_of_the_environment_counts(house: House) -> None:
    house.write()
    with house.run("p1", BALLAST_METRICS_PORT=str(house.port)):
        until(lambda: serves(house.port), "the environment's port answers")


async def test_alerts_of_an_earlier_life_are_cleared_at_start(house: House, broker: Broker) -> None:
    envelope = Envelope(v=1, ts_ms=1, seq=0, boot="old", src="ems-tempo")
    alert = encode(envelope, Alert(severity="error", since_ms=1, text="old"))
    mine, old = ALERT.at("ems-tempo", "meter").name, ALERT.at("ems-tempo", "clock").name
    async with guest(broker.settings, "ems/alert/#") as witness:
        await witness.say(f"ems/{mine}", alert, retain=True)
        await witness.say(f"ems/{old}", alert, retain=True)
        with house.run("tempo"):
            await witness.hears(lambda heard: heard.topic == f"ems/{old}" and heard.payload == b"")
            await witness.hears(lambda heard: heard.topic == f"ems/{mine}" and b"The meter is silent." in heard.payload)
            assert b"" not in witness.payloads(f"ems/{mine}")


# Several in one process


async def test_one_service_that_crashes_is_started_again_and_the_others_go_on(house: House, broker: Broker) -> None:
    crashing = "ems/service/ems-relay/status"
    async with guest(broker.settings, "ems/#") as witness:
        with house.run("p1", "relay", BALLAST_CLOCK_RATE="20") as process:
            await witness.hears(lambda heard: witness.payloads(crashing).count(b"online") >= 3)
            assert witness.payloads(STATUS).count(b"offline") == 0
            status, body = ask(house.port, "/healthz?p1")
            assert status == 200, body
            process.send_signal(signal.SIGTERM)
            log = ended(process)
    starts = [line for line in log.splitlines() if "relay failed and starts again in" in line]
    assert len(starts) >= 2
    kept = await retained(broker.settings)
    assert (kept[STATUS], kept[crashing]) == (b"offline", b"offline")


async def test_a_service_that_fails_while_it_is_asked_to_end_does_not_keep_the_process_alive(
    house: House, broker: Broker
) -> None:
    """Its error has priority over the cancellation, which was then forgotten: the service was started again."""
    async with guest(broker.settings, "ems/#") as witness:
        with house.run("p1", "domoticz") as process:
            await alive(witness, "ems/service/ems-domoticz/status")
            process.send_signal(signal.SIGTERM)
            assert "over its own feet" not in ended(process)


def test_a_service_that_fails_is_not_well_while_it_waits_to_start_again(house: House) -> None:
    with house.run("p1", "relay"):
        until(lambda: serves(house.port) and "as it always does" in ask(house.port, "/healthz?relay")[1], "it failed")


async def test_a_service_that_leads_keeps_its_account_to_itself(house: House, broker: Broker) -> None:
    """The balancer takes the account only when it leads; the shell must not take it before."""
    async with guest(broker.settings, "ems/#") as witness:
        with house.run("balancer") as process:
            await witness.hears(lambda heard: heard.topic == "ems/meter/p1/state")
            process.send_signal(signal.SIGTERM)
            ended(process)
        await witness.caught_up()
        assert not [heard for heard in witness.heard if heard.topic.startswith("ems/service/")]


# A configuration that is wrong


def test_a_wrong_file_starts_nothing_and_says_all_that_is_wrong(house: House) -> None:
    house.write("p1:\n  period: 1\n  metrics_port: 0\nsite: {phases: 2}\n")
    said = house.refused("p1")
    assert "The configuration has 3 mistake(s); nothing was started." in said
    assert [line.split(":")[1] for line in said.splitlines()[1:]] == ["3", "4", "5"]


def test_an_absent_file_starts_nothing(house: House) -> None:
    assert "copy ballast.example.yaml" in house.refused("p1", BALLAST_CONFIG=str(house.folder / "nowhere.yaml"))


def test_a_section_that_is_needed_and_absent_starts_nothing(house: House) -> None:
    assert "web: is missing; it needs at least `host: 192.168.1.10`" in house.refused("web")


def test_a_wrong_environment_starts_nothing(house: House) -> None:
    said = house.refused("p1", BALLAST_CLOCK_RATE="nan", BALLAST_LOG_LEVEL="loud", BALLAST_METRICS_PORT="x")
    assert said.count("environment: BALLAST_") == 3


def test_a_port_that_is_taken_starts_nothing(house: House, broker: Broker) -> None:
    house.write(f"p1: {{metrics_port: {broker.port}}}\n")
    assert f"port {broker.port} cannot be used (Address already in use)" in house.refused("p1")


def test_mistakes_in_sections_of_others_do_not_concern_us(house: House) -> None:
    house.write(f"p1: {{metrics_port: {house.port}}}\nvictron: {{nonsense: 1}}\n")
    with house.run("p1"):
        until(lambda: serves(house.port), "the service has started")


@pytest.mark.parametrize("style", ["json", "text"])
def test_the_log_is_in_the_style_that_was_asked_for(house: House, style: str) -> None:
    with house.run("pzem", BALLAST_LOG_FORMAT=style) as process:
        lines = ended(process).splitlines()
    assert len(lines) > 0
    assert all(line.startswith("{") and json.loads(line)["text"] for line in lines) == (style == "json")


# Last things in an orderly stop


async def test_last_things_are_done(clock: Clock) -> None:
    assert await shielded(clock.sleep(1), clock, 5)


@pytest.mark.parametrize("error", [BrokerLost("away"), DeviceUnreachable("silent")])
async def test_last_things_may_fail(clock: Clock, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise error

    assert not await shielded(fail(), clock, 5)
    assert f"not done before the stop: {error}" in caplog.text


async def test_last_things_may_not_take_for_ever(clock: Clock) -> None:
    assert not await shielded(clock.sleep(60), clock, 5)
    assert clock.monotonic() == 5

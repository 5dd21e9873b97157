"""`ballast check`: the file, the broker, every device, one line each; 0 only if all is well."""

from collections.abc import Callable
from pathlib import Path

import pytest

from common.clock import Clock
from common.config import Loaded, load
from common.finding import Finding
from services.cli.__main__ import run
from services.cli.check import _try
from services.cli.ports import free_port
from services.cli.registry import sections
from services.simulator.marstek import VENUS_E3_150, Faults, MarstekFake
from services.simulator.marstek.faults import perfect
from services.simulator.p1_meter import P1Fake
from services.simulator.physics import Battery, BatteryModel, House, Steps
from tests.brokers import Broker

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the file."""

    def written(text: str) -> Path:
        (tmp_path / "ballast.yaml").write_text(text)
        return tmp_path / "ballast.yaml"

    return written


def checked(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit status, and what is said after the line about the file."""
    status = run(["check", str(file), "--offline"])
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"✓ {file}: no mistake; sections ")
    return status, rest


def test_a_file_without_mistakes_is_0(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(
        "p1: {host: 192.168.1.20}\n"
        "udp_battery: {batteries: {garage: {host: 192.168.1.21}}}\n"
        "balancer: {order: [garage]}\n"
    )
    assert checked(file, capsys) == (0, [])


def test_names_that_nobody_is_about_are_told_and_1(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """It may be a third party's device, or a slip."""
    file = write("p1: {host: 192.168.1.20}\nbalancer: {order: [garrage], grid_meter: p2}\n")
    status, lines = checked(file, capsys)
    assert status == 1
    assert [line.split(":")[0] for line in lines] == ["✗ p2", "✗ garrage"]


@pytest.mark.parametrize(("section", "status"), [("{}", 1), ("{has_sun: false}", 0)])
def test_a_planner_that_waits_for_a_sun_nobody_forecasts_is_told(
    write: Write, capsys: pytest.CaptureFixture[str], section: str, status: int
) -> None:
    file = write(f"p1: {{host: 192.168.1.20}}\nforecaster: {{}}\nplanner: {section}\n")
    found, lines = checked(file, capsys)
    assert found == status
    assert ["✗ planner: waits for a forecast of the sun" in line for line in lines] == [True] * status


def test_the_planner_s_meter_must_be_one(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines = checked(write("p1: {host: 192.168.1.20}\nplanner: {grid_meter: p2}\n"), capsys)
    assert [line.split(",")[0] for line in lines] == ["✗ p2: stands in section planner"]


def test_an_empty_file_is_no_mistake(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(write("")), "--offline"]) == 0
    assert "sections none" in capsys.readouterr().out


def house(broker: Broker, folder: Path, meter: P1Fake, port: int) -> Loaded:
    settings, garage = broker.settings, f"{{host: 127.0.1.11, port: {port}, local_port: 0}}"
    (folder / "ballast.yaml").write_text(
        f"mqtt: {{host: 127.0.0.1, port: {settings.port}, protocol: {settings.protocol}}}\n"
        f"p1: {{host: {meter.host}, http_port: {meter.http_port}, api: v1}}\n"
        f"udp_battery: {{bind_host: 127.0.0.1, batteries: {{garage: {garage}}}}}\n"
    )
    return load(folder / "ballast.yaml", sections(), {})


def told(findings: list[Finding]) -> dict[str, bool]:
    return {finding.device: finding.is_well for finding in findings}


async def test_everything_that_answers_is_well(broker: Broker, clock: Clock, tmp_path: Path) -> None:
    battery = MarstekFake(Battery(BatteryModel(), 61), clock, VENUS_E3_150, perfect(), host="127.0.1.11")
    async with P1Fake(House(Steps(500.0), Steps(0.0), {}), clock) as meter, battery:
        found = await _try(house(broker, tmp_path, meter, battery.address[1]), clock, blink=False)
    assert told(found) == {"broker as ems-p1": True, "broker as ems-udp_battery": True, "p1": True, "garage": True}
    text = {finding.device: finding.text for finding in found}
    assert "500 W" in text["p1"]
    assert "charge 61 %" in text["garage"]
    assert text["broker as ems-p1"] == f"127.0.0.1:{broker.port} lets it in"


async def test_one_device_that_does_not_answer_hides_no_other(broker: Broker, clock: Clock, tmp_path: Path) -> None:
    faults = Faults(is_silent=True)
    battery = MarstekFake(Battery(BatteryModel(), 61), clock, VENUS_E3_150, faults, host="127.0.1.11")
    async with P1Fake(House(Steps(500.0), Steps(0.0), {}), clock) as meter, battery:
        found = await _try(house(broker, tmp_path, meter, battery.address[1]), clock, blink=False)
    assert told(found) == {"broker as ems-p1": True, "broker as ems-udp_battery": True, "p1": True, "garage": False}
    assert found[-1].text.endswith("Is it on, and is Open API on in the Marstek app, with this port?")


async def test_a_broker_that_is_not_there_hides_no_device(broker: Broker, clock: Clock, tmp_path: Path) -> None:
    broker.kill()
    battery = MarstekFake(Battery(BatteryModel(), 61), clock, VENUS_E3_150, perfect(), host="127.0.1.11")
    async with P1Fake(House(Steps(500.0), Steps(0.0), {}), clock) as meter, battery:
        found = await _try(house(broker, tmp_path, meter, battery.address[1]), clock, blink=False)
    assert told(found) == {"broker as ems-p1": False, "broker as ems-udp_battery": False, "p1": True, "garage": True}
    assert f"127.0.0.1:{broker.port}" in found[0].text
    assert "Look at `mqtt` in " in found[0].text


async def test_a_password_that_is_not_there_is_named(broker: Broker, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(
        f"mqtt: {{host: 127.0.0.1, port: {broker.port}, password_dir: secrets}}\nbalancer: {{order: []}}\n"
    )
    (finding,) = await _try(load(tmp_path / "ballast.yaml", sections(), {}), clock, blink=False)
    assert not finding.is_well
    assert f"{tmp_path / 'secrets' / 'ems-balancer'}" in finding.text
    assert "ballast setup" in finding.text


def test_the_command_says_all_of_it_and_is_1(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    file = write(f"mqtt: {{host: 127.0.0.1, port: {port}}}\nbalancer: {{order: []}}\n")
    assert run(["check", "--config", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith(f"✗ broker as ems-balancer: 127.0.0.1:{port} ")

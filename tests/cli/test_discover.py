"""`ballast discover`: what is found can be pasted, loads, and says what it is; whatever devices call themselves."""

import argparse
from pathlib import Path

import pytest

from common.clock import Clock
from common.config import Loaded, load
from common.homewizard.announcement import Found as HomeWizard
from services.cli.__main__ import run
from services.cli.discover import _marstek, arguments, page
from services.cli.registry import sections
from services.p1.config import Config as P1
from services.simulator.marstek import VENUS_A_147, VENUS_E3_150, MarstekFake
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from services.udp_battery.config import Config as Batteries
from services.udp_battery.discovery import Found as Marstek

OTHER = "02005e10c0d1"


def dongle(name: str = "P1 meter", kind: str = "HWE-P1", serial: str = "3c39e7aabbcc") -> HomeWizard:
    return HomeWizard(
        serial=serial,
        product_type=kind,
        name=name,
        host="192.168.1.20",
        generations=(1, 2),
        v1_enabled=True,
        http_port=80,
        https_port=443,
    )


def battery(model: str = "VenusE 3.0", port: int = 30000, mac: str | None = None, last: int = 21) -> Marstek:
    return Marstek(f"192.168.1.{last}", port, model, 150, mac)


def loaded(lines: list[str], folder: Path) -> Loaded:
    """What is pasted, as our services read it."""
    (folder / "ballast.yaml").write_text("\n".join(lines) + "\n")
    return load(folder / "ballast.yaml", sections(), {})


def batteries(pasted: Loaded) -> Batteries:
    return pasted.section("udp_battery", Batteries)


def test_what_is_printed_loads_and_is_what_was_found(tmp_path: Path) -> None:
    pasted = loaded(page([dongle()], [battery(mac="02005e10c0d0"), battery("VenusA", 30001)]), tmp_path)
    meter = pasted.section("p1", P1)
    assert (meter.host, meter.serial) == ("192.168.1.20", "3c39e7aabbcc")
    assert batteries(pasted).batteries.keys() == {"venuse_3_0_1", "venusa_2"}
    first, second = batteries(pasted).batteries.values()
    assert (first.host, first.port, first.mac) == ("192.168.1.21", 30000, "02005e10c0d0")
    assert (second.port, second.mac) == (30001, None)


def test_a_second_meter_is_a_remark_because_a_file_has_one_section_for_it(tmp_path: Path) -> None:
    lines = page([dongle(), dongle("Upstairs", serial="3c39e7000000")], [])
    assert loaded(lines, tmp_path).section("p1", P1).serial == "3c39e7aabbcc"
    assert "# HWE-P1 Upstairs at 192.168.1.20, serial 3c39e7000000: not used yet" in lines


def test_what_cannot_be_used_yet_is_a_remark(tmp_path: Path) -> None:
    lines = page([dongle("Boiler", "HWE-DISP")], [])
    assert lines == ["# HWE-DISP Boiler at 192.168.1.20, serial 3c39e7aabbcc: not used yet"]
    assert loaded(lines, tmp_path).sections == {}


@pytest.mark.parametrize(
    "name", ["meter\nmqtt: {host: evil}", "a: b # c", "\u2028mqtt: 5", "\x07\x1b[31m", "", "Zähler im Keller 🔌"]
)
def test_a_name_is_never_more_than_a_remark(name: str, tmp_path: Path) -> None:
    pasted = loaded(page([dongle(name), dongle(name, "HWE-DISP")], [battery(name), battery(name, last=22)]), tmp_path)
    assert pasted.mqtt.host == "localhost"
    assert pasted.sections.keys() == {"p1", "udp_battery"}
    assert len(batteries(pasted).batteries) == 2


def test_long_models_have_names_of_their_own(tmp_path: Path) -> None:
    pasted = loaded(page([], [battery("Venus" * 20), battery("Venus" * 20, last=22)]), tmp_path)
    assert len(batteries(pasted).batteries) == 2


async def test_batteries_that_answer_are_printed(clock: Clock, tmp_path: Path) -> None:
    cells = [Battery(BatteryModel(), 50) for _ in range(2)]
    async with MarstekFake(cells[0], clock, VENUS_E3_150, perfect(), host="127.0.1.11") as first:
        port = first.address[1]
        async with MarstekFake(cells[1], clock, VENUS_A_147, perfect(), host="127.0.1.12", port=port, mac=OTHER):
            words = ["--port", f"{port}", "--bind", "127.0.0.1", "--broadcast", "127.0.1.11", "127.0.1.12"]
            parser = argparse.ArgumentParser()
            arguments(parser)
            found = await _marstek(clock, parser.parse_args(words))
    pasted = loaded(page([], found), tmp_path)
    assert [one.host for one in batteries(pasted).batteries.values()] == ["127.0.1.11", "127.0.1.12"]
    assert {one.port for one in batteries(pasted).batteries.values()} == {port}


def test_the_words_of_the_command_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["discover", "--port", "many"])
    assert ended.value.code == 2
    assert "invalid int value" in capsys.readouterr().err

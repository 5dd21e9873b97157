"""`ballast check` tries every device, `discover` writes what to paste, `pair` knows who can be paired."""

import json
from dataclasses import replace
from pathlib import Path

import yaml

from common.config import load
from common.homewizard.announcement import Found
from services.cli.pair import Place, places
from services.cli.registry import sections
from services.homewizard.check import check
from services.homewizard.config import Config
from services.homewizard.discovery import pasted
from tests.homewizard.home import Home


async def findings(home: Home, *, blink: bool = False) -> dict[str, tuple[bool, str]]:
    """What became of trying every device of the house."""
    config = Config.model_validate_json(json.dumps(home.settings))
    found = await check(config, home.folder, home.clock, blink=blink)
    return {finding.device: (finding.is_well, finding.text) for finding in found}


async def test_every_device_is_tried_and_nothing_is_switched(home: Home) -> None:
    socket = await home.socket()
    await home.meter("roof", measures="pv")
    await home.water()
    await home.battery()
    meter = await home.group()
    found = await findings(home)
    assert all(is_well for is_well, _ in found.values()), found
    assert "HWE-SKT, firmware 4.07: off, 0 W" in found["boiler"][1]
    assert "-1500 W" in found["roof"][1]
    assert "412.345 m³" in found["water"][1]
    assert "50 %" in found["left"][1]
    assert "batteries of 1 in self_consumption" in found["home"][1]
    assert not [*socket.journal.of("written"), *meter.journal.of("written")]


async def test_devices_blink_when_asked_to_if_they_can(home: Home) -> None:
    socket, battery, meter = await home.socket(), await home.battery(), await home.meter()
    meter.faults.absent.add("/api/v1/identify")
    found = await findings(home, blink=True)
    assert socket.journal.of("request", "PUT /api/v1/identify")
    assert battery.journal.of("request", "PUT /api/system/identify")
    assert {name: "blinks" in text for name, (_, text) in found.items()} == {
        "boiler": True,
        "left": True,
        "roof": False,
    }


async def test_what_is_wrong_is_told_with_advice(home: Home) -> None:
    socket = await home.socket()
    socket.faults.api_off = True
    roof = await home.meter("roof", measures="pv")
    await roof.unplug()
    silent = await home.water()
    silent.faults.silent = True
    await home.meter("annex", api="v2")
    found = await findings(home)
    assert not any(is_well for is_well, _ in found.values())
    assert "Local API" in found["boiler"][1]
    assert "does not answer" in found["roof"][1]
    assert "no measurement within" in found["water"][1]
    assert "ballast pair homewizard annex" in found["annex"][1]


def heard(product_type: str, name: str, number: int) -> Found:
    """A device on the network."""
    generations = {"HWE-SKT": (1,), "HWE-WTR": (1,), "HWE-BAT": (2,)}.get(product_type, (1, 2))
    return Found(
        serial=f"3c39e700000{number}",
        product_type=product_type,
        name=name,
        host=f"192.168.1.3{number}",
        generations=generations,
        v1_enabled=number != 1 if 1 in generations else None,
        http_port=80,
        https_port=443,
    )


EVERYTHING = (
    heard("HWE-P1", "P1 meter", 0),
    heard("HWE-SKT", "Boiler: keuken\n# x", 1),
    heard("HWE-SKT", "Boiler: keuken", 2),
    heard("HWE-KWH3", "", 3),
    heard("HWE-WTR", "Watermeter", 4),
    heard("HWE-BAT", "Kelder links", 5),
    heard("HWE-DSP", "Display", 6),
)


def test_what_was_heard_can_be_pasted() -> None:
    text = "\n".join(pasted(EVERYTHING))
    section = yaml.safe_load(text)["homewizard"]
    config = Config.model_validate_json(json.dumps(section))
    assert list(config.sockets) == ["boiler_keuken_x", "boiler_keuken"]
    assert list(config.meters) == ["meters"]
    assert config.groups["home_batteries"].members == ("kelder_links",)
    assert config.groups["home_batteries"].paired_as == "p1"
    assert text.count("switch its Local API on") == 1


def test_without_a_p1_meter_a_kwh_meter_steers_the_batteries() -> None:
    section = yaml.safe_load("\n".join(pasted(EVERYTHING[1:])))["homewizard"]
    group = Config.model_validate_json(json.dumps(section)).groups["home_batteries"]
    assert (group.host, group.paired_as) == ("192.168.1.33", "meters")
    old = [replace(found, generations=(1,)) for found in EVERYTHING if found.product_type != "HWE-BAT"]
    assert "groups" not in "\n".join(pasted([*old, EVERYTHING[5]])), "a meter without v2 steers nobody"


def test_nothing_heard_is_nothing_to_paste() -> None:
    assert pasted(()) == []
    assert pasted((EVERYTHING[0], EVERYTHING[-1])) == []


def test_who_speaks_v2_can_be_paired(tmp_path: Path) -> None:
    path = tmp_path / "ballast.yaml"
    path.write_text(
        "p1: {host: a}\n"
        "homewizard:\n"
        "  sockets: {boiler: {host: b}}\n"
        "  meters: {roof: {host: c, https_port: 8443}}\n"
        "  batteries: {left: {host: d, serial: aabbcc0d1e2f}}\n"
        "  groups: {home: {host: a, paired_as: p1}, annex: {host: e}}\n"
    )
    known = places(load(path, sections(), {}))
    assert known == {
        "p1": Place("a"),
        "roof": Place("c", 8443),
        "left": Place("d", 443, "aabbcc0d1e2f"),
        "annex": Place("e"),
    }

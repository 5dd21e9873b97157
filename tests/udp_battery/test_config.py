"""What an owner may write, and what they are told when it is wrong."""

from pathlib import Path

import pytest

from common.config import load
from common.errors import ConfigError
from services.udp_battery.__main__ import SERVICE
from services.udp_battery.config import BatterySettings, Config


def read(folder: Path, text: str) -> Config:
    file = folder / "ballast.yaml"
    file.write_text(text)
    return load(file, {SERVICE.name: Config}, {}).section(SERVICE.name, Config)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return str(caught.value)


ONE = "udp_battery:\n  batteries:\n    garage:\n      host: 192.168.1.21\n"


def test_an_address_is_enough(tmp_path: Path) -> None:
    garage = read(tmp_path, ONE).batteries["garage"]
    assert (garage.port, garage.max_discharge_w, garage.max_charge_w) == (30000, 800, 2500)
    assert (garage.on_stop, garage.safe_state, garage.local_port, garage.mac) == (
        "auto", "self_consumption", "own", None,
    )  # fmt: skip


def test_without_a_section_there_are_no_batteries(tmp_path: Path) -> None:
    assert read(tmp_path, "site:\n  timezone: Europe/Paris\n").batteries == {}


@pytest.mark.parametrize("mac", ["02:00:5e:10:C0:DE", "02-00-5E-10-c0-de", "02005e10c0de"])
def test_a_mac_may_be_written_in_any_way(tmp_path: Path, mac: str) -> None:
    assert read(tmp_path, f'{ONE}      mac: "{mac}"\n').batteries["garage"].mac == "02005e10c0de"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mac: 02:00", "a MAC address has 12 digits"),
        ("max_discharge_w: 5000", "less than or equal to 2500"),
        ("max_discharg_w: 800", "did you mean 'max_discharge_w'?"),
        ("poll_s: 1", "greater than or equal to 5"),
        ("on_stop: off", "for example `on_stop: auto`"),
        ("local_port: 1234", "for example `local_port: own`"),
        ("reserve_soc_pct: 60\n      ceiling_soc_pct: 50", "reserve_soc_pct must be below ceiling_soc_pct"),
    ],
)
def test_a_mistake_names_its_place_and_what_is_right(tmp_path: Path, line: str, said: str) -> None:
    complained = complaint(tmp_path, f"{ONE}      {line}\n")
    assert "udp_battery.batteries.garage" in complained
    assert said in complained


def test_two_batteries_cannot_live_at_one_place(tmp_path: Path) -> None:
    assert "garage and shed have the same host and port" in complaint(
        tmp_path, f"{ONE}    shed:\n      host: 192.168.1.21\n"
    )


def test_batteries_share_a_socket_by_their_port() -> None:
    here = {"host": "192.168.1.21", "port": 30000}
    batteries = {
        "garage": BatterySettings.model_validate(here),
        "shed": BatterySettings.model_validate({**here, "host": "192.168.1.22"}),
        "attic": BatterySettings.model_validate({**here, "host": "192.168.1.23", "port": 30004}),
        "cellar": BatterySettings.model_validate({**here, "host": "192.168.1.24", "local_port": 0}),
    }
    grouped = Config(batteries=batteries).by_local_port()
    assert {number: list(group) for number, group in grouped.items()} == {
        30000: ["garage", "shed"],
        30004: ["attic"],
        0: ["cellar"],
    }


def test_every_setting_shows_an_example() -> None:
    for model in (BatterySettings, Config):
        missing = [name for name, field in model.model_fields.items() if not field.examples]
        assert not missing

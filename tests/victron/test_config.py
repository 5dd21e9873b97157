"""What an owner may write, and what they are told when it is wrong."""

from pathlib import Path

import pytest

from common.config import load
from common.errors import ConfigError
from services.victron.config import Config


def written(folder: Path, yaml: str) -> Config:
    """A section as an owner writes it."""
    (folder / "ballast.yaml").write_text(f"victron:\n  systems:\n{yaml}\n")
    return load(folder / "ballast.yaml", {"victron": Config}, {}).section("victron", Config)


@pytest.mark.parametrize(
    ("extra", "door"), [("", 8883), (", security: plain", 1883), (", port: 8884", 8884)], ids=["tls", "plain", "own"]
)
def test_the_port_follows_from_the_security(tmp_path: Path, extra: str, door: int) -> None:
    assert written(tmp_path, f"    attic: {{host: gx{extra}}}").systems["attic"].door == door


def test_all_its_devices_are_owned_and_those_that_take_orders_are_known(tmp_path: Path) -> None:
    config = written(tmp_path, "    attic: {host: gx, meter: house, pv: roof, relays: {backup: {number: 2}}}")
    assert {(owned.kind, owned.id, owned.takes_orders) for owned in config.owned()} == {
        ("battery", "attic", True),
        ("meter", "house", False),
        ("pv", "roof", False),
        ("switch", "backup", True),
    }


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        ("    attic: {host: gx, relays: {a: {number: 1}, b: {number: 1}}}", "relay 1 has two names"),
        ("    attic: {host: gx}\n    cellar: {host: gx}", "two systems are at gx:8883"),
        ("    attic: {host: gx, meter: attic}", "two devices are called attic"),
        ("    attic: {host: gx, relays: {a: {number: 3}}}", "1 or 2"),
        ("    attic: {host: gx, flash_writes_per_day: 2}", "8"),
        ("    attic: {host: gx, portal: C0619AB27F32}", "c0619ab27f32"),
        ("    attic: {host: gx, min_soc: 20}", "min_soc"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(tmp_path: Path, yaml: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        written(tmp_path, yaml)
    assert told in raised.value.told()


def test_a_password_is_not_shown_with_the_settings(tmp_path: Path) -> None:
    config = written(tmp_path, "    attic: {host: gx, password: geheim}")
    assert "geheim" not in repr(config)

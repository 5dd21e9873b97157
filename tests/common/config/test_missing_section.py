"""A service whose section is missing says what it needs instead of failing somewhere inside."""

from pathlib import Path

import pytest
from pydantic import Field

from common.config import ServiceSettings, load
from common.errors import ConfigError


class Needy(ServiceSettings):
    """Cannot do without an address."""

    host: str = Field(examples=["192.168.1.20"])


def test_a_missing_section_with_a_needed_setting_is_named_with_an_example(tmp_path: Path) -> None:
    file = tmp_path / "ballast.yaml"
    file.write_text("mqtt:\n  host: broker\n")
    loaded = load(file, {"p1": Needy}, {})
    with pytest.raises(ConfigError, match=r"p1: is missing; it needs at least `host: 192\.168\.1\.20`"):
        loaded.section("p1", Needy)


def test_a_missing_section_without_needs_has_its_defaults(tmp_path: Path) -> None:
    file = tmp_path / "ballast.yaml"
    file.write_text("")
    assert load(file, {"p1": ServiceSettings}, {}).section("p1", ServiceSettings) == ServiceSettings()

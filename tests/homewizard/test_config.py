"""What an owner may write, and what is told about slips."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from common.config import Owned, load
from services.homewizard.config import Config


def config(**parts: Any) -> Config:  # as an owner writes them
    """A section."""
    return Config.model_validate(parts)


def test_a_host_is_enough() -> None:
    section = config(sockets={"boiler": {"host": "a"}}, water={"water": {"host": "b"}})
    boiler = section.sockets["boiler"]
    assert (boiler.safe_state, boiler.max_on_s, boiler.by_hand, boiler.poll_s) == ("off", None, "respect", 5)
    assert section.water["water"].poll_s == 15


def test_every_device_has_its_place_in_the_tree() -> None:
    section = config(
        sockets={"boiler": {"host": "a"}},
        meters={
            "roof": {"host": "b", "measures": "pv"},
            "pump": {"host": "c", "measures": "load"},
            "annex": {"host": "d"},
        },
        water={"water": {"host": "e"}},
        batteries={"left": {"host": "f"}},
        groups={"home": {"host": "g", "members": ("left",)}},
    )
    assert section.owned() == (
        Owned("switch", "boiler", takes_orders=True),
        Owned("pv", "roof"),
        Owned("load", "pump"),
        Owned("meter", "annex"),
        Owned("meter", "water"),
        Owned("battery", "left"),
        Owned("battery", "home", takes_orders=True),
    )
    assert (section.group_of("left"), section.group_of("boiler")) == ("home", None)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"sockets": {"a": {"host": "x"}, "b": {"host": "x"}}}, "same host and port"),
        ({"sockets": {"a": {"host": "x"}}, "meters": {"a": {"host": "y"}}}, "two devices are called a"),
        ({"groups": {"home": {"host": "x", "members": ("left",)}}}, "not one of the batteries"),
        (
            {
                "batteries": {"left": {"host": "x"}},
                "groups": {"a": {"host": "y", "members": ("left",)}, "b": {"host": "z", "members": ("left",)}},
            },
            "in two groups",
        ),
        ({"sockets": {"a": {"host": "x", "poll_s": 0.2}}}, "greater than or equal to 1"),
        ({"sockets": {"a": {"host": "x", "safe_state": "idle"}}}, "'off', 'on' or 'keep'"),
        ({"sockets": {"Boiler!": {"host": "x"}}}, "should match pattern"),
        ({"sockets": {"a": {"host": "x", "max_power": 3}}}, "Extra inputs"),
    ],
)
def test_a_slip_is_told(parts: dict[str, Any], text: str) -> None:  # as an owner writes them
    with pytest.raises(ValidationError, match=text):
        config(**parts)


@pytest.mark.parametrize(("written", "meant"), [("off", "off"), ("on", "on"), ("keep", "keep"), ('"off"', "off")])
def test_a_safe_state_needs_no_quotes(tmp_path: Path, written: str, meant: str) -> None:
    """YAML takes off and on for false and true, and owners do not."""
    file = tmp_path / "ballast.yaml"
    file.write_text(f"homewizard: {{sockets: {{boiler: {{host: a, safe_state: {written}}}}}}}\n")
    section = load(file, {"homewizard": Config}, {}).section("homewizard", Config)
    assert section.sockets["boiler"].safe_state == meant


def test_a_group_may_hang_on_a_meter_that_is_read_as_well() -> None:
    config(meters={"annex": {"host": "x"}}, groups={"home": {"host": "x"}})

"""What an owner may write, and what is a mistake."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.cli.accounts import service_account
from services.pzem.bridge import curve
from services.pzem.config import Config, DimmerSettings
from services.pzem.curve import Curve


def section(text: str) -> Config:
    return Config.model_validate_json(text)


def test_rights_are_asked_for_the_topics_that_are_set_and_no_others() -> None:
    config = section('{"meters": {"a": {"topic": "m/A"}}, "dimmers": {"d": {"topic": "v/D", "meter": "m/D"}}}')
    spoken = {(right.access, right.topic) for right in service_account("ems", "pzem", config).rights}
    assert {right for right in spoken if not right[1].startswith(("ems/", "homeassistant/"))} == {
        ("read", "smeter/pzem"),
        ("read", "m/A"),
        ("read", "m/D"),
        ("read", "v/D"),
        ("readwrite", "v/D/cmd"),
    }


def test_at_another_broker_no_rights_are_ours_to_give() -> None:
    assert section('{"broker": {"host": "b"}, "meters": {"a": {"topic": "m/A"}}}').spoken() == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"meters": {"a": {"topic": "m/+"}}}',
        '{"meters": {"a": {"topic": ""}}}',
        '{"meters": {"a": {"topic": "m"}}, "dimmers": {"a": {"topic": "v"}}}',
        '{"dimmers": {"a": {"topic": "v"}, "b": {"topic": "w", "command_topic": "v/cmd"}}}',
        '{"dimmers": {"a": {"topic": "v", "min_percent": 0}}}',
        '{"switches": {"a": {"topic": "v", "power_w": 0}}}',
        '{"grid": {"a": {"consumption": "m/A"}}}',
        '{"grids": {}}',
    ],
)
def test_mistakes_are_found(text: str) -> None:
    with pytest.raises(ValidationError):
        section(text)


def test_yaml_takes_on_and_off_for_true_and_false() -> None:
    load = section('{"switches": {"a": {"topic": "v", "on": true, "off": false}}}').switches["a"]
    assert (load.on, load.off) == ("on", "off")


@pytest.mark.parametrize("text", [None, "", "25;x\n", "25;100\n50;200\n"])
def test_a_curve_that_cannot_be_used_is_told_and_theory_used(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "curve.csv"
    if text is not None:
        file.write_text(text)
    found, why = curve(DimmerSettings(topic="v", curves=(file,), max_power_w=2000))
    assert found == Curve.of_theory(2000)
    assert why

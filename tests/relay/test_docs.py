"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

import re
from pathlib import Path

import pytest

from common.config import ServiceSettings, load
from services.domoticz.config import Config as DomoticzConfig
from services.domoticz.config import Push, Take
from services.relay.config import CarSettings, Config, MeterSettings, RequestSettings
from services.relay.switches import (
    EspHomeSettings,
    PlainSettings,
    ShellyGen1Settings,
    ShellyGen2Settings,
    TasmotaSettings,
    ZigbeeSettings,
)

ROOT = Path(__file__).parents[2]
FAMILIES = (TasmotaSettings, ShellyGen1Settings, ShellyGen2Settings, ZigbeeSettings, EspHomeSettings, PlainSettings)
SECTIONS: dict[str, type[ServiceSettings]] = {"relay": Config, "domoticz": DomoticzConfig}


def chapter(title: str) -> str:
    text = (ROOT / "docs" / "devices.md").read_text()
    return text[text.index(f"## {title}") :].split("\n## ")[0]


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    table = (ROOT / "docs" / "safe-states.md").read_text().split("## Switches on MQTT")[1].split("\n## ")[0]
    named = 0
    for row in table.splitlines():
        file = ""
        for part in re.findall(r"`((?:test_\w+\.py)?::\w+)`", row):
            file = part.split("::")[0] or file
            assert f"def {part.split('::')[1]}(" in (ROOT / "tests" / "relay" / file).read_text(), part
            named += 1
    assert named >= 18


@pytest.mark.parametrize("settings", [*FAMILIES, RequestSettings, CarSettings, MeterSettings])
def test_every_setting_of_a_switch_is_described(settings: type) -> None:
    described = chapter("Switches on MQTT")
    assert not [name for name in settings.model_fields if f"`{name}`" not in described]  # type: ignore[attr-defined]  # a model


@pytest.mark.parametrize("settings", [DomoticzConfig, Push, Take])
def test_every_setting_of_domoticz_is_described(settings: type) -> None:
    described = chapter("Domoticz")
    known = set(settings.model_fields) - {"metrics_port", "push", "take"}  # type: ignore[attr-defined]  # a model
    assert not [name for name in known if f"`{name}`" not in described]


def test_every_alert_is_described() -> None:
    rooms = "\n".join(path.read_text() for path in (ROOT / "services" / "relay").glob("*.py"))
    raised = set(re.findall(r'\bsay\(\s*"(\w+)"', rooms)) | {"leftover"}
    assert len(raised) >= 5
    assert not [name for name in raised if f"| `{name}` |" not in chapter("Switches on MQTT")]


@pytest.mark.parametrize(("title", "section"), [("Switches on MQTT", "relay"), ("Domoticz", "domoticz")])
def test_the_configuration_shown_is_valid(tmp_path: Path, title: str, section: str) -> None:
    (tmp_path / "ballast.yaml").write_text(chapter(title).split("```yaml\n")[1].split("```")[0])
    assert section in load(tmp_path / "ballast.yaml", SECTIONS, {}).sections


@pytest.mark.parametrize("section", ["relay", "domoticz"])
def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path, section: str) -> None:
    example = (ROOT / "ballast.example.yaml").read_text()
    part = example[example.index(f"# {section}:") :].split("\n\n")[0]
    (tmp_path / "ballast.yaml").write_text("\n".join(line.removeprefix("# ") for line in part.splitlines()))
    assert section in load(tmp_path / "ballast.yaml", SECTIONS, {}).sections

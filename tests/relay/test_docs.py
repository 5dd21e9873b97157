"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

from pathlib import Path

import pytest

from common.config import ServiceSettings, Settings, load
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
from tests.documents import chapter, example, missing_proofs, raised_alerts, shown_configuration

CHAPTER = "Switches on MQTT"
FAMILIES = (TasmotaSettings, ShellyGen1Settings, ShellyGen2Settings, ZigbeeSettings, EspHomeSettings, PlainSettings)
SECTIONS: dict[str, type[ServiceSettings]] = {"relay": Config, "domoticz": DomoticzConfig}


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    missing, named = missing_proofs(CHAPTER, "relay")
    assert not missing
    assert named >= 18


@pytest.mark.parametrize("settings", [*FAMILIES, RequestSettings, CarSettings, MeterSettings])
def test_every_setting_of_a_switch_is_described(settings: type[Settings]) -> None:
    assert not [name for name in settings.model_fields if f"`{name}`" not in chapter(CHAPTER)]


@pytest.mark.parametrize("settings", [DomoticzConfig, Push, Take])
def test_every_setting_of_domoticz_is_described(settings: type[Settings]) -> None:
    known = set(settings.model_fields) - {"metrics_port", "push", "take"}
    assert not [name for name in known if f"`{name}`" not in chapter("Domoticz")]


def test_every_alert_is_described() -> None:
    raised = raised_alerts("relay")
    assert len(raised) >= 6
    assert not [name for name in raised if f"| `{name}` |" not in chapter(CHAPTER)]


@pytest.mark.parametrize(("title", "section"), [(CHAPTER, "relay"), ("Domoticz", "domoticz")])
def test_the_configuration_shown_is_valid(tmp_path: Path, title: str, section: str) -> None:
    (tmp_path / "ballast.yaml").write_text(shown_configuration(title))
    assert section in load(tmp_path / "ballast.yaml", SECTIONS, {}).sections


@pytest.mark.parametrize("section", ["relay", "domoticz"])
def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path, section: str) -> None:
    (tmp_path / "ballast.yaml").write_text(example(section))
    assert section in load(tmp_path / "ballast.yaml", SECTIONS, {}).sections

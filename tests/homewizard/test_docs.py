"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

from pathlib import Path

import pytest

from common.config import Settings, load
from services.homewizard.config import (
    BatterySettings,
    Config,
    GroupSettings,
    MeterSettings,
    SocketSettings,
    WaterSettings,
)
from tests.documents import chapter, example, missing_proofs, raised_alerts, shown_configuration

CHAPTER = "HomeWizard sockets"


@pytest.mark.parametrize(("title", "least"), [(CHAPTER, 18), ("HomeWizard Plug-In Batteries", 12)])
def test_every_test_named_in_the_tables_of_safe_states_exists(title: str, least: int) -> None:
    missing, named = missing_proofs(title, "homewizard")
    assert not missing
    assert named >= least


@pytest.mark.parametrize("settings", [SocketSettings, MeterSettings, WaterSettings, BatterySettings, GroupSettings])
def test_every_setting_is_described(settings: type[Settings]) -> None:
    assert not [name for name in settings.model_fields if f"`{name}`" not in chapter(CHAPTER)]


def test_every_alert_is_described() -> None:
    raised = raised_alerts("homewizard")
    assert len(raised) >= 12
    assert not [name for name in raised if f"| `{name}` |" not in chapter(CHAPTER)]


@pytest.mark.promise("2.10-19")
def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(shown_configuration(CHAPTER))
    config = load(tmp_path / "ballast.yaml", {"homewizard": Config}, {}).section("homewizard", Config)
    assert config.sockets["water_heater"].safe_state == "off"
    assert config.groups["home_batteries"].members == ("cellar_left",)


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(example("homewizard"))
    config = load(tmp_path / "ballast.yaml", {"homewizard": Config}, {}).section("homewizard", Config)
    assert len(list(config.devices())) == 5

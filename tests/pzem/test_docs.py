"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

from pathlib import Path

import pytest

from common.config import Settings, load
from services.pzem.config import Config, DimmerSettings, GridSettings, MeterSettings, SwitchSettings
from tests.documents import chapter, example, missing_proofs, raised_alerts, shown_configuration

CHAPTER = "PZEM meters"


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    missing, named = missing_proofs("Dimmers and switched loads", "pzem")
    assert not missing
    assert named >= 18


@pytest.mark.parametrize("settings", [MeterSettings, GridSettings, DimmerSettings, SwitchSettings])
def test_every_setting_is_described(settings: type[Settings]) -> None:
    assert not [name for name in settings.model_fields if f"`{name}`" not in chapter(CHAPTER)]


def test_every_alert_is_described() -> None:
    raised = raised_alerts("pzem")
    assert raised == {"silent", "gone", "stuck", "stranger", "curve"}
    assert not [name for name in raised if f"| `{name}` |" not in chapter(CHAPTER)]


@pytest.mark.promise("3.10-21")
def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(shown_configuration(CHAPTER))
    config = load(tmp_path / "ballast.yaml", {"pzem": Config}, {}).section("pzem", Config)
    assert [owned.kind for owned in config.owned()] == ["pv", "meter", "load", "switch", "switch"]
    assert config.switches["towel_rail"].power_w is None


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(example("pzem"))
    config = load(tmp_path / "ballast.yaml", {"pzem": Config}, {}).section("pzem", Config)
    assert len(config.owned()) == 4

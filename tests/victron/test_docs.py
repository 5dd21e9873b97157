"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

from pathlib import Path

import pytest

from common.config import Settings, load
from common.switching import SwitchedSettings
from services.victron.config import Config, RelaySettings, SystemSettings
from tests.documents import chapter, example, missing_proofs, raised_alerts, shown_configuration

CHAPTER = "Victron"
ENVIRONMENT = {"GX_PASSWORD": "geheim"}


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    missing, named = missing_proofs(CHAPTER, "victron")
    assert not missing
    assert named >= 20


@pytest.mark.parametrize("settings", [SystemSettings, RelaySettings, SwitchedSettings])
def test_every_setting_is_described(settings: type[Settings]) -> None:
    assert not [name for name in settings.model_fields if f"`{name}`" not in chapter(CHAPTER)]


def test_every_alert_is_described() -> None:
    table, raised = chapter(CHAPTER), raised_alerts("victron")
    assert len(raised) >= 15
    assert not [name for name in raised if f"`{name}`" not in table]


def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(shown_configuration(CHAPTER))
    assert "victron" in load(tmp_path / "ballast.yaml", {"victron": Config}, ENVIRONMENT).sections


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(example("victron"))
    assert "victron" in load(tmp_path / "ballast.yaml", {"victron": Config}, ENVIRONMENT).sections

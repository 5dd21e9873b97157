"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

import re
from pathlib import Path

import pytest

from common.config import load
from services.tempo.config import (
    CapacitySettings,
    Config,
    EcoDeviceSettings,
    ExportSettings,
    OfficialSettings,
    Sources,
    TicSettings,
)
from services.tempo.contracts import (
    DynamicContract,
    FlatContract,
    FlatPrice,
    FormulaSettings,
    HpHcContract,
    HpHcPrice,
    TempoContract,
    TempoPrice,
)
from services.tempo.exchange import DayAheadSettings
from tests.documents import ROOT, chapter, example, missing_proofs

MODELS = (
    Config, Sources, EcoDeviceSettings, TicSettings, OfficialSettings, ExportSettings, CapacitySettings, FlatContract,
    FlatPrice, HpHcContract, HpHcPrice, TempoContract, TempoPrice, DynamicContract, DayAheadSettings, FormulaSettings,
)  # fmt: skip


CHAPTER = chapter("Prices: ")


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    missing, named = missing_proofs("What energy costs", "tempo")
    assert not missing
    assert named >= 10


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_is_described(model: type) -> None:
    described = re.sub(r"[`.:]", " ", CHAPTER)
    known = set(model.model_fields) - {"metrics_port"}  # type: ignore[attr-defined]  # a model
    assert not [name for name in known if not re.search(rf"\b{name}\b", described)]


def test_every_alert_is_described() -> None:
    raised = set(re.findall(r'\b(?:say|set)\(\s*"(\w+)"', (ROOT / "services" / "tempo" / "alarms.py").read_text()))
    assert len(raised) >= 5
    assert not [name for name in raised if f"| `{name}` |" not in CHAPTER]


@pytest.mark.parametrize("number", range(4))
def test_the_configuration_shown_is_valid(tmp_path: Path, number: int) -> None:
    (tmp_path / "ballast.yaml").write_text(CHAPTER.split("```yaml\n")[number + 1].split("```")[0])
    assert "tempo" in load(tmp_path / "ballast.yaml", {"tempo": Config}, {}).sections


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(example("tempo").replace("    # tic:", "    tic:"))
    section = load(tmp_path / "ballast.yaml", {"tempo": Config}, {}).section("tempo", Config)
    assert section.sources.names() == ("ecodevice", "tic", "rte", "api_couleur_tempo")

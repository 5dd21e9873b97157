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

ROOT = Path(__file__).parents[2]
MODELS = (
    Config, Sources, EcoDeviceSettings, TicSettings, OfficialSettings, ExportSettings, CapacitySettings, FlatContract,
    FlatPrice, HpHcContract, HpHcPrice, TempoContract, TempoPrice, DynamicContract, DayAheadSettings, FormulaSettings,
)  # fmt: skip


def chapter() -> str:
    text = (ROOT / "docs" / "devices.md").read_text()
    return text[text.index("## Prices") :].split("\n## ")[0]


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    table = (ROOT / "docs" / "safe-states.md").read_text().split("## What energy costs")[1].split("\n## ")[0]
    named = 0
    for row in table.splitlines():
        file = ""
        for part in re.findall(r"`((?:test_\w+\.py)?::\w+)`", row):
            file = part.split("::")[0] or file
            assert f"def {part.split('::')[1]}(" in (ROOT / "tests" / "tempo" / file).read_text(), part
            named += 1
    assert named >= 10


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_is_described(model: type) -> None:
    described = re.sub(r"[`.:]", " ", chapter())
    known = set(model.model_fields) - {"metrics_port"}  # type: ignore[attr-defined]  # a model
    assert not [name for name in known if not re.search(rf"\b{name}\b", described)]


def test_every_alert_is_described() -> None:
    raised = set(re.findall(r'\b(?:say|set)\(\s*"(\w+)"', (ROOT / "services" / "tempo" / "alarms.py").read_text()))
    assert len(raised) >= 5
    assert not [name for name in raised if f"| `{name}` |" not in chapter()]


@pytest.mark.parametrize("number", range(4))
def test_the_configuration_shown_is_valid(tmp_path: Path, number: int) -> None:
    (tmp_path / "ballast.yaml").write_text(chapter().split("```yaml\n")[number + 1].split("```")[0])
    assert "tempo" in load(tmp_path / "ballast.yaml", {"tempo": Config}, {}).sections


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    example = (ROOT / "ballast.example.yaml").read_text()
    part = example[example.index("# tempo:") :].split("\n\n")[0]
    text = "\n".join(line.removeprefix("# ") for line in part.splitlines())
    (tmp_path / "ballast.yaml").write_text(text.replace("    # tic:", "    tic:"))
    section = load(tmp_path / "ballast.yaml", {"tempo": Config}, {}).section("tempo", Config)
    assert section.sources.names() == ("ecodevice", "tic", "rte", "api_couleur_tempo")

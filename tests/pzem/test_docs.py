"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

import re
from pathlib import Path

import pytest

from common.config import load
from services.pzem.config import Config, DimmerSettings, GridSettings, MeterSettings, SwitchSettings

ROOT = Path(__file__).parents[2]


def section() -> str:
    text = (ROOT / "docs" / "devices.md").read_text()
    return text[text.index("## PZEM meters") :].split("\n## ")[0]


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    table = (ROOT / "docs" / "safe-states.md").read_text().split("## Dimmers and switched loads")[1].split("\n## ")[0]
    named = re.findall(r"`(test_\w+\.py)::(\w+)`", table)
    assert len(named) >= 18
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / "pzem" / file).read_text(), test


@pytest.mark.parametrize("settings", [MeterSettings, GridSettings, DimmerSettings, SwitchSettings])
def test_every_setting_is_described(settings: type) -> None:
    described = section()
    assert not [name for name in settings.model_fields if f"`{name}`" not in described]  # type: ignore[attr-defined]  # a model


def test_every_alert_is_described() -> None:
    rooms = "\n".join(path.read_text() for path in (ROOT / "services" / "pzem").glob("*.py"))
    raised = set(re.findall(r'\balert\("(\w+)"', rooms))
    assert raised == {"silent", "gone", "stuck", "stranger", "curve"}
    assert not [name for name in raised if f"| `{name}` |" not in section()]


@pytest.mark.promise("3.10-21")
def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    shown = section().split("```yaml\n")[1].split("```")[0]
    (tmp_path / "ballast.yaml").write_text(shown)
    config = load(tmp_path / "ballast.yaml", {"pzem": Config}, {}).section("pzem", Config)
    assert [owned.kind for owned in config.owned()] == ["pv", "meter", "load", "switch", "switch"]
    assert config.switches["towel_rail"].power_w is None


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    example = (ROOT / "ballast.example.yaml").read_text()
    part = example[example.index("# pzem:") :].split("\n\n")[0]
    (tmp_path / "ballast.yaml").write_text("\n".join(line.removeprefix("# ") for line in part.splitlines()))
    config = load(tmp_path / "ballast.yaml", {"pzem": Config}, {}).section("pzem", Config)
    assert len(config.owned()) == 4

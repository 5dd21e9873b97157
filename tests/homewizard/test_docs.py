"""What the documents promise is there: the tests they name, the settings they list, the alerts, the YAML they show."""

import re
from pathlib import Path

import pytest

from common.config import load
from services.homewizard.config import (
    BatterySettings,
    Config,
    GroupSettings,
    MeterSettings,
    SocketSettings,
    WaterSettings,
)

ROOT = Path(__file__).parents[2]
ROOMS = ROOT / "services" / "homewizard"


def section() -> str:
    text = (ROOT / "docs" / "devices.md").read_text()
    return text[text.index("## HomeWizard sockets") :].split("\n## ")[0]


@pytest.mark.parametrize(("title", "least"), [("HomeWizard sockets", 18), ("HomeWizard Plug-In Batteries", 12)])
def test_every_test_named_in_the_tables_of_safe_states_exists(title: str, least: int) -> None:
    table = (ROOT / "docs" / "safe-states.md").read_text().split(f"## {title}")[1].split("\n## ")[0]
    named = 0
    for row in table.splitlines():
        file = ""
        for part in re.findall(r"`((?:test_\w+\.py)?::\w+)`", row):
            file = part.split("::")[0] or file
            assert f"def {part.split('::')[1]}(" in (ROOT / "tests" / "homewizard" / file).read_text(), part
            named += 1
    assert named >= least


@pytest.mark.parametrize("settings", [SocketSettings, MeterSettings, WaterSettings, BatterySettings, GroupSettings])
def test_every_setting_is_described(settings: type) -> None:
    described = section()
    assert not [name for name in settings.model_fields if f"`{name}`" not in described]  # type: ignore[attr-defined]  # a model


def test_every_alert_is_described() -> None:
    rooms = "\n".join(path.read_text() for path in ROOMS.glob("*.py"))
    raised = set(re.findall(r'(?:\bsay|report\.say)\(\s*"(\w+)"', rooms))
    raised |= set(re.findall(r'_Kind\(\w+, "(\w+)"', rooms))
    assert len(raised) >= 12
    described = section()
    assert not [name for name in raised if f"| `{name}` |" not in described]


@pytest.mark.promise("2.10-19")
def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    shown = section().split("```yaml\n")[1].split("```")[0]
    (tmp_path / "ballast.yaml").write_text(shown)
    config = load(tmp_path / "ballast.yaml", {"homewizard": Config}, {}).section("homewizard", Config)
    assert config.sockets["water_heater"].safe_state == "off"
    assert config.groups["home_batteries"].members == ("cellar_left",)


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    example = (ROOT / "ballast.example.yaml").read_text()
    part = example[example.index("# homewizard:") :].split("\n\n")[0]
    (tmp_path / "ballast.yaml").write_text("\n".join(line.removeprefix("# ") for line in part.splitlines()))
    config = load(tmp_path / "ballast.yaml", {"homewizard": Config}, {}).section("homewizard", Config)
    assert len(list(config.devices())) == 5

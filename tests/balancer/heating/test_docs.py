"""What the page about radiators shows and lists is what there is."""

import re
from pathlib import Path

import pytest

from common.config import ServiceSettings, load
from services.balancer.config import Config
from services.balancer.groups import Budget, GroupLimit, Member, RotationGroup
from services.relay.config import Config as RelayConfig

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "radiators.md").read_text()
SECTIONS: dict[str, type[ServiceSettings]] = {"balancer": Config, "relay": RelayConfig}


@pytest.mark.parametrize("settings", [Member, Budget, GroupLimit, RotationGroup])
def test_every_setting_is_described(settings: type) -> None:
    known = set(settings.model_fields) - {"kind", "members", "limit"}  # type: ignore[attr-defined]  # a model
    assert not [name for name in known if f"`{name}`" not in PAGE]


@pytest.mark.parametrize("shown", PAGE.split("```yaml\n")[1:])
def test_the_configuration_shown_is_valid(tmp_path: Path, shown: str) -> None:
    (tmp_path / "ballast.yaml").write_text(shown.split("```", maxsplit=1)[0])
    load(tmp_path / "ballast.yaml", SECTIONS, {})


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    example = (ROOT / "ballast.example.yaml").read_text().split("and under groups:\n")[1]
    group = "\n".join(line.removeprefix("#") for line in example.splitlines())
    (tmp_path / "ballast.yaml").write_text(f"balancer:\n  order: [radiators]\n  groups:\n{group}\n")
    config = load(tmp_path / "ballast.yaml", SECTIONS, {}).section("balancer", Config)
    assert config.rotated() == ("office", "bath")


def test_every_alert_is_described() -> None:
    code = (ROOT / "services" / "balancer" / "heat_alarms.py").read_text()
    raised = set(re.findall(r'found\[f"(\w+)_\{', code))
    assert len(raised) == 4
    assert not [name for name in raised if f"| `{name}_<" not in PAGE]


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    table = (ROOT / "docs" / "safe-states.md").read_text().split("## Radiators that take turns")[1]
    for row in table.splitlines():
        file = ""
        for part in re.findall(r"`((?:[\w/]+\.py)?::\w+)`", row):
            file = part.split("::")[0] or file
            folder = ROOT if "/" in file else ROOT / "tests" / "balancer" / "heating"
            assert f"def {part.split('::')[1]}(" in (folder / file).read_text(), part

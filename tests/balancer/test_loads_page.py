"""What docs/loads.md says is there: every setting, every alert, every metric, and the YAML it shows."""

import re
from pathlib import Path

import pytest

from common.config import load
from services.balancer.config import LOAD_KEYS, Config
from services.balancer.water_settings import HotWater, SeasonSettings
from services.balancer.wishes import PARSERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "loads.md").read_text()


@pytest.mark.parametrize("key", [*sorted(LOAD_KEYS), *HotWater.model_fields, *SeasonSettings.model_fields])
def test_every_setting_of_a_load_is_described(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("key", ["margin_w", "band_w", "decide_every_s"])
def test_the_defaults_are_those_of_the_page(key: str) -> None:
    assert f"| `{key}` | {Config.model_fields[key].default:g} |" in PAGE


@pytest.mark.parametrize("setting", [name for name in PARSERS if name.startswith(("force", "hot_water"))])
def test_every_wish_about_loads_is_described(setting: str) -> None:
    assert f"| `{setting}/<load>` |" in PAGE


def test_every_alert_about_loads_is_described() -> None:
    raised = set(
        re.findall(r'yield f"(\w+)_\{name\}"', (ROOT / "services" / "balancer" / "load_alarms.py").read_text())
    )
    assert len(raised) >= 4
    assert not [name for name in raised if f"| `{name}` |" not in PAGE]


def test_every_metric_of_loads_is_named() -> None:
    declared = set(re.findall(r'"(ems_load_\w+)"', (ROOT / "common" / "metrics.py").read_text()))
    assert len(declared) >= 4
    assert not [name for name in declared if f"`{name}`" not in PAGE]


def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(PAGE.split("```yaml\n")[1].split("```")[0])
    shown = load(tmp_path / "ballast.yaml", {"balancer": Config}, {}).sections["balancer"]
    assert isinstance(shown, Config)
    assert shown.water_heaters() == ("water_heater",)

"""The page about forecasts says what is so."""

import json
import re
from pathlib import Path

import yaml

from services.forecaster import care, judging
from services.forecaster.config import Config, PlaneSettings, RoofSettings
from services.forecaster.core.house_ahead import STANDARD
from services.forecaster.ledger import MOST_QUARTERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "forecast.md").read_text()


def test_its_example_is_a_configuration() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    made = Config.model_validate_json(json.dumps(yaml.safe_load(block)["forecaster"]))
    assert [len(site.planes) for site in made.plant().sites] == [2]
    assert made.measured() == {"roof_meter", "p1", "garage_battery", "water_heater"}


def test_the_example_file_holds_one_too() -> None:
    text = (ROOT / "ballast.example.yaml").read_text()
    block = re.search(r"# forecaster:\n(?:# .*\n)+", text)
    assert block is not None
    section = yaml.safe_load(re.sub(r"^# ?", "", block[0], flags=re.MULTILINE))["forecaster"]
    assert Config.model_validate_json(json.dumps(section)).is_asking


def test_every_setting_stands_in_the_table() -> None:
    table = PAGE[PAGE.index("## Settings") : PAGE.index("## When something is wrong")]
    for model in (Config, RoofSettings, PlaneSettings):
        for name in model.model_fields:
            shown = any(mark in table for mark in (f"`{name}`", f".{name}`", f"`{name}."))
            assert shown or name == "metrics_port", name


def test_every_alert_stands_in_the_table() -> None:
    raised = {"weather", "not_learning", *(f"poor_{kind}" for kind in judging.WORDS)}
    table = PAGE[PAGE.index("## When something is wrong") : PAGE.index("## How good")]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == raised
    assert f"no weather for {care.LONG_S / 3600:.0f} h" in table


def test_its_figures_are_those_of_the_code() -> None:
    assert f"{min(STANDARD):.0%}".replace("%", " %") in PAGE
    assert f"{max(STANDARD):.0%}".replace("%", " %") in PAGE
    assert f"{MOST_QUARTERS // 96} days at most" in PAGE

"""What the documents promise is there: the tests they name, the settings they list, the YAML they show."""

import re
from pathlib import Path

from common.config import load
from services.udp_battery.config import BatterySettings, Config

ROOT = Path(__file__).parents[2]
DEVICES = ROOT / "docs" / "devices.md"


def section() -> str:
    text = DEVICES.read_text()
    return text[text.index("## Marstek batteries") :].split("\n## ")[0]


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    table = (ROOT / "docs" / "safe-states.md").read_text().split("## Marstek batteries")[1].split("\n## ")[0]
    named = 0
    for row in table.splitlines():
        file = ""
        for part in re.findall(r"`((?:test_\w+\.py)?::\w+)`", row):
            file = part.split("::")[0] or file
            assert f"def {part.split('::')[1]}(" in (ROOT / "tests" / "udp_battery" / file).read_text(), part
            named += 1
    assert named >= 18


def test_every_setting_is_described() -> None:
    described = section()
    missing = [name for name in BatterySettings.model_fields if f"`{name}`" not in described]
    assert not missing


def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    shown = section().split("```yaml\n")[1].split("```")[0]
    (tmp_path / "ballast.yaml").write_text(shown)
    loaded = load(tmp_path / "ballast.yaml", {"udp_battery": Config}, {})
    assert loaded.section("udp_battery", Config).batteries["garage_battery"].reserve_soc_pct == 15

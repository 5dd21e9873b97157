"""What the documents promise is there: the tests they name, the settings they list, the YAML they show."""

from pathlib import Path

from common.config import load
from services.udp_battery.config import BatterySettings, Config
from tests.documents import chapter, missing_proofs, shown_configuration

CHAPTER = "Marstek batteries"


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    missing, named = missing_proofs(CHAPTER, "udp_battery")
    assert not missing
    assert named >= 18


def test_every_setting_is_described() -> None:
    assert not [name for name in BatterySettings.model_fields if f"`{name}`" not in chapter(CHAPTER)]


def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(shown_configuration(CHAPTER))
    loaded = load(tmp_path / "ballast.yaml", {"udp_battery": Config}, {})
    assert loaded.section("udp_battery", Config).batteries["garage_battery"].reserve_soc_pct == 15

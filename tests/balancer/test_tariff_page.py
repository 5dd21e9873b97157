"""What docs/tariff.md says is there, what a file may say of it, and what outlives a restart."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from common.config import SiteSettings, load
from services.balancer.config import Config
from services.balancer.memory import keep, recall
from services.balancer.mind import Mind
from services.balancer.rules.tariff_policy import Reserve
from services.balancer.settings import SettingsBook
from services.balancer.tariff_settings import DaySettings, RelaySettings, TariffPolicy
from tests.balancer.tariffs import config
from tests.documents import missing_proofs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tariff.md").read_text()


@pytest.mark.parametrize("key", [*TariffPolicy.model_fields, *DaySettings.model_fields, *RelaySettings.model_fields])
def test_every_setting_is_described(key: str) -> None:
    assert f"`{key}" in PAGE


@pytest.mark.promise("5.8-02")
def test_the_defaults_are_those_of_the_page() -> None:
    policy = TariffPolicy()
    for key in ("ordinary", "dear", "very_dear"):
        day = getattr(policy, key)
        life = "on" if day.battery_life else "off"
        assert f"`{key}` | {day.charge_target_pct:g} | {day.min_soc_pct:g} | {life} |" in PAGE
    assert f"`{policy.season_from}`, `{policy.season_until}`" in PAGE


def test_every_alert_and_metric_is_described() -> None:
    raised = re.findall(r'yield f?"(\w+)', (ROOT / "services" / "balancer" / "tariff_alarms.py").read_text())
    assert raised == ["tariff", "tariff_", "absent_"]
    assert all(f"| `{name}" in PAGE for name in raised)
    counted = re.findall(r"metrics\.(\w+)\.labels", (ROOT / "services" / "balancer" / "tariff_telling.py").read_text())
    declared = (ROOT / "common" / "metrics.py").read_text()
    names = [re.search(rf'^{name} = _gauge\(\s*"(\w+)"', declared, re.MULTILINE) for name in counted]
    assert len(names) == 2
    assert all(name is not None and f"`{name[1]}`" in PAGE for name in names)


def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(PAGE.split("```yaml\n")[1].split("```")[0])
    shown = load(tmp_path / "ballast.yaml", {"balancer": Config}, {}).section("balancer", Config)
    assert (shown.tariff_batteries, shown.tariff_relays) == (("garage_battery",), ("heat_pump_gas",))


def test_every_test_named_in_the_table_of_safe_states_exists() -> None:
    missing, named = missing_proofs("Dear days", "balancer")
    assert not missing
    assert named >= 10


@pytest.mark.promise("5.8-07")
@pytest.mark.parametrize(
    "policy",
    [
        {"very_dear": {"charge_target_pct": 101, "min_soc_pct": 25, "battery_life": False}},
        {"very_dear": {"charge_target_pct": 49, "min_soc_pct": 25, "battery_life": False}},
        {"ordinary": {"charge_target_pct": 80, "min_soc_pct": 41, "battery_life": True}},
        {"ordinary": {"charge_target_pct": 80, "min_soc_pct": 9, "battery_life": True}},
        {"ordinary": {"charge_target_pct": 80, "min_soc_pct": 30, "battery_life": 3}},
        {"season_from": "02-30"},
    ],
)
def test_what_no_battery_should_hold_is_refused(policy: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TariffPolicy.model_validate(policy)


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ({"batteries": ("cellar",)}, "cellar under tariff_policy.batteries is no battery of the order"),
        ({"relays": {"garage": {}}}, "garage is told by tariff_policy.relays, so it cannot stand in order too"),
    ],
)
def test_names_that_do_not_fit_are_told(policy: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        config(order=("garage",), tariff_policy=policy)


@pytest.mark.promise("5.8-06")
def test_what_held_last_outlives_a_restart() -> None:
    """Before the first word of the tariff nothing is lowered."""
    wanted = config(order=("garage",))
    before, after = (Mind(wanted, SiteSettings(), SettingsBook(wanted)) for _ in range(2))
    before.tariff.held = Reserve(charge_target_pct=98, min_soc_pct=25, battery_life=False)
    recall(after, keep(before))
    assert after.tariff.held == before.tariff.held

"""Policies side by side over a made-up week."""

from datetime import time
from itertools import pairwise

import pytest

from services.replay import foresight
from services.replay.chores import Chore, Chores
from services.replay.compare import Result, compare
from services.replay.house import House
from services.replay.simple import Rule
from services.replay.steps import slots, with_ahead
from tests.replay.houses import BATTERY, MONDAY_S, setting, week

BOILER = Chore(power_w=2000, need_wh=3000, ready_by=time(6))


def cost_eur(results: dict[str, Result]) -> list[float]:
    """Per policy, in the order of their names."""
    return [results[name].ledger.cost_eur for name in results]


def test_each_policy_that_knows_more_pays_less() -> None:
    results = compare(week(), setting(), ["none", "rule", "rule-tuned", "ballast-told", "oracle"])
    assert all(more_eur >= less_eur for more_eur, less_eur in pairwise(cost_eur(results)))
    assert results["oracle"].oracle_share_pct == pytest.approx(100)
    assert results["none"].oracle_share_pct == pytest.approx(0)
    assert results["ballast-told"].oracle_share_pct == pytest.approx(100, abs=4)


def test_a_plan_with_its_own_forecast_beats_self_consumption() -> None:
    results = compare(week(4), setting(), ["none", "rule", "ballast", "oracle"])
    assert results["ballast"].ledger.cost_eur < results["rule"].ledger.cost_eur - 0.2


def test_with_one_price_all_day_the_plan_is_self_consumption_to_the_cent() -> None:
    rule, ballast = cost_eur(compare(week(2, flat=True), setting(), ["rule", "ballast"]))
    assert ballast == pytest.approx(rule, abs=1e-6)


def test_twice_the_same() -> None:
    first, second = (compare(week(1), setting({"boiler": BOILER}), ["ballast"]) for _ in range(2))
    assert first == second


def test_loads_have_their_fill_every_day_whoever_decides() -> None:
    """A day ends on each of two mornings; that of the last evening is still under way."""
    results = compare(week(2), setting({"boiler": BOILER}), ["none", "rule", "ballast", "oracle"])
    without = compare(week(2), setting(), ["none"])["none"].ledger.load_wh
    for name, result in results.items():
        drawn_wh = result.ledger.load_wh - without
        assert drawn_wh + result.ledger.unmet_wh == pytest.approx(3 * BOILER.need_wh), name
        assert result.ledger.unmet_wh in (pytest.approx(0, abs=1), pytest.approx(BOILER.need_wh)), name


def test_a_gap_is_left_out_for_everybody_and_no_need_is_lost_in_it() -> None:
    """A day whose end was not measured goes on until the same hour after the gap."""
    gap = range(40, 70)
    results = compare(week(3, gap=gap), setting({"boiler": BOILER}), ["none", "rule", "oracle"])
    assert all(result.ledger.hours == pytest.approx(72 - 15) for result in results.values())
    assert results["rule"].ledger.unmet_wh <= BOILER.need_wh


def test_finer_steps_than_the_plan_are_lived_through_one_by_one() -> None:
    fine = compare(week(1, step_s=300), setting(), ["none", "ballast", "oracle"])
    coarse = compare(week(1), setting(), ["none", "ballast", "oracle"])
    assert fine["ballast"].ledger.hours == pytest.approx(24)
    assert fine["ballast"].ledger.cost_eur == pytest.approx(coarse["ballast"].ledger.cost_eur, abs=0.25)


def test_an_oracle_in_pieces_is_the_oracle_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compare(week(6), setting({"boiler": BOILER}), ["oracle"])["oracle"].ledger
    monkeypatch.setattr(foresight, "ORACLE_SLOTS", 100)
    monkeypatch.setattr(foresight, "OVERLAP_SLOTS", 80)
    pieces = compare(week(6), setting({"boiler": BOILER}), ["oracle"])["oracle"].ledger
    assert pieces.reckoned_eur == pytest.approx(whole.reckoned_eur, abs=0.02)
    assert pieces.hours == pytest.approx(whole.hours)


def test_a_battery_is_never_fuller_or_emptier_than_it_can_be() -> None:
    policy = Rule(House([BATTERY], Chores({}, setting().zone)))
    for ahead in with_ahead(slots(week(2), 1800), 4):
        policy.live(ahead)
        assert 0 <= policy.house.stored_wh["battery"] <= BATTERY.capacity_wh


def test_days_add_up() -> None:
    result = compare(week(2), setting(), ["rule"])["rule"]
    assert sum(result.days_eur.values()) == pytest.approx(result.ledger.cost_eur)
    assert min(result.days_eur) == MONDAY_S // 86_400


def test_only_so_much_of_the_future_is_held() -> None:
    """However long the period is."""
    windows = [len(ahead) for ahead in with_ahead(slots(week(2), 1800), 10)]
    assert (max(windows), windows[-1], len(windows)) == (10, 1, 96)

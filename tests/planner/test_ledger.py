"""What a period came to, and what a battery can do of what is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.ledger import Booked, Ledger
from services.planner.core.problem import Store
from services.planner.core.tank import carry
from tests.planner.houses import stores


def booked(load_w: float = 0.0, production_w: float = 0.0, battery_w: float = 0.0, **other: float) -> Booked:
    """Half an hour at 20 and 5 ct."""
    usual = {"start_s": 0.0, "hours": 0.5, "import_eur_per_kwh": 0.20, "export_eur_per_kwh": 0.05, **other}
    return Booked(load_w=load_w, production_w=production_w, battery_w=battery_w, **usual)


def test_import_is_paid_and_export_is_received() -> None:
    ledger = Ledger()
    assert ledger.add(booked(load_w=2000)) == pytest.approx(0.20)
    assert ledger.add(booked(production_w=4000)) == pytest.approx(-0.10)
    assert (ledger.import_wh, ledger.export_wh) == (1000, 2000)
    assert ledger.cost_eur == pytest.approx(0.10)


def test_own_use_counts_what_went_through_the_battery() -> None:
    ledger = Ledger()
    ledger.add(booked(production_w=4000, battery_w=2000))
    ledger.add(booked(load_w=2000, battery_w=-1500))
    assert ledger.self_consumption_pct == pytest.approx(50)
    assert ledger.self_sufficiency_pct == pytest.approx(75)
    assert ledger.cycles(1500) == pytest.approx(0.5)


def test_what_has_no_sample_is_unknown_and_not_zero() -> None:
    assert (Ledger().self_consumption_pct, Ledger().self_sufficiency_pct, Ledger().cycles(0)) == (None, None, None)


def test_a_peak_is_the_mean_of_a_quarter_on_the_clock() -> None:
    ledger = Ledger()
    for minute in range(10, 20):
        ledger.add(booked(load_w=3000, start_s=minute * 60, hours=1 / 60))
    assert ledger.peak_quarter_w == pytest.approx(1000), "five minutes in each of two quarters"


def test_a_need_that_is_left_unmet_saves_nothing() -> None:
    ledger = Ledger(unmet_wh=2000)
    ledger.add(booked(load_w=2000))
    assert ledger.reckoned_eur == pytest.approx(0.20 + 0.40)


@given(stores(), st.floats(-9000, 9000), st.floats(0, 1), st.sampled_from([0.25, 0.5, 1 / 60]))
def test_a_battery_conserves_energy_and_keeps_its_limits(
    store: Store, power_w: float, share: float, hours: float
) -> None:
    stored_wh = share * store.capacity_wh
    done = carry(store, stored_wh, power_w, hours)
    assert abs(done.power_w) <= abs(power_w)
    assert done.power_w * power_w >= 0
    assert -store.max_discharge_w <= done.power_w <= store.max_charge_w
    change_wh = done.power_w * hours * (store.charge_efficiency if done.power_w > 0 else 1 / store.discharge_efficiency)
    assert done.stored_wh == pytest.approx(stored_wh + change_wh, abs=1e-6)
    assert done.stored_wh <= max(stored_wh, min(store.capacity_wh, store.ceiling_wh)) + 1e-6
    assert done.stored_wh >= min(stored_wh, store.reserve_wh) - 1e-6

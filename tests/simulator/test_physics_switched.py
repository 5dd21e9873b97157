"""Loads behind switches: what they draw, what they store, what the house's meter makes of them."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.simulator.homewizard import PLUG_IN, Pool
from services.simulator.physics import (
    Battery,
    Boiler,
    BoilerModel,
    Charger,
    ChargerModel,
    Consumer,
    House,
    PlainAppliance,
    Steps,
    SwitchedLoad,
)

MONDAY = datetime.fromisoformat("2026-04-20T00:00")
DAY_S = 86_400.0
Presses = Sequence[tuple[float, bool]]

seeds = st.integers(0, 10_000)
presses = st.lists(st.tuples(st.floats(1, 7200), st.booleans()), max_size=40)
"""How long to wait, then how the switch is set."""


def lived(consumer: Consumer, presses: Presses, step_s: float = 10.0, on: bool = True) -> tuple[SwitchedLoad, float]:
    """A load after somebody played with its switch; and the energy by its power, in Wh."""
    load, now_s, energy_wh = SwitchedLoad(consumer, is_on=on), 0.0, 0.0
    for wait_s, is_on in (*presses, (DAY_S, on)):
        for _ in range(int(wait_s / step_s)):
            now_s += step_s
            load.advance(now_s, step_s)
            assert 0 <= load.power_w <= load.rated_w
            assert load.is_on or load.power_w == 0
            energy_wh += load.power_w * step_s / 3600
        load.is_on = is_on
    return load, energy_wh


@settings(max_examples=25, deadline=None)
@given(seeds, presses, st.floats(15, 75))
def test_a_boiler_loses_and_creates_no_energy(seed: int, presses: Presses, water_c: float) -> None:
    boiler = Boiler(BoilerModel(), MONDAY, water_c=water_c, seed=seed)
    before_wh = boiler.stored_wh
    load, energy_wh = lived(boiler, presses)
    assert load.energy_wh == pytest.approx(energy_wh)
    assert boiler.stored_wh == pytest.approx(before_wh + energy_wh - boiler.lost_wh - boiler.used_wh, abs=0.01)
    assert boiler.model.inlet_c <= boiler.water_c


@settings(max_examples=25, deadline=None)
@given(seeds, presses, st.floats(0, 100))
def test_a_charger_stores_what_it_draws_less_its_losses(seed: int, presses: Presses, soc_pct: float) -> None:
    charger = Charger(ChargerModel(idle_w=0), MONDAY, soc_pct=soc_pct, seed=seed)
    before_wh = charger.stored_wh
    _, energy_wh = lived(charger, presses)
    gained_wh = charger.stored_wh - before_wh + charger.ridden_wh
    assert gained_wh == pytest.approx(energy_wh * charger.model.efficiency, abs=0.5)  # the last step may overshoot
    assert 0 <= charger.soc_pct <= 100


@given(seeds, st.floats(1, 5000), st.floats(0, 1))
def test_a_plain_appliance_draws_up_to_its_rating(seed: int, rated_w: float, spread: float) -> None:
    lived(PlainAppliance(rated_w, spread=spread, seed=seed), [(600, False), (600, True)], step_s=60)


def test_a_thermostat_opens_when_hot_and_closes_when_cooled_down() -> None:
    boiler = Boiler(BoilerModel(), MONDAY, water_c=50, habits=())
    load = SwitchedLoad(boiler, is_on=True)
    heated_s = next(step for step in range(1, 100_000) if not _stepped(load, step))
    assert boiler.water_c == pytest.approx(60, abs=0.1)
    assert heated_s == pytest.approx(10 * 150 * 1.163 / 2000 * 3600, rel=0.05)
    cooled_s = next(step for step in range(heated_s + 1, 1_000_000) if _stepped(load, step))
    assert boiler.water_c == pytest.approx(54, abs=0.1)
    assert cooled_s - heated_s > 3600


def _stepped(load: SwitchedLoad, second: int) -> bool:
    """Whether it draws after another second."""
    load.advance(float(second), 1.0)
    return load.power_w > 0


def test_a_boiler_that_stays_off_serves_cold_water_some_day() -> None:
    boiler = Boiler(BoilerModel(), MONDAY)
    lived(boiler, [(2 * DAY_S, False)], on=False)
    assert boiler.missed_wh > 0
    assert boiler.used_wh < 5000


def test_a_boiler_that_stays_on_serves_a_family() -> None:
    boiler = Boiler(BoilerModel(), MONDAY)
    lived(boiler, [])
    assert boiler.missed_wh == 0
    assert 4000 < boiler.used_wh < 7000


def test_a_charger_tapers_and_then_idles_below_a_tenth_of_its_power() -> None:
    charger = Charger(ChargerModel(), MONDAY, soc_pct=70, rides=())
    load = SwitchedLoad(charger, is_on=True)
    seen: list[float] = []
    for minute in range(1, 240):
        load.advance(minute * 60.0, 60.0)
        seen.append(load.power_w)
    assert seen[0] == 180
    assert seen == sorted(seen, reverse=True)
    assert charger.is_full
    assert seen[-1] == charger.model.idle_w < 18


def test_a_bike_on_the_road_draws_nothing_to_speak_of_and_comes_home_hungry() -> None:
    charger = Charger(ChargerModel(), MONDAY, soc_pct=100)
    load = SwitchedLoad(charger, is_on=True)
    load.advance(12 * 3600.0, 1.0)
    assert charger.is_away
    load.advance(20 * 3600.0, 1.0)
    load.advance(20 * 3600.0 + 1, 1.0)
    assert not charger.is_away
    assert charger.ridden_wh > 200
    assert load.power_w > 150


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    def used_wh(seed: int) -> float:
        boiler = Boiler(BoilerModel(), MONDAY, seed=seed)
        lived(boiler, [])
        return boiler.used_wh

    assert used_wh(3) == used_wh(3) != used_wh(4)


def test_the_meter_of_the_house_counts_what_its_switches_let_through() -> None:
    pump = SwitchedLoad(PlainAppliance(600))
    house = House(Steps(300), Steps(1000), {}, {"pump": pump})
    house.advance_to(10)
    assert (house.grid_w, house.switched_w) == (-700, 0)
    pump.is_on = True
    house.advance_to(3610)
    assert (house.load_w, house.switched_w, house.grid_w) == (300, 600, -100)
    assert pump.energy_wh == pytest.approx(600, rel=0.001)
    assert house.produced_wh == pytest.approx(1000 * 3610 / 3600, rel=0.001)


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(0, 3000), st.floats(0, 3000))
def test_import_less_export_is_what_everything_drew_less_the_sun(seed: int, load_w: float, sun_w: float) -> None:
    boiler = SwitchedLoad(Boiler(BoilerModel(), MONDAY, seed=seed), is_on=True)
    bike = SwitchedLoad(Charger(ChargerModel(), MONDAY, seed=seed), is_on=True)
    house = House(Steps(load_w), Steps(sun_w), {}, {"boiler": boiler, "bike": bike})
    house.advance_to(300)
    drawn_wh = load_w * 300 / 3600 + boiler.energy_wh + bike.energy_wh - house.produced_wh
    assert house.import_wh - house.export_wh == pytest.approx(drawn_wh, abs=0.5)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["zero", "to_full", "standby"]),
            st.sets(st.sampled_from(["charge_allowed", "discharge_allowed"])),
            st.floats(-3000, 3000),
        ),
        max_size=12,
    ),
    st.floats(0, 100),
)
def test_batteries_behind_gates_do_only_what_is_permitted(
    spells: list[tuple[str, set[str], float]], soc_pct: float
) -> None:
    cells = [Battery(PLUG_IN, soc_pct), Battery(PLUG_IN, soc_pct)]
    pool, now_s = Pool(cells), 0.0
    for mode, permissions, load_w in spells:
        pool.steer(mode, tuple(permissions))
        grid_w = load_w + pool.power_w
        for _ in range(100):
            now_s += 0.1
            for battery in cells:
                battery.advance(now_s, 0.1, grid_w)
            grid_w = load_w + pool.power_w
        assert -1600 <= pool.power_w <= 1600
        assert pool.power_w <= 0 or mode == "to_full" or "charge_allowed" in permissions
        assert pool.power_w >= 0 or (mode != "to_full" and "discharge_allowed" in permissions)
        assert mode != "standby" or pool.power_w == 0

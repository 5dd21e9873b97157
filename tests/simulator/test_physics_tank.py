"""Water in layers: nothing is lost but what is told, and hot stays above."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.simulator.physics import Boiler, BoilerModel, Tank
from services.simulator.physics.tank import WH_PER_LITRE_K

INLET_C, ROOM_C, LITRES = 12.0, 18.0, 150.0
Deed = tuple[str, float]

deeds = st.lists(
    st.one_of(
        st.tuples(st.just("heat"), st.floats(0, 2000)),
        st.tuples(st.just("draw"), st.floats(0, 4000)),
        st.tuples(st.just("stand"), st.floats(0, 600)),
    ),
    max_size=30,
)
layers = st.integers(1, 12)


def tank(layers: int = 8, water_c: float = 50.0) -> Tank:
    return Tank(LITRES, water_c, inlet_c=INLET_C, layers=layers)


def do(made: Tank, deed: Deed) -> float:
    """Returns by how much its heat should have grown."""
    what, much = deed
    if what == "heat":
        made.heat(much)
        return much
    return -made.draw(much) if what == "draw" else -made.stand(much, ROOM_C, 1.6)


@given(layers, st.floats(INLET_C, 70), deeds)
def test_heat_is_neither_lost_nor_made(layers: int, water_c: float, deeds: Sequence[Deed]) -> None:
    made = tank(layers, water_c)
    for deed in deeds:
        before_wh = made.stored_wh
        gained_wh = do(made, deed)
        assert made.stored_wh == pytest.approx(before_wh + gained_wh, abs=1e-6)


@given(layers, st.floats(INLET_C, 70), deeds)
def test_it_is_never_colder_above_than_below_nor_colder_than_its_inlet(
    layers: int, water_c: float, deeds: Sequence[Deed]
) -> None:
    made = tank(layers, water_c)
    for deed in deeds:
        do(made, deed)
        assert made.layers_c == pytest.approx(sorted(made.layers_c))
        assert made.layers_c[0] >= INLET_C - 1e-9


@given(layers, st.floats(INLET_C, 70), st.floats(0, 20_000))
def test_nobody_takes_more_than_there_is(layers: int, water_c: float, heat_wh: float) -> None:
    made = tank(layers, water_c)
    before_wh = made.stored_wh
    taken_wh = made.draw(heat_wh)
    assert taken_wh <= min(heat_wh, before_wh) + 1e-6
    assert made.stored_wh >= -1e-6


def test_one_layer_is_a_mixed_tank() -> None:
    made = tank(layers=1)
    made.heat(1000)
    made.draw(400)
    assert made.top_c == made.sensed_c == pytest.approx(50 + 600 / (LITRES * WH_PER_LITRE_K))


def test_after_half_of_it_is_drawn_the_top_is_still_hot_and_the_bottom_cold() -> None:
    standing, mixed = tank(), tank(layers=1)
    half_wh = standing.stored_wh / 2
    standing.draw(half_wh)
    mixed.draw(half_wh)
    assert standing.top_c > 48
    assert standing.layers_c[0] < 14
    assert mixed.top_c == pytest.approx(31, abs=0.1)


def test_heat_from_below_reaches_the_top_when_all_below_is_as_hot() -> None:
    made = tank(water_c=20.0)
    made.draw(made.stored_wh / 2)
    top_c = made.top_c
    made.heat(100)
    assert made.top_c == top_c
    made.heat(5000)
    assert made.layers_c == pytest.approx([made.mean_c] * 8)


def test_a_boiler_that_stands_serves_more_showers_than_one_that_mixes() -> None:
    """The same day, without heating: the mixed one is too cold soon."""
    began = datetime.fromisoformat("2026-04-20T05:00")
    served_wh = {}
    for layers in (1, 8):
        boiler = Boiler(BoilerModel(layers=layers), began, water_c=55)
        for step in range(12 * 360):
            boiler.advance(10.0 * (step + 1), 10.0, 0.0)
        served_wh[layers] = boiler.used_wh
    assert served_wh[8] > 1.3 * served_wh[1]

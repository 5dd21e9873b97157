"""A thermostat's wish: its own word first, else its temperatures, and unknown is nobody's wish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.thermostat import APART_C, asks

TEMPERATURE = st.floats(-20, 60)


@given(st.booleans(), TEMPERATURE, TEMPERATURE, st.booleans())
def test_its_own_word_comes_first(on: bool, target_c: float, current_c: float, heats: bool) -> None:
    assert asks(on, target_c, current_c, heats=heats) is on


@pytest.mark.parametrize(("target_c", "current_c"), [(None, None), (21.0, None), (None, 18.0)])
def test_without_both_temperatures_nobody_knows(target_c: float | None, current_c: float | None) -> None:
    assert asks(None, target_c, current_c, heats=True) is None


def test_it_heats_until_it_is_warm_and_begins_again_when_it_is_clearly_colder() -> None:
    assert asks(None, 21, 20.9, heats=True) is True
    assert asks(None, 21, 21.0, heats=True) is False
    assert asks(None, 21, 20.9, heats=False) is False
    assert asks(None, 21, 21 - 2 * APART_C, heats=False) is True

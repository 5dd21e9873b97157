"""How far the present is believed, and how wide the rest is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.means import QUARTER_S
from services.forecaster.core.present import BELIEVED, MOST_GROWTH, Present
from services.forecaster.core.quarters import Quarter
from services.forecaster.core.spread import CLASSES, USUAL, Spread
from tests.forecaster.days import DAY_S, NOON_S, PLANT, quarters

HOUR_S = 3600
LEADS = [NOON_S + k * QUARTER_S for k in range(192)]
LEAST_W = 200.0


def present(error_w: float = 500.0, size_w: float = 3000.0) -> Present:
    return Present(NOON_S - QUARTER_S, error_w, size_w, 7 * HOUR_S)


def test_trust_only_fades_and_doubt_only_grows() -> None:
    trust, doubt = [present().trust(at) for at in LEADS], [present().doubt(at) for at in LEADS]
    assert trust[0] == pytest.approx(BELIEVED, abs=0.04)
    assert all(later < earlier for earlier, later in pairwise(trust))
    assert all(later >= earlier for earlier, later in pairwise(doubt))
    assert 0 < doubt[0] < 0.6
    assert doubt[-1] == pytest.approx(1, abs=0.001)


def test_a_third_of_it_is_believed_after_its_time() -> None:
    assert present().trust(NOON_S - QUARTER_S + 7 * HOUR_S) == pytest.approx(BELIEVED / 2.718, rel=0.01)


def test_half_the_sun_carries_half_the_error_and_none_none() -> None:
    at = NOON_S + HOUR_S
    whole = present().carried_w(at, 3000)
    assert present().carried_w(at, 1500) == pytest.approx(whole / 2)
    assert present().carried_w(at, 0) == 0
    assert present().carried_w(at, 90_000) == pytest.approx(MOST_GROWTH * whole), "a sunrise is not a multiplication"


@given(st.floats(-1e5, 1e5), st.floats(1, 1e5), st.floats(0, 1e5), st.integers(0, 200))
def test_never_more_than_the_error_itself_and_a_half(error_w: float, size_w: float, then_w: float, lead: int) -> None:
    carried = Present(NOON_S, error_w, size_w, HOUR_S).carried_w(NOON_S + lead * QUARTER_S, then_w)
    assert abs(carried) <= BELIEVED * MOST_GROWTH * abs(error_w) + 1e-9
    assert carried * error_w >= 0


def learnt(days: int, share: float, told: float) -> Spread:
    """So many days on which so much of a clear sky came where so much was told."""
    rows = [Quarter(at, share * PLANT.clear_w(at), None, told * PLANT.clear_w(at)) for at in quarters(days)]
    return Spread.learn(rows, NOON_S, lambda row: row.raw_w or 0.0, PLANT.clear_w, LEAST_W)


@pytest.mark.parametrize("clearness", [0.1, 0.5, 0.9])
def test_without_history_widths_are_usual(clearness: float) -> None:
    assert Spread().width(clearness) in USUAL
    assert learnt(1, clearness, clearness).width(clearness) in USUAL, "one day is not enough"


def test_each_kind_of_sky_has_a_width_of_its_own() -> None:
    """Dull days turn out brighter; nothing was seen of clear ones."""
    spread = learnt(20, share=0.4, told=0.2)
    assert spread.width(0.2).upper == pytest.approx(0.2)
    assert spread.width(0.2).lower == 0
    assert spread.width(CLASSES[1] + 0.1) == USUAL[2]


def test_what_was_not_measured_or_not_told_or_is_old_is_no_error() -> None:
    rows = [Quarter(at, None, None, 100.0) for at in quarters(20)]
    rows += [Quarter(at, 100.0) for at in quarters(20)]
    old = [Quarter(at, 0.0, None, 3000.0) for at in quarters(20, until_s=NOON_S - 60 * DAY_S)]
    spread = Spread.learn([*old, *rows], NOON_S, lambda row: row.raw_w or 0.0, PLANT.clear_w, LEAST_W)
    assert {spread.width(clearness) for clearness in (0.1, 0.5, 0.9)} == set(USUAL)

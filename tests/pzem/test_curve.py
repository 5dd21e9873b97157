"""Power to percent: monotone whatever was measured, off is 0, and the seeds' published curve as a check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pzem.curve import Curve, read_points, write_points

PUBLISHED = [
    (10, 14), (20, 116), (25, 210), (30, 351), (40, 717), (50, 1150), (60, 1583), (70, 1964), (80, 2175), (90, 2282),
    (100, 2299),
]  # fmt: skip
"""Of a heater of 2.3 kW."""
points = st.lists(st.tuples(st.floats(0.5, 100), st.floats(0, 5000)), min_size=3, max_size=60).filter(
    lambda found: len({percent for percent, _ in found}) >= 3
)


@pytest.mark.promise("3.10-07")
@pytest.mark.parametrize(
    ("power_w", "percent"),
    [(0, 0), (101, 20), (300, 28.6), (500, 34.7), (800, 42.3), (1000, 46.8), (1200, 51.3), (1500, 58.1), (1800, 65.7)],
)
def test_the_published_curve_gives_the_published_percentages(power_w: float, percent: float) -> None:
    assert Curve.of_points(PUBLISHED).percent(power_w) == pytest.approx(percent, abs=1.6)


def test_theory_lies_close_to_what_was_measured() -> None:
    theory = Curve.of_theory(2299)
    for percent, power_w in PUBLISHED:
        assert theory.table[percent] == pytest.approx(power_w, abs=65)


@given(points)
def test_a_curve_never_falls_and_begins_at_nothing(measured: list[tuple[float, float]]) -> None:
    curve = Curve.of_points(measured)
    assert len(curve.table) == 101
    assert curve.table[0] == 0
    assert all(low <= high for low, high in zip(curve.table, curve.table[1:], strict=False))
    assert curve.max_power_w <= max(power_w for _, power_w in measured) + 1e-6


@given(points, st.floats(0, 6000))
def test_no_other_percentage_is_nearer_to_the_power(measured: list[tuple[float, float]], power_w: float) -> None:
    curve = Curve.of_points(measured)
    found = abs(curve.table[curve.percent(power_w)] - power_w)
    assert found == min(abs(each_w - power_w) for each_w in curve.table)


@given(points, st.floats(0, 6000), st.floats(0, 6000))
def test_more_power_is_never_less_percent(measured: list[tuple[float, float]], one_w: float, other_w: float) -> None:
    curve = Curve.of_points(measured)
    low_w, high_w = sorted((one_w, other_w))
    assert curve.percent(low_w) <= curve.percent(high_w)


@given(points)
def test_off_is_really_nothing(measured: list[tuple[float, float]]) -> None:
    """The older program's fit asks for 4 % where nothing is wanted."""
    assert Curve.of_points(measured).percent(0) == 0
    assert Curve.of_theory(2400).percent(0) == 0


def test_everything_is_everything() -> None:
    """The older program's fit ends at 94.7 %."""
    assert Curve.of_theory(2400).table[Curve.of_theory(2400).percent(2400)] == pytest.approx(2400, abs=0.01)


def test_a_dip_is_pooled_with_its_neighbours() -> None:
    curve = Curve.of_points([(20, 100), (40, 700), (50, 500), (60, 1500)])
    assert (curve.table[40], curve.table[50], curve.table[20]) == (600, 600, 100)


def test_several_calibrations_are_taken_together() -> None:
    assert Curve.of_points([(25, 200), (50, 1000), (100, 2000), (25, 220), (50, 1100), (100, 2100)]).table[50] == 1050


@pytest.mark.parametrize("measured", [[], [(0, 0), (50, 100), (100, 200)], [(50, 1), (50, 2), (50, 3)]])
def test_too_little_is_no_curve(measured: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="three percentages"):
        Curve.of_points(measured)


@pytest.mark.parametrize("wrong", [(101, 5), (50, -1), (50, float("nan")), (50, float("inf"))])
def test_what_no_dimmer_does_is_no_curve(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no point of a curve"):
        Curve.of_points([(20, 100), (40, 700), (60, 800), wrong])


def test_a_file_may_have_a_headline_remarks_and_decimal_commas() -> None:
    """The older tool writes commas, and the older reader wants points."""
    text = "percent;watts\n# at 231 V\n\n100;2299.0\n12,5;31,7\n0;0\n"
    assert read_points(text) == [(100, 2299), (12.5, 31.7), (0, 0)]
    assert read_points(write_points(read_points(text))) == read_points(text)
    assert "12.5;31.7" in write_points(read_points(text))


@pytest.mark.parametrize("text", ["12 31\n", "12;\n", "1;2;3\n"])
def test_a_line_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|float"):
        read_points(text)

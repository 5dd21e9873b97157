"""What a run amounts to, out of samples and messages that are told by hand."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.statistics import Sample, Settling, Traffic, quantile


def settling(*samples: tuple[float, float, float]) -> Settling:
    """Fed with (at_s, load_w, grid_w)."""
    made = Settling()
    for sample in samples:
        made.take(Sample(*sample))
    return made


def quiet(from_s: int, to_s: int, load_w: float, grid_w: float = 0.0) -> Iterable[tuple[float, float, float]]:
    return ((float(at_s), load_w, grid_w) for at_s in range(from_s, to_s))


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([7.0], 0.5, 7.0),
        ([7.0], 0.0, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([float(value) for value in range(1, 101)], 0.99, 99.0),
        ([float(value) for value in range(1, 101)], 1.0, 100.0),
    ],
)
def test_quantiles(values: list[float], share: float, expected: float | None) -> None:
    assert quantile(values, share) == expected


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.floats(0, 1))
def test_a_quantile_is_one_of_the_values_and_its_share_does_not_exceed_it(values: list[int], share: float) -> None:
    found = quantile([float(value) for value in values], share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


def test_a_step_settles_when_the_grid_stays_near_zero_for_five_seconds() -> None:
    """Calm from 14 s on, four seconds after the step; the one calm second before does not count."""
    back = [(10.0, 1200.0, 1000.0), (11.0, 1200.0, 600.0), (12.0, 1200.0, 40.0), (13.0, 1200.0, -60.0)]
    assert settling(*quiet(0, 10, 200), *back, *quiet(14, 30, 1200)).seconds == [4.0]


def test_what_is_still_moving_when_the_next_step_comes_is_not_counted() -> None:
    first = [(10.0, 1200.0, 1000.0), (11.0, 1200.0, 800.0)]
    second = [(12.0, 2200.0, 1800.0), (13.0, 2200.0, 0.0)]
    assert settling(*quiet(0, 10, 200), *first, *second, *quiet(14, 30, 2200)).seconds == [1.0]


def test_a_slow_change_is_no_step() -> None:
    assert settling(*((float(at_s), 200.0 + 299.0 * at_s, 0.0) for at_s in range(30))).seconds == []


def test_a_step_between_two_fine_samples_is_found_as_one() -> None:
    """Within one second, however often the house is sampled; 300 W are enough."""
    fine = [(10.25, 350.0, 100.0), (10.5, 500.0, 300.0), (10.75, 500.0, 300.0)]
    assert len(settling(*quiet(0, 11, 200), *fine, *quiet(11, 30, 500)).seconds) == 1


def test_calm_before_the_first_step_is_steady_but_no_settling() -> None:
    made = settling(*quiet(0, 20, 200, grid_w=10))
    assert made.seconds == []
    assert made.figures() == {"grid_w": {"mean_abs": 10.0, "rms_steady": 10.0}, "settle_s": {"p50": None, "p95": None}}


def test_signs_do_not_cancel_out() -> None:
    made = settling((0, 0, 30.0), (1, 0, -30.0), (2, 0, 90.0))
    assert made.figures()["grid_w"] == {"mean_abs": 50.0, "rms_steady": None}


def test_figures_without_a_sample_are_unknown_and_not_zero() -> None:
    unknown = {"p50": None, "p95": None}
    assert Settling().figures() == {"grid_w": {"mean_abs": None, "rms_steady": None}, "settle_s": unknown}
    latencies = Traffic().figures()["latency_ms"]
    assert isinstance(latencies, dict)
    assert set(latencies.values()) == {None}


def test_a_command_is_timed_from_the_reading_that_it_follows() -> None:
    traffic = Traffic()
    traffic.reading(1000, arrived_s=5.0)
    traffic.reading(2000, arrived_s=6.0)
    traffic.command(2000, arrived_s=6.004)
    traffic.command(1000, arrived_s=6.5)
    assert traffic.meter_to_cmd_ms == [pytest.approx(4), pytest.approx(1500)]


def test_a_command_that_follows_no_reading_is_counted_but_not_timed() -> None:
    traffic = Traffic()
    traffic.reading(1000, arrived_s=5.0)
    traffic.command(1234, arrived_s=5.1)
    assert (traffic.commands, traffic.meter_to_cmd_ms) == (1, [])


def test_readings_of_long_ago_are_forgotten() -> None:
    """Else a run of days would keep them all."""
    traffic = Traffic()
    traffic.reading(1000, arrived_s=5.0)
    traffic.reading(2000, arrived_s=15.1)
    traffic.command(1000, arrived_s=15.2)
    assert traffic.meter_to_cmd_ms == []


def test_the_summary_counts() -> None:
    traffic = Traffic(messages=12, decisions=4)
    traffic.acks.update({"partial": 1, "applied": 3})
    traffic.echo_ms += [0.4, 0.6]
    figures = traffic.figures()
    assert {name: figures[name] for name in ("messages", "decisions", "commands")} == {
        "messages": 12,
        "decisions": 4,
        "commands": 0,
    }
    assert list(figures["acks"].items()) == [("applied", 3), ("partial", 1)]  # type: ignore[attr-defined]  # a dict
    assert figures["latency_ms"] == {
        "meter_to_cmd_p50": None,
        "meter_to_cmd_p99": None,
        "echo_p50": 0.4,
        "echo_p99": 0.6,
    }

"""Short slices of the experiments behind the figures: loose enough for ten minutes, tight enough to notice harm.

The full figures, with hours and seeds, live in tests/bench.
"""

import pytest

from services.balancer.core.learning import MOMENT
from services.simulator.physics import BatteryModel
from services.simulator.physics.load import Noise, Steps
from tests.balancer.houses import TRUTH, noisy, one_battery, run
from tests.bench.experiments import random_steps
from tests.bench.judging import Quality, judge, quantile
from tests.bench.rig import MeterModel, Rig, Trace

MINUTES = 60.0


def judged(seconds: float, seed: int, learnt_after_s: float = 0.0, **house: object) -> tuple[Rig, Quality]:
    """2 kW to and fro once a minute, with ±10 W of noise."""
    steps = random_steps(seed, seconds / 3600, 60, 2000)
    load = noisy([(step.at_s, step.load_w) for step in steps], 300.0, seed=seed)
    rig = one_battery(load, seed=seed, **house)  # type: ignore[arg-type]  # as one_battery says
    return rig, judge(run(rig, seconds), steps, 50.0, learnt_after_s)


def most_w(trace: Trace, start_s: float, end_s: float, share: float = 1.0) -> float:
    """What |grid| stays below for this share of a time."""
    found = quantile([abs(power_w) for power_w in trace.grid_w[round(start_s * 10) : round(end_s * 10)]], share)
    assert found is not None
    return found


def within(quality: Quality, **most: float) -> None:
    """Fail with the whole judgement if one of its figures is above what is named."""
    for name, limit in most.items():
        found = getattr(quality, name)
        assert found is not None, quality
        assert found <= limit, quality


@pytest.mark.parametrize("seed", [1, 5])
def test_a_fast_battery_settles_a_step_of_2_kw_in_under_four_seconds(seed: int) -> None:
    _, quality = judged(10 * MINUTES, seed)
    within(quality, settle_p50_s=3.7, settle_worst_s=7.5, overshoot_p95_w=30, orders_per_h=215, steady_rms_w=10)


@pytest.mark.parametrize("told", [(1.2, 500.0), (0.3, 2000.0), (1.2, 2000.0), (0.3, 500.0)])
def test_a_belief_wrong_by_two_is_found_out_within_twenty_minutes(told: tuple[float, float]) -> None:
    rig, quality = judged(20 * MINUTES, 2, told=told)
    device = rig.mind.core.device("garage")
    assert device is not None
    assert device.response.dead_time_s == pytest.approx(TRUTH[0], rel=0.2)
    assert device.response.ramp_w_per_s == pytest.approx(TRUTH[1], rel=0.35)
    assert device.spread <= 1.6
    within(quality, settle_p50_s=4.0, settle_worst_s=10.0, reversals_most=2)


def test_a_late_meter_costs_its_delay_and_no_more() -> None:
    _, quality = judged(10 * MINUTES, 2, meter=MeterModel(late_s=(0.5, 1.0), seed=2))
    within(quality, settle_p50_s=4.3, settle_worst_s=8.0, overshoot_p95_w=40)


def test_orders_that_are_ignored_now_and_then_are_given_again() -> None:
    _, quality = judged(10 * MINUTES, 3, ignores=0.1)
    within(quality, settle_p50_s=4.0, settle_worst_s=20.0)


def test_a_quiet_house_is_left_alone() -> None:
    trace = run(one_battery(noisy([], 500.0)), 10 * MINUTES)
    assert trace.orders <= 6
    assert most_w(trace, 30, 600, 0.99) <= 30


@pytest.mark.parametrize("base_w", [0.0, 500.0])
def test_noise_alone_is_not_chased(base_w: float) -> None:
    """Also where the noise changes sign all the time."""
    assert run(one_battery(Noise(Steps(base_w), 40, 1)), 10 * MINUTES).orders <= 20


def hob(seconds: float, start_s: float = 60.0) -> list[tuple[float, float]]:
    """1.8 kW for one second of three, on top of 300 W."""
    return [
        change
        for index in range(int((seconds - start_s) / 3))
        for change in ((start_s + 3 * index, 2100.0), (start_s + 3 * index + 1, 300.0))
    ]


def test_a_pulsing_hob_is_not_chased() -> None:
    trace = run(one_battery(noisy(hob(10 * MINUTES), 300.0)), 10 * MINUTES)
    assert trace.orders <= 250 / 6


def test_a_kettle_is_answered_although_the_hob_pulsed_for_ten_minutes() -> None:
    changes = [*hob(10 * MINUTES), (11 * MINUTES, 2300.0), (12 * MINUTES, 300.0)]
    trace = run(one_battery(noisy(changes, 300.0)), 12 * MINUTES)
    assert most_w(trace, 11.2 * MINUTES, 11.9 * MINUTES, 0.95) <= 50


def test_a_battery_that_stops_at_800_w_is_found_out_and_the_grid_keeps_the_rest() -> None:
    """Told as 3 kW, able to give 800 W: no wind-up, no hunting, and back at once when the load is gone."""
    rig = one_battery(noisy([(60.0, 2200.0), (240.0, 300.0)], 300.0))
    rig.house.batteries["garage"].discharge_cap_w = 800.0
    trace = run(rig, 5 * MINUTES)
    device = rig.mind.core.device("garage")
    assert device is not None
    assert device.discharge_cap.most_w == pytest.approx(800, abs=5)
    assert most_w(trace, 247, 250) <= 60
    assert trace.orders <= 25


def test_a_slow_battery_does_not_swing() -> None:
    model = BatteryModel(capacity_wh=50_000, dead_time_s=5.0, ramp_w_per_s=250, floor_pct=0)
    _, quality = judged(10 * MINUTES, 4, told=(5.0, 250.0), model=model)
    within(quality, overshoot_p95_w=0.2 * 2000, reversals_most=1)


@pytest.mark.parametrize("truth", [TRUTH, (0.3, 1e6)], ids=["ramps", "jumps"])
def test_a_meter_that_tells_the_moment_instead_of_a_mean_is_found_out(truth: tuple[float, float]) -> None:
    """Taken for a mean it is half a second early: a quick battery would swing for half a minute at each step."""
    model = BatteryModel(
        capacity_wh=50_000,
        max_charge_w=3000,
        max_discharge_w=3000,
        dead_time_s=truth[0],
        ramp_w_per_s=truth[1],
        floor_pct=0,
    )
    meter = MeterModel(late_s=(0.02, 0.05), momentary=True, seed=3)
    rig, quality = judged(15 * MINUTES, 3, learnt_after_s=8 * MINUTES, told=truth, model=model, meter=meter)
    assert rig.mind.meter_kinds["p1"] == MOMENT
    within(quality, settle_p50_s=3.6, settle_worst_s=8.0, reversals_most=2)

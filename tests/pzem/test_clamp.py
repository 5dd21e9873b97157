"""One module over time, and two of them as the meter of the house."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceError, DeviceUnintelligible
from services.pzem.clamp import Clamp, Measured, net
from services.pzem.config import MeterSettings
from services.pzem.wire import Reading
from tests.pzem.test_wire import v3

SETTINGS = MeterSettings(topic="smeter/pzem/ECS", max_power_w=6000)


def measured(power_w: float, at_s: float) -> Measured:
    """One reading of a module."""
    return Measured(Reading(power_w, 231.0), at_s, round(at_s * 1000))


def test_the_newest_good_reading_is_kept_and_grows_old() -> None:
    clamp = Clamp(SETTINGS)
    clamp.take(v3(power=100), 10.0, 10_000)
    with pytest.raises(DeviceError):
        clamp.take(b'{ "PZEM_READ_ERROR": 3, "pzem_read ": 41, "ppm_err": 7.32}', 30.0, 30_000)
    assert clamp.newest == measured_at_10()
    assert clamp.fresh(39.9, 30.0) is not None
    assert clamp.fresh(40.1, 30.0) is None


def measured_at_10() -> Measured:
    """What was taken at second 10."""
    return Measured(Reading(100.0, 231.4, 1.18, 50.0, 12_340), 10.0, 10_000)


def test_more_than_the_load_can_draw_is_not_believed() -> None:
    with pytest.raises(DeviceUnintelligible, match="max_power_w"):
        Clamp(SETTINGS).take(v3(power=6001), 10.0, 10_000)


def test_a_counter_that_leaps_or_falls_is_unknown_until_it_stays() -> None:
    clamp = Clamp(SETTINGS)
    told = [
        clamp.take(v3(energy=kwh), 2.0 * turn, 0).reading.energy_wh for turn, kwh in enumerate([12.34, 99.0, 12.35])
    ]
    assert told == [12_340, None, 12_350]
    anew = [clamp.take(v3(energy=0.01), 10.0 + 5 * turn, 0).reading.energy_wh for turn in range(20)]
    assert (anew[0], anew[-1]) == (None, 10)


@pytest.mark.promise("3.10-01")
@pytest.mark.parametrize(("consumption_w", "production_w", "grid_w"), [(900, 0, 900), (400, 2600, -2200), (0, 0, 0)])
def test_two_clamps_make_one_signed_meter(consumption_w: float, production_w: float, grid_w: float) -> None:
    both = net(measured(consumption_w, 11.0), measured(production_w, 10.0), apart_s=6)
    assert both is not None
    assert (both.power_w, both.at_ms) == (grid_w, 10_000)


def test_half_a_meter_is_none() -> None:
    assert net(None, measured(900, 10.0), 6) is None
    assert net(measured(900, 10.0), None, 6) is None


def test_readings_that_lie_apart_are_not_subtracted() -> None:
    assert net(measured(900, 10.0), measured(100, 16.1), 6) is None
    assert net(measured(900, 16.1), measured(100, 10.0), 6) is None


@given(st.floats(0, 30_000), st.floats(0, 30_000), st.floats(0, 20), st.floats(0, 20))
def test_the_grid_is_consumption_less_production_or_unknown(
    consumption_w: float, production_w: float, one_s: float, other_s: float
) -> None:
    both = net(measured(consumption_w, one_s), measured(production_w, other_s), 6)
    assert (both is None) == (abs(one_s - other_s) > 6)
    if both is not None:
        assert both.power_w == pytest.approx(consumption_w - production_w, abs=0.001)
        assert both.at_ms == round(min(one_s, other_s) * 1000)


def test_rubbish_between_readings_changes_nothing() -> None:
    clamp = Clamp(SETTINGS)
    clamp.take(v3(power=100), 10.0, 10_000)
    for rubbish in (b"", b"nan", json.dumps([1, 2]).encode(), v3(power=None), v3(voltage=0)):
        with pytest.raises(DeviceError):
            clamp.take(rubbish, 11.0, 11_000)
    assert clamp.newest == measured_at_10()

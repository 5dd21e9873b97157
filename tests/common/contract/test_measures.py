"""What the states of meters, switches and sources may leave out, and what they may not."""

import pytest
from pydantic import ValidationError

from common.contract import MeterState, PvState, SwitchState


def test_a_meter_of_water_tells_no_power() -> None:
    assert MeterState(water_m3=123.456).power_w is None


@pytest.mark.parametrize("other", [{"water_m3": 1.0}, {"gas_m3": 1.0}, {"heat_gj": 1.0}, {"power_w": 0.0}])
def test_a_meter_measures_one_thing_at_least(other: dict[str, float]) -> None:
    MeterState.model_validate(other)
    with pytest.raises(ValidationError, match="a meter tells"):
        MeterState(voltage_l1_v=230.0)


def test_a_switch_without_a_meter_is_fine_and_one_without_a_position_is_not() -> None:
    assert SwitchState(on=False).power_w is None
    with pytest.raises(ValidationError):
        SwitchState.model_validate({"power_w": 0.0})


def test_production_is_never_below_zero() -> None:
    with pytest.raises(ValidationError):
        PvState(production_w=-0.1)

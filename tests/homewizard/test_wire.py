"""What devices say and what it means: values of our own in the shapes they send, and whatever else may come."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import BatteryState, DeviceInfo
from common.contract.devices import Mode
from common.errors import DeviceRefused, DeviceUnintelligible
from common.homewizard import JsonObject
from common.homewizard.answers import judge_v1
from services.homewizard import states, wire
from services.homewizard.group import PERMISSIONS, Group, group, steering
from services.homewizard.ledger import Ledger
from services.homewizard.wire import Reading

FOLDER = Path(__file__).parents[1] / "samples" / "homewizard"


def sample(name: str) -> JsonObject:
    """One payload."""
    document = orjson.loads((FOLDER / f"{name}.json").read_bytes())
    assert isinstance(document, dict)
    return document


def read(name: str) -> Reading:
    """A measurement of ours, believed."""
    return Ledger(25_000).judge(wire.flow(sample(name)), 0.0)[0]


def test_a_socket_of_today() -> None:
    state = states.switch_state(read("socket_21"), wire.position(sample("socket_state")))
    assert (state.on, state.locked, state.power_w) == (True, True, 1987.412)
    assert (state.energy_import_wh, state.energy_export_wh) == (412_087, 0)


def test_a_socket_of_old_firmware_has_tariff_1_only() -> None:
    reading = read("socket_old_firmware")
    assert (reading.power_w, reading.import_wh, reading.export_wh) == (-211, 77_510, 3_902)


def test_a_source_behind_a_meter_produces() -> None:
    state = states.pv_state(read("kwh1_v1"))
    assert (state.production_w, state.energy_production_wh) == (1422.7, 2_871_663)


def test_what_a_source_draws_at_night_is_no_production() -> None:
    reading = Ledger(5000).judge(wire.flow({"active_power_w": 3.2, "total_power_export_kwh": 1.0}), 0.0)[0]
    assert states.pv_state(reading).production_w == 0


def test_swapped_wires_swap_signs_and_counters() -> None:
    inverted = read("kwh1_v1").inverted
    assert (inverted.power_w, inverted.import_wh, inverted.export_wh) == (1422.7, 2_871_663, 3_204)
    assert inverted.flow.power_l1_w == 1422.7
    assert inverted.inverted == read("kwh1_v1")


def test_both_generations_tell_the_same_meter() -> None:
    one, two = states.meter_state(read("kwh3_v1")), states.meter_state(read("kwh3_v2"))
    assert one is not None
    assert two is not None
    powers = {"power_l1_w": 1400, "power_l2_w": 1405, "power_l3_w": 1405}
    assert one.model_copy(update=powers) == two
    assert (two.power_w, two.voltage_l3_v, two.current_l2_a) == (4210, 229.8, 6.1)


def test_a_one_phase_meter_has_its_voltage_on_its_only_phase() -> None:
    state = states.meter_state(read("kwh1_v1"))
    assert state is not None
    assert (state.voltage_l1_v, state.voltage_l2_v) == (236.02, None)


def test_water() -> None:
    assert wire.water_m3(sample("water")) == 512.906


@pytest.mark.parametrize("document", [{}, {"total_liter_m3": None}, {"total_liter_m3": -1}, {"total_liter_m3": "1"}])
def test_water_that_is_not_told_is_not_zero(document: JsonObject) -> None:
    with pytest.raises(DeviceUnintelligible):
        wire.water_m3(document)


def test_a_battery_discharges_below_zero() -> None:
    state = states.battery_state(read("battery"))
    assert (state.power_w, state.soc_pct) == (-612, 37.25)
    assert (state.energy_import_wh, state.energy_export_wh) == (201_770, 164_020)


@pytest.mark.parametrize("soc_pct", [-0.1, 100.1, None])
def test_a_charge_that_cannot_be_is_unknown(soc_pct: float | None) -> None:
    assert wire.charge_pct(wire.flow({"state_of_charge_pct": soc_pct})) is None


def test_null_is_not_zero() -> None:
    reading = Ledger(5000).judge(wire.flow({"active_power_w": None, "total_power_import_kwh": None}), 0.0)[0]
    assert (reading.power_w, reading.import_wh) == (None, None)
    assert states.meter_state(reading) is None
    assert states.pv_state(reading).production_w is None
    assert states.battery_state(reading).quality == "bad"


@pytest.mark.parametrize("value", ["12", True, [1], {"w": 1}, float("nan"), float("inf")])
@pytest.mark.parametrize("key", ["active_power_w", "total_power_import_kwh", "state_of_charge_pct"])
def test_a_value_that_is_no_number_makes_an_answer_unusable(key: str, value: Any) -> None:  # of any wrong type
    with pytest.raises(DeviceUnintelligible):
        wire.flow({key: value})


@pytest.mark.parametrize("document", [{}, {"power_on": 1}, {"power_on": None}, {"power_on": True, "switch_lock": "no"}])
def test_a_position_that_is_not_told_is_unknown(document: JsonObject) -> None:
    with pytest.raises(DeviceUnintelligible):
        wire.position(document)


def test_a_refusal_by_the_lock_is_a_refusal() -> None:
    with pytest.raises(DeviceRefused, match="error 8"):
        judge_v1(400, orjson.dumps(sample("socket_refuses_while_locked")), "/api/v1/state")


GROUPS = {
    "batteries_2_1": ("self_consumption", None, False, False),
    "batteries_2_2_charge_only": ("charge_only", 2, True, False),
    "batteries_2_3_filling": ("charge_full", 2, True, True),
    "batteries_2_3_predictive": ("cloud", 1, True, True),
    "batteries_none": ("standby", 0, True, False),
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_in_our_words(name: str) -> None:
    said = group(sample(name))
    assert (said.mode, said.count, said.has_permissions, said.has_charge_to_full) == GROUPS[name]


def test_a_group_without_batteries_has_no_power() -> None:
    said = group(sample("batteries_none"))
    assert (said.power_w, said.target_w, said.min_w, said.max_w) == (None, None, 0.0, 0.0)


def test_the_limits_of_a_group_are_signed() -> None:
    said = group(sample("batteries_2_2_charge_only"))
    assert (said.min_w, said.max_w, said.power_w, said.target_w) == (-800, 1600, 311, 305)


def test_a_mode_that_nobody_knows_yet_is_passed_on() -> None:
    assert group({"mode": "holiday"}).mode == "holiday"


@pytest.mark.parametrize("document", [{}, {"mode": 1}, {"mode": "zero", "permissions": "all"}, {"mode": "x" * 80}])
def test_a_group_that_makes_no_sense_is_not_understood(document: JsonObject) -> None:
    with pytest.raises(DeviceUnintelligible):
        group(document)


def carried_out(now: JsonObject, values: JsonObject) -> JsonObject:
    """What a meter makes of a PUT, after the fact sheet."""
    return {**now, **values}


@pytest.mark.parametrize("mode", [*PERMISSIONS, "charge_full"])
@pytest.mark.parametrize("name", GROUPS)
def test_at_most_two_writes_lead_to_every_mode(name: str, mode: Mode) -> None:
    document = sample(name)
    if mode not in group(document).modes:
        return
    for _ in range(2):
        if (now := group(document)).mode != mode:
            document = carried_out(document, steering(mode, now))
    assert group(document).mode == mode


@given(
    st.dictionaries(st.sampled_from(["mode", "permissions", "charge_to_full", "battery_count", "power_w"]), st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.lists(st.text(max_size=5)))),
)  # fmt: skip
def test_whatever_is_said_of_a_group_is_understood_or_refused(document: dict[str, Any]) -> None:  # anything
    try:
        said = group(document)
    except DeviceUnintelligible:
        return
    assert isinstance(said, Group)
    assert said.modes


KEYS = st.sampled_from([*sample("socket_21"), *sample("kwh3_v2"), *sample("battery"), "power_on", "total_liter_m3"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10))


@given(st.dictionaries(KEYS, VALUES))
def test_whatever_a_device_says_is_understood_or_refused(document: dict[str, Any]) -> None:  # anything
    for understand in (wire.flow, wire.position, wire.water_m3):
        try:
            understand(document)
        except DeviceUnintelligible:
            continue


@given(st.dictionaries(KEYS, st.one_of(st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))))
def test_what_was_understood_can_always_be_said(document: dict[str, Any]) -> None:  # numbers of any size
    """A value beyond the contract's bounds must end at the wire: later it would end the process."""
    try:
        reading, _ = Ledger(4000).judge(wire.flow(document), 0.0)
    except DeviceUnintelligible:
        return
    for turned in (reading, reading.inverted):
        for say in (states.meter_state, states.load_state, states.pv_state, states.battery_state):
            say(turned)
        states.switch_state(turned, wire.Position(power_on=True))


@given(
    st.fixed_dictionaries(
        {"mode": st.sampled_from(["zero", "to_full", "standby"])},
        optional=dict.fromkeys(
            ("battery_count", "power_w", "target_power_w", "max_consumption_w", "max_production_w"),
            st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
        ),
    )
)
def test_what_was_understood_of_a_group_can_always_be_said(document: dict[str, Any]) -> None:  # numbers of any size
    try:
        said = group(document)
    except DeviceUnintelligible:
        return
    BatteryState(power_w=said.power_w, target_w=said.target_w, batteries=said.count, mode=said.mode)
    DeviceInfo(vendor="", model="", poll_s=5, stale_after_s=15, min_w=said.min_w, max_w=said.max_w)


@given(st.floats(-4000, 4000), st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_is_believed_can_be_said(power_w: float, bought_kwh: float, sold_kwh: float) -> None:
    document = {"power_w": power_w, "energy_import_kwh": bought_kwh, "energy_export_kwh": sold_kwh}
    reading, doubts = Ledger(4000).judge(wire.flow(document), 0.0)
    assert not doubts
    state = states.meter_state(reading)
    assert state is not None
    assert (states.pv_state(reading).production_w or 0.0) == max(0.0, -power_w)
    assert states.load_state(reading).power_w == power_w


RECORDED = ("v1_data_skt_11", "v1_data_skt_21", "v1_data_skt_old_firmware", "v1_data_kwh1", "v1_data_kwh3",
            "v2_measurement_kwh1", "v2_measurement_kwh3", "v2_measurement_bat")  # fmt: skip


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_measurements_are_understood(shared: Path, name: str) -> None:
    document = orjson.loads((shared / "protocols" / "samples" / "homewizard" / f"{name}.json").read_bytes())
    reading, doubts = Ledger(25_000).judge(wire.flow(document), 0.0)
    assert not doubts
    assert None not in (reading.power_w, reading.import_wh, reading.export_wh)


@pytest.mark.parametrize("name", ["api_2_1_0", "api_2_2_0", "api_2_3_0", "none_connected", "to_full"])
def test_recorded_groups_are_understood(shared: Path, name: str) -> None:
    document = orjson.loads(
        (shared / "protocols" / "samples" / "homewizard" / f"v2_batteries_{name}.json").read_bytes()
    )
    assert group(document).mode in (*PERMISSIONS, "charge_full", "cloud")

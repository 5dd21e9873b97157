"""The dongle's JSON: each oddity of the field, both generations, and what no input may do."""

import math
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import MeterState
from common.errors import DeviceError, DeviceUnintelligible
from common.homewizard import JsonObject, NoTelegram
from services.p1.wire import meter_clock, telegram
from tests.p1.samples import sample

ZONE = ZoneInfo("Europe/Amsterdam")
NEAR_MS = 1_776_502_808_000
"""2026-04-18, 11:00:08 in Amsterdam."""
NUMBERS = ("power_w", "active_power_w", "power_l2_w", "active_voltage_l1_v", "energy_import_kwh", "total_gas_m3")


def state(document: JsonObject) -> MeterState:
    """What the contract's meter would say."""
    return telegram(document, ZONE, NEAR_MS).state


def known(document: JsonObject) -> dict[str, object]:
    """Only what is known."""
    return state(document).model_dump(exclude_none=True)


def test_v1_says_everything_under_its_own_names() -> None:
    assert known(sample("v1_three_phase")) == {
        "power_w": -812.0, "power_l1_w": -1105.0, "power_l2_w": 211.0, "power_l3_w": 82.0,
        "voltage_l1_v": 236.4, "voltage_l2_v": 231.0, "voltage_l3_v": 230.7,
        "current_l1_a": -4.674, "current_l2_a": 0.913, "current_l3_a": 0.355, "frequency_hz": 49.98,
        "energy_import_wh": 8_123_456, "energy_export_wh": 2_345_000,
        "energy_import_t1_wh": 5_001_234, "energy_import_t2_wh": 3_122_222,
        "energy_export_t1_wh": 1_000_000, "energy_export_t2_wh": 1_345_000,
        "quarter_hour_w": 431.0, "month_peak_w": 4210.0, "month_peak_ts_ms": 1_775_925_000_000,
        "tariff": 2, "gas_m3": 914.337, "water_m3": 77.125, "heat_gj": 12.84, "quality": "good",
    }  # fmt: skip


def test_v2_says_the_same_under_its_names_and_when_it_was() -> None:
    v2 = telegram(sample("v2_three_phase"), ZONE, NEAR_MS)
    assert (v2.stamp, v2.protocol) == ("2026-04-18T11:00:07", 50)
    assert v2.state.device_ts_ms == NEAR_MS - 1000
    assert (v2.state.power_w, v2.state.power_l2_w, v2.state.current_l2_a) == (1510, -20, -1)
    assert (v2.state.energy_import_wh, v2.state.gas_m3, v2.state.tariff) == (8_123_456, 914.337, 1)
    assert v2.state.month_peak_ts_ms == state(sample("v1_three_phase")).month_peak_ts_ms


@pytest.mark.parametrize("name", ["v1_old_firmware", "v2_one_phase"])
def test_totals_are_summed_where_the_firmware_leaves_them_out(name: str) -> None:
    """homewizard.md 3: sum of the tariffs that exist."""
    assert (state(sample(name)).energy_import_wh, state(sample(name)).energy_export_wh) == (2_000_750, 125)


def test_null_is_not_zero() -> None:
    """homewizard.md 5.10: absent and null are both unknown."""
    old = state(sample("v1_old_firmware"))
    assert (old.power_l1_w, old.power_l2_w, old.gas_m3, old.voltage_l1_v) == (333, None, None, None)


def test_a_meter_without_neutral_knows_no_phases() -> None:
    """homewizard.md 3: Belgian 3×230 V reports 0 on every phase; only the total is valid, and L2 has no voltage."""
    assert known(sample("v1_three_wire")) == {
        "power_w": -95.0, "voltage_l1_v": 231.2, "voltage_l3_v": 229.9, "current_l1_a": 1.8, "current_l3_a": 1.1,
        "quality": "good",
    }  # fmt: skip


def test_a_house_that_draws_nothing_knows_its_phases() -> None:
    idle = state({"power_w": 0, "power_l1_w": 0, "power_l2_w": 0, "power_l3_w": 0})
    assert (idle.power_w, idle.power_l1_w, idle.power_l3_w) == (0, 0, 0)


def test_the_total_is_the_meters_own_and_never_a_sum() -> None:
    """homewizard.md 3: l1+l2+l3 may differ by a few W."""
    assert state({"power_w": 100, "power_l1_w": 30, "power_l2_w": 30, "power_l3_w": 30}).power_w == 100
    with pytest.raises(NoTelegram):
        state({"power_l1_w": 30, "power_l2_w": 30, "power_l3_w": 30})


def test_of_two_gas_meters_the_newer_reading_counts() -> None:
    """homewizard.md 3: an exchanged meter may still be listed beside its successor."""
    assert state(sample("v1_exchanged_gas_meter")).gas_m3 == 4.25


def test_wild_clocks_do_not_hide_a_value() -> None:
    """homewizard.md 5.12: `700101000000` and `632525252525` were seen; a date in the future is as wild."""
    wild = state(sample("v1_meters_with_wild_clocks"))
    assert (wild.gas_m3, wild.water_m3, wild.month_peak_ts_ms) == (55.5, 6.5, None)


def test_incomplete_meters_are_left_out() -> None:
    assert known(sample("v2_incomplete_externals")) == {"power_w": 10, "quality": "good"}


def test_a_tariff_that_nobody_knows_is_unknown() -> None:
    assert state({"power_w": 1, "tariff": 7}).tariff is None
    assert state({"power_w": 1, "active_tariff": 2.0}).tariff == 2


def test_negative_values_keep_their_sign() -> None:
    """homewizard.md 5.14."""
    fed = state({"power_w": -5000, "power_l1_w": -5000, "current_l1_a": -21.7})
    assert (fed.power_w, fed.power_l1_w, fed.current_l1_a) == (-5000, -5000, -21.7)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [True, "230", math.nan, math.inf, [1], {"w": 1}])
def test_what_is_no_number_makes_the_telegram_unusable(name: str, value: object) -> None:
    """homewizard.md 5.11, F14."""
    document: JsonObject = {} if name.endswith("power_w") else {"power_w": 1.0}
    document[name] = value  # type: ignore[assignment]  # NaN and the like are what is tested
    with pytest.raises(DeviceUnintelligible):
        state(document)


@pytest.mark.parametrize(
    "bad", [{"energy_import_kwh": -1.0}, {"power_w": 1e7}, {"voltage_l1_v": 1e5}, {"power_w": 10**400}]
)
def test_numbers_no_house_can_have_make_it_unusable(bad: JsonObject) -> None:
    with pytest.raises(DeviceUnintelligible):
        state({"power_w": 1.0, **bad})


def test_without_power_there_is_no_telegram() -> None:
    """The cable is out: fields are gone, or null."""
    for document in ({}, {"wifi_strength": 50}, {"active_power_w": None, "total_gas_m3": 3.0}):
        with pytest.raises(NoTelegram):
            state(document)  # type: ignore[arg-type]  # mypy takes the common type of the three for too wide


@pytest.mark.parametrize("stamp", ["yesterday", 5, None, "2026-13-01T00:00:00", "1999-01-01T00:00:00"])
def test_a_stamp_that_is_nonsense_is_no_stamp(stamp: str | int | None) -> None:
    assert telegram({"power_w": 1, "timestamp": stamp}, ZONE, NEAR_MS).stamp is None


def test_the_meters_clock_is_read_out_of_the_raw_telegram() -> None:
    assert (
        meter_clock("/SIM5\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(260418110007S)\r\n1-0:1.7.0(00.1*kW)\r\n!AAAA")
        == "260418110007S"
    )
    assert meter_clock("/OLD3\r\n\r\n1-0:1.7.0(0000.12*kW)\r\n!") is None


def test_the_recorded_dongles_are_understood(shared: Path) -> None:
    """Every P1 payload on record is a state, or says that there is none."""
    recorded = sorted((shared / "protocols/samples/homewizard").glob("v*_p1_*.json"))
    understood = 0
    for path in recorded:
        if "data" not in path.name and "measurement" not in path.name:
            continue
        document = orjson.loads(path.read_bytes())
        try:
            found = state(document)
        except NoTelegram:
            assert "external" in path.name
            continue
        assert found.power_w == document.get("power_w", document.get("active_power_w"))
        understood += 1
    assert understood >= 8


texts = st.text(alphabet="0123456789.-:Tem", max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
entries = st.dictionaries(st.sampled_from(["unique_id", "type", "value", "unit", "timestamp"]), scalars, max_size=5)
anything = scalars | st.lists(entries, max_size=3) | entries
names = st.sampled_from([*sample("v1_three_phase"), *sample("v2_three_phase")])


@given(st.dictionaries(names, anything, max_size=8), st.floats(-9e5, 9e5, allow_nan=False))
def test_whatever_comes_is_a_finite_state_or_a_device_error(document: JsonObject, power_w: float) -> None:
    """I6: no NaN, Infinity, bool or text leaves; nothing but a DeviceError is raised."""
    try:
        found = state({"active_power_w": power_w, **document})
    except DeviceError:
        return
    for name, value in found.model_dump(exclude={"quality"}, exclude_none=True).items():
        assert isinstance(value, int | float), name
        assert not isinstance(value, bool), name
        assert math.isfinite(value), name


@given(st.floats(0, 1e6, allow_nan=False), st.floats(0, 1e6, allow_nan=False))
def test_a_counter_is_whole_watt_hours_to_within_a_half(import_kwh: float, export_kwh: float) -> None:
    found = state({"power_w": 0, "energy_import_kwh": import_kwh, "total_power_export_kwh": export_kwh})
    assert found.energy_import_wh is not None
    assert found.energy_export_wh is not None
    assert abs(found.energy_import_wh - import_kwh * 1000) <= 0.51
    assert abs(found.energy_export_wh - export_kwh * 1000) <= 0.51


@given(st.integers(-60_000, 60_000))
def test_both_generations_mean_the_same_power(power_w: int) -> None:
    assert state({"power_w": power_w}) == state({"active_power_w": float(power_w)})

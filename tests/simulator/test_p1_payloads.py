"""One telegram in three languages: v1, v2 and the raw one say the same."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.simulator.p1_meter.dsmr import crc16, telegram_text
from services.simulator.p1_meter.payloads import JsonObject, v1_data, v2_measurement
from services.simulator.p1_meter.smart_meter import SmartMeter, Telegram, Wiring
from services.simulator.physics import House, Steps

ZONE = ZoneInfo("Europe/Amsterdam")


def telegram(
    net_w: float = 840.0, at: datetime = datetime(2026, 4, 18, 9, 0, 5, tzinfo=UTC), wiring: Wiring = "three_phase"
) -> Telegram:
    """A telegram of a house that draws or feeds in."""
    house = House(Steps(max(0.0, net_w)), Steps(max(0.0, -net_w)), {})
    house.advance_to(5)
    return SmartMeter(house, ZONE, wiring=wiring).read(at)


def obis(text: str, code: str) -> str:
    """The value behind an OBIS code in a raw telegram."""
    found = re.search(rf"^{re.escape(code)}\((.*)\)\r$", text, re.MULTILINE)
    assert found is not None, code
    return found[1]


@given(st.integers(-17_000, 17_000))
def test_power_is_the_same_in_all_three(net_w: int) -> None:
    heard = telegram(float(net_w))
    text = telegram_text(heard)
    raw_kw = float(obis(text, "1-0:1.7.0").removesuffix("*kW")) - float(obis(text, "1-0:2.7.0").removesuffix("*kW"))
    assert v1_data(heard)["active_power_w"] == v2_measurement(heard)["power_w"] == net_w
    assert round(raw_kw * 1000) == net_w


def test_registers_are_the_same_in_all_three() -> None:
    heard = telegram()
    v1, v2, text = v1_data(heard), v2_measurement(heard), telegram_text(heard)
    for tariff in (1, 2):
        raw_kwh = float(obis(text, f"1-0:1.8.{tariff}").removesuffix("*kWh"))
        assert v1[f"total_power_import_t{tariff}_kwh"] == v2[f"energy_import_t{tariff}_kwh"] == raw_kwh
    assert v1["total_power_import_kwh"] == v2["energy_import_kwh"] == sum(heard.import_wh) / 1000


@pytest.mark.parametrize(
    ("at", "v2", "raw"),
    [
        (datetime(2026, 7, 1, 10, 0, 9, tzinfo=UTC), "2026-07-01T12:00:09", "260701120009S"),
        (datetime(2026, 12, 1, 10, 0, 9, tzinfo=UTC), "2026-12-01T11:00:09", "261201110009W"),
        (datetime(2026, 10, 25, 0, 30, 0, tzinfo=UTC), "2026-10-25T02:30:00", "261025023000S"),
        (datetime(2026, 10, 25, 1, 30, 0, tzinfo=UTC), "2026-10-25T02:30:00", "261025023000W"),
    ],
)
def test_only_the_raw_telegram_tells_summer_from_winter(at: datetime, v2: str, raw: str) -> None:
    """homewizard.md 5.13: the telegram's W/S letter is not passed on."""
    heard = telegram(at=at)
    assert v2_measurement(heard)["timestamp"] == v2
    assert obis(telegram_text(heard), "0-0:1.0.0") == raw


def test_v1_spells_the_peak_without_its_h() -> None:
    assert "montly_power_peak_w" in v1_data(telegram())
    assert "monthly_power_peak_w" in v2_measurement(telegram())


def test_v1_has_no_time_of_its_own_for_power() -> None:
    """homewizard.md 5.4: only gas and the peak are dated."""
    dated = {key for key in v1_data(telegram()) if "timestamp" in key}
    assert dated == {"montly_power_peak_timestamp", "gas_timestamp"}


@pytest.mark.parametrize(("wiring", "phases"), [("one_phase", 1), ("three_phase", 3), ("three_wire", 3)])
def test_there_are_as_many_phases_as_wires(wiring: Wiring, phases: int) -> None:
    heard = telegram(wiring=wiring)
    documents: tuple[JsonObject, ...] = (v1_data(heard), v2_measurement(heard))
    assert [len([key for key in document if re.search(r"power_l\d_w", key)]) for document in documents] == [phases] * 2


@given(st.binary(min_size=1, max_size=60), st.integers(0, 59), st.integers(1, 255))
def test_a_changed_byte_changes_the_checksum(data: bytes, place: int, change: int) -> None:
    place %= len(data)
    damaged = data[:place] + bytes([data[place] ^ change]) + data[place + 1 :]
    assert crc16(damaged) != crc16(data)

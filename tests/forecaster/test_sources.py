"""What weather services say, in their own words, and everything else that may come instead."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceError, DeviceRefused, DeviceUnintelligible
from services.forecaster.core.plant import Plane, Weather
from services.forecaster.sources import forecast_solar, open_meteo
from services.forecaster.sources.source import plausible
from tests.forecaster.days import DAY_S, NOON_S, PLANT, SOUTH, roof

FIELDS = open_meteo.FIELDS


def quarters(**values: list[float | None]) -> bytes:
    """An answer by quarters from 12:15 on."""
    count = len(next(iter(values.values())))
    return answer({"time": [NOON_S + 900 * (k + 1) for k in range(count)], **values})


def answer(steps: dict[str, Any], block: str = "minutely_15") -> bytes:
    return json.dumps(
        {"latitude": 48.86, "utc_offset_seconds": 0, f"{block}_units": {"time": "unixtime"}, block: steps}
    ).encode()


def test_radiation_is_the_mean_of_the_quarter_before_its_stamp() -> None:
    told = open_meteo.weather(quarters(global_tilted_irradiance=[500.0, None], temperature_2m=[21.5, 22]))
    assert told == {NOON_S: Weather(tilted_w_m2=500, air_c=21.5), NOON_S + 900: Weather(air_c=22)}


def test_an_hour_is_told_of_its_four_quarters() -> None:
    told = open_meteo.weather(answer({"time": [NOON_S + 3600], "shortwave_radiation": [400]}, "hourly"))
    assert sorted(told) == [NOON_S, NOON_S + 900, NOON_S + 1800, NOON_S + 2700]
    assert {each.global_w_m2 for each in told.values()} == {400}


def test_the_question_names_the_plane_as_they_do() -> None:
    """Their azimuth counts from south, west positive; ours is a compass."""
    asked = {
        az: open_meteo.query(roof(), Plane(peak_w=1, tilt_deg=40, azimuth_deg=az, loss=0), None)
        for az in (0, 90, 180, 270)
    }
    assert [asked[az]["azimuth"] for az in (0, 90, 180, 270)] == ["-180", "-90", "0", "90"]
    assert asked[90]["tilt"] == "40"
    assert asked[90]["wind_speed_unit"] == "ms"
    assert "apikey" not in asked[90]
    assert open_meteo.query(roof(), SOUTH, "k")["apikey"] == "k"


def test_a_site_is_known_where_the_weather_is_known_at_each_of_its_planes() -> None:
    site = roof(SOUTH, Plane(peak_w=2000, tilt_deg=35, azimuth_deg=90, loss=0.1))
    south, east = {NOON_S: Weather(500), NOON_S + 900: Weather(500)}, {NOON_S: Weather(300), NOON_S + 900: Weather()}
    found = open_meteo.power(site, [south, east])
    assert list(found) == [NOON_S]
    assert found[NOON_S] == pytest.approx(SOUTH.power_w(500, None, None) + 0.5 * SOUTH.power_w(300, None, None))


def test_a_refusal_is_told_with_its_reason() -> None:
    with pytest.raises(DeviceRefused, match="Latitude must be in range"):
        open_meteo.weather(b'{"error": true, "reason": "Latitude must be in range of -90 to 90"}')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b"{",
        quarters(global_tilted_irradiance=[1e6]),
        quarters(global_tilted_irradiance=[-500.0]),
        b'{"minutely_15": {"time": [1, 2], "shortwave_radiation": [NaN, 1]}}',
        b'{"minutely_15": {"time": [1, 2], "shortwave_radiation": ["5", true]}}',
        answer({"time": [NOON_S, NOON_S + 900], "shortwave_radiation": [1.0]}),
        answer({"time": [], "shortwave_radiation": []}),
    ],
    ids=["nothing", "a page", "a list", "half", "a megawatt", "far below zero", "NaN", "text", "too few", "no time"],
)
def test_nonsense_is_no_weather(body: bytes) -> None:
    with pytest.raises(DeviceUnintelligible):
        open_meteo.weather(body)


def test_an_answer_without_steps_tells_nothing() -> None:
    with pytest.raises(DeviceUnintelligible, match="nothing about the sun"):
        plausible(open_meteo.power(roof(), [open_meteo.weather(b"{}")]), roof(), "it")


def test_a_sun_that_is_dark_at_noon_is_no_weather() -> None:
    """All zero is what a broken model gives; the darkest day has some light while the sun is high."""
    day = range(NOON_S - DAY_S // 2, NOON_S + DAY_S // 2, 900)
    with pytest.raises(DeviceUnintelligible, match="dark"):
        plausible(dict.fromkeys(day, 0.0), roof(), "it")
    dull = {at: 0.02 * PLANT.clear_w(at) for at in day}
    assert plausible(dull, roof(), "it") == dull, "and zero at night is right"


@given(st.binary(max_size=200))
def test_whatever_comes_only_our_errors_come_out(body: bytes) -> None:
    for read in (open_meteo.weather, forecast_solar.power):
        try:
            read(body)
        except DeviceError:
            continue
    forecast_solar.retry_at_ms(body)


def estimate(**watts: float) -> bytes:
    return json.dumps({"result": {"watts": watts}, "message": {"code": 0, "type": "success"}}).encode()


def test_forecast_solar_s_instants_become_quarters() -> None:
    body = estimate(**{"2026-06-18T12:00:00+00:00": 1000, "2026-06-18T13:00:00+00:00": 2000, "2026-06-18 13:30:00": 0})
    found = forecast_solar.power(body)
    assert [found[NOON_S + 900 * k] for k in range(6)] == [1125, 1375, 1625, 1875, 1500, 500]


def test_its_path_names_the_plane_as_they_do() -> None:
    west = Plane(peak_w=3250, tilt_deg=34.6, azimuth_deg=270, loss=0)
    assert forecast_solar.path(roof(), west, None) == "/estimate/48.8500/2.3500/35/90/3.25"
    assert forecast_solar.path(roof(), SOUTH, "key") == "/key/estimate/48.8500/2.3500/35/0/4"


@pytest.mark.parametrize(
    "body", [b"", b'{"result": {}}', b'{"result": {"watts": {"noon": 5}}}', estimate(**{"2026-06-18T12:00:00Z": -5})]
)
def test_nonsense_of_forecast_solar_is_no_power(body: bytes) -> None:
    with pytest.raises(DeviceUnintelligible, match=r"forecast\.solar"):
        forecast_solar.power(body)


def test_a_refusal_says_when_to_come_back() -> None:
    limit = {"period": 3600, "limit": 12, "retry-at": "2026-06-18T14:20:00+02:00"}
    body = json.dumps({"result": None, "message": {"code": 429, "ratelimit": limit}}).encode()
    assert forecast_solar.retry_at_ms(body) == round(datetime(2026, 6, 18, 12, 20, tzinfo=UTC).timestamp() * 1000)
    assert forecast_solar.retry_at_ms(b'{"message": {}}') is None
    assert forecast_solar.retry_at_ms(b"<html>") is None


def test_planes_are_summed_and_clipped_by_the_inverter() -> None:
    site = roof(SOUTH, SOUTH, inverter_w=3000)
    found = forecast_solar.summed([{NOON_S: 1000.0, NOON_S + 900: 2000.0}, {NOON_S: 900.0, NOON_S + 900: 2000.0}], site)
    assert found == {NOON_S: 1900, NOON_S + 900: 3000}

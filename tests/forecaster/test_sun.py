"""Geometry and light beside pvlib. The figures in the sample were computed once with the version it names:

zenith and azimuth by `solarposition.get_solarposition(method="nrel_numpy")`, light beyond the air by
`irradiance.get_extra_radiation(method="nrel")`, clear sky by `clearsky.haurwitz`, the split by `irradiance.erbs` (day
172 of the year), tilted light by `irradiance.get_total_irradiance(model="haydavies", albedo=0.2)`, power by
`temperature.faiman` and `pvsystem.pvwatts_dc(pdc0=1000, gamma_pdc=-0.0035)`.
"""

import json
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.means import QUARTER_S
from services.forecaster.core.plant import Plane, Plant, Site, Weather
from services.forecaster.core.sky import Irradiance, clear_sky, on_plane, split
from services.forecaster.core.sun import SunPosition, position
from tests.forecaster.days import DAY_S, NOON_S, PLANT, SOUTH, roof

SAMPLE: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "samples" / "forecaster" / "pvlib.json").read_text()
)  # numbers and names, by what they are about
LEVEL = Plane(peak_w=1000, tilt_deg=0, azimuth_deg=0, loss=0)
AGES = st.integers(min_value=0, max_value=2_400_000_000)
LATITUDES = st.floats(min_value=-66, max_value=66)
LONGITUDES = st.floats(min_value=-180, max_value=180)


@pytest.mark.parametrize("case", SAMPLE["sun"], ids=lambda case: f"{case['place']} {case['time_s']}")
def test_the_sun_stands_where_pvlib_says(case: dict[str, Any]) -> None:
    sun = position(case["time_s"], case["latitude_deg"], case["longitude_deg"])
    assert sun.zenith_deg == pytest.approx(case["zenith_deg"], abs=0.02)
    assert (sun.azimuth_deg - case["azimuth_deg"] + 180) % 360 - 180 == pytest.approx(0, abs=0.02)
    assert sun.beyond_air_w_m2 == pytest.approx(case["beyond_air_w_m2"], abs=0.5)


@pytest.mark.parametrize("case", SAMPLE["clear_sky"], ids=lambda case: f"zenith {case['zenith_deg']}")
def test_a_clear_sky_is_as_bright_as_pvlib_says(case: dict[str, Any]) -> None:
    found = clear_sky(SunPosition(case["zenith_deg"], 180, 1360))
    assert found.global_w_m2 == pytest.approx(case["global_w_m2"], abs=0.01)


@pytest.mark.parametrize("case", SAMPLE["split"], ids=lambda case: f"{case['global_w_m2']} at {case['zenith_deg']}")
def test_global_light_is_split_as_pvlib_does(case: dict[str, Any]) -> None:
    found = split(case["global_w_m2"], SunPosition(case["zenith_deg"], 180, case["beyond_air_w_m2"]))
    assert found.direct_w_m2 == pytest.approx(case["direct_w_m2"], abs=0.01)
    assert found.diffuse_w_m2 == pytest.approx(case["diffuse_w_m2"], abs=0.01)


@pytest.mark.parametrize("case", SAMPLE["on_plane"], ids=lambda case: f"{case['tilt_deg']} at {case['zenith_deg']}")
def test_a_tilted_plane_gets_what_pvlib_says(case: dict[str, Any]) -> None:
    light = Irradiance(case["global_w_m2"], case["direct_w_m2"], case["diffuse_w_m2"])
    sun = SunPosition(case["zenith_deg"], case["azimuth_deg"], case["beyond_air_w_m2"])
    found = on_plane(light, sun, case["tilt_deg"], case["plane_azimuth_deg"])
    assert found == pytest.approx(case["tilted_w_m2"], abs=0.01)


@pytest.mark.parametrize("case", SAMPLE["power"], ids=lambda case: f"{case['sunlight_w_m2']} W/m²")
def test_modules_give_what_pvlib_says(case: dict[str, Any]) -> None:
    found = LEVEL.power_w(case["sunlight_w_m2"], case["air_c"], case["wind_m_s"])
    assert found == pytest.approx(case["power_w"], abs=0.01)


@given(AGES, LATITUDES, LONGITUDES, st.floats(0, 90), st.floats(0, 360))
def test_light_is_finite_and_never_below_nothing(
    time_s: int, latitude: float, longitude: float, tilt_deg: float, azimuth_deg: float
) -> None:
    sun = position(time_s, latitude, longitude)
    light = clear_sky(sun)
    found = on_plane(light, sun, tilt_deg, azimuth_deg)
    assert isfinite(found)
    assert 0 <= found <= 1.6 * 1366
    assert sun.zenith_deg < 90 or found == 0


def test_an_inverter_gives_no_more_than_it_can() -> None:
    weather = [Weather(tilted_w_m2=1000, air_c=0, wind_m_s=5)]
    free, bound = roof().power_w(NOON_S, weather), roof(inverter_w=2500).power_w(NOON_S, weather)
    assert free is not None
    assert free > 3500
    assert bound == 2500


def test_no_roof_gives_far_more_than_its_modules() -> None:
    assert roof().power_w(NOON_S, [Weather(tilted_w_m2=1800, air_c=-30, wind_m_s=20)]) == 1.2 * 4000


def test_sunlight_on_the_plane_is_believed_before_any_other() -> None:
    told = Weather(tilted_w_m2=500, global_w_m2=900, direct_w_m2=900, diffuse_w_m2=100, air_c=25, wind_m_s=2)
    only = Weather(tilted_w_m2=500, air_c=25, wind_m_s=2)
    assert roof().power_w(NOON_S, [told]) == roof().power_w(NOON_S, [only])


@pytest.mark.parametrize("tilted", [None, -84.0])
def test_without_it_the_plane_s_light_is_made_of_direct_and_diffuse(tilted: float | None) -> None:
    """Services have told of sunlight below zero near the horizon; that is no sunlight."""
    told = Weather(tilted, global_w_m2=800, direct_w_m2=700, diffuse_w_m2=150, air_c=20, wind_m_s=3)
    site = roof()
    sun = site.sun(NOON_S)
    expected = SOUTH.power_w(on_plane(Irradiance(800, 700, 150), sun, 35, 180), 20, 3)
    assert site.power_w(NOON_S, [told]) == pytest.approx(expected)


def test_global_light_alone_is_split_first() -> None:
    site = roof()
    sun = site.sun(NOON_S)
    expected = SOUTH.power_w(on_plane(split(600, sun), sun, 35, 180), None, None)
    assert site.power_w(NOON_S, [Weather(global_w_m2=600)]) == pytest.approx(expected)


def test_a_site_of_which_one_plane_is_not_known_is_not_known() -> None:
    known = Weather(tilted_w_m2=500)
    assert roof(SOUTH, SOUTH).power_w(NOON_S, [known, Weather()]) is None
    assert roof(SOUTH, SOUTH).power_w(NOON_S, [known, known]) is not None


@pytest.mark.promise("2.10-12")
def test_a_house_s_sun_is_the_sum_of_all_sites_each_clipped_by_its_own_inverter() -> None:
    east = Site(48.85, 2.35, (Plane(peak_w=3000, tilt_deg=40, azimuth_deg=90, loss=0.1),), None)
    west = Site(48.85, 2.35, (Plane(peak_w=3000, tilt_deg=40, azimuth_deg=270, loss=0.1),), 1000)
    both = Plant((east, west))
    for start_s in range(NOON_S - DAY_S // 2, NOON_S + DAY_S // 2, QUARTER_S):
        assert both.clear_w(start_s) == pytest.approx(east.clear_w(start_s) + west.clear_w(start_s))
    morning, evening = NOON_S - 5 * 3600, NOON_S + 5 * 3600
    assert east.clear_w(morning) > 2 * east.clear_w(evening)
    assert west.clear_w(evening) == 1000 > west.clear_w(morning)
    assert both.limit_w == 3600 + 1000


def test_below_the_horizon_there_is_no_sun() -> None:
    assert PLANT.clear_w(NOON_S - DAY_S // 2) == 0
    assert PLANT.clear_w(NOON_S) > 3000

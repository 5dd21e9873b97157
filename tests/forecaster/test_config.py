"""What an owner may write, and what is told of a slip."""

from pathlib import Path

import pytest

from common.config import load
from common.errors import ConfigError
from services.forecaster.config import Config
from services.forecaster.core.plant import Plane, Site

ROOF = "{latitude: 48.85, longitude: 2.35, planes: [{peak_w: 3000}]}"
MANY = "{latitude: 48.85, longitude: 2.35, planes: [" + ", ".join(["{peak_w: 300}"] * 11) + "]}"


def read(folder: Path, section: str) -> Config:
    file = folder / "ballast.yaml"
    file.write_text(f"forecaster: {section}\n")
    return load(file, {"forecaster": Config}, {}).section("forecaster", Config)


def test_a_roof_needs_a_place_and_its_modules(tmp_path: Path) -> None:
    made = read(tmp_path, f"{{sites: {{roof: {ROOF}}}, production: [roof], grid_meter: p1, apart: [garage]}}")
    assert made.plant().sites == (
        Site(48.85, 2.35, (Plane(peak_w=3000, tilt_deg=30, azimuth_deg=180, loss=0.1),), None),
    )
    assert made.measured() == {"roof", "p1", "garage"}
    assert made.is_asking


@pytest.mark.parametrize("section", ["{}", f"{{source: none, sites: {{roof: {ROOF}}}}}"])
def test_nobody_is_asked_where_there_is_nothing_to_ask(tmp_path: Path, section: str) -> None:
    assert not read(tmp_path, section).is_asking


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (f"{{sites: {{roof: {ROOF}}}, source: forecast_solar, each_min: 15}}", "may be asked once in 60 min at most"),
        (f"{{sites: {{roof: {MANY}}}, source: forecast_solar}}", "11 planes are more than forecast.solar answers"),
        ("{production: [roof], apart: [roof]}", "roof stands more than once"),
        ("{source: topic}", "needs `sites`"),
        (f"{{sites: {{roof: {ROOF}}}, grid_meter: p1}}", "name what measures the roofs as `production: [roof]`"),
        ("{sites: {roof: {latitude: 91, longitude: 0, planes: [{peak_w: 1}]}}}", "latitude"),
        ("{sites: {roof: {latitude: 9, longitude: 0, planes: []}}}", "planes"),
        ("{sites: {roof: {latitude: 9, longitude: 0, planes: [{peak_kw: 3}]}}}", "did you mean 'peak_w'?"),
        ("{url: ftp://x}", "url"),
    ],
)
def test_a_slip_is_told(tmp_path: Path, section: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, section)
    assert told in error.value.told()


def test_with_an_account_forecast_solar_bears_more_planes(tmp_path: Path) -> None:
    assert read(tmp_path, f"{{sites: {{roof: {MANY}}}, source: forecast_solar, api_key: k}}").is_asking

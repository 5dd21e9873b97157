"""What an owner may set about the forecaster: the roofs, who knows the weather, and what is measured."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from common.config import ServiceSettings, Settings
from common.config.settings import DeviceId
from services.forecaster.core.plant import Plane, Plant, Site

LEAST_MIN: Final = 60
"""Least minutes between two questions to forecast.solar, whose free account bears 12 an hour, one for each plane."""
PLANES_PER_HOUR: Final = 10


class PlaneSettings(Settings):
    """Modules that look the same way."""

    peak_w: float = Field(gt=0, le=1_000_000, examples=[3200])
    """Their power together, as on the invoice (Wp)."""
    tilt_deg: float = Field(default=30, ge=0, le=90, examples=[35])
    """0 lies flat, 90 stands upright."""
    azimuth_deg: float = Field(default=180, ge=0, le=360, examples=[180])
    """Where they look, as on a compass: 90 east, 180 south, 270 west."""
    loss_pct: float = Field(default=10, ge=0, le=60, examples=[10])
    """Lost in cables, dirt and inverter; what is wrong with it, the calibration learns."""


class RoofSettings(Settings):
    """One site: planes behind one inverter."""

    latitude: float = Field(ge=-66, le=66, examples=[48.85])
    """Degrees, north positive."""
    longitude: float = Field(ge=-180, le=180, examples=[2.35])
    """Degrees, east positive."""
    planes: tuple[PlaneSettings, ...] = Field(
        min_length=1, max_length=16, examples=[[{"peak_w": 3200, "tilt_deg": 35, "azimuth_deg": 180}]]
    )
    inverter_w: float | None = Field(default=None, gt=0, le=1_000_000, examples=[3000])
    """The most its inverter gives; absent: as much as the planes."""

    def site(self) -> Site:
        """The same, for calculating."""
        planes = (
            Plane(peak_w=each.peak_w, tilt_deg=each.tilt_deg, azimuth_deg=each.azimuth_deg, loss=each.loss_pct / 100)
            for each in self.planes
        )
        return Site(self.latitude, self.longitude, tuple(planes), self.inverter_w)


class Config(ServiceSettings):
    """Section `forecaster`."""

    source: Literal["open_meteo", "forecast_solar", "topic", "none"] = Field(default="open_meteo", examples=["none"])
    """Who knows the weather. `topic`: another program, on `ems/forecast/<topic>/state`. `none`: clear sky only."""
    url: str | None = Field(default=None, pattern=r"^https?://\S+$", examples=["http://192.168.1.5:8080"])
    """Where to ask, if not at the service's own address."""
    api_key: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"^\S+$", examples=["${SOLAR_KEY}"])
    """Of a paid account; not needed."""
    each_min: int = Field(default=60, ge=15, le=1440, examples=[60])
    """Minutes between two questions; forecast.solar at least 60."""
    topic: Annotated[DeviceId, Field(examples=["quartz"])] = "quartz"
    """With `source: topic`: the name under which the other program publishes."""
    sites: dict[DeviceId, RoofSettings] = Field(default_factory=dict, max_length=16)
    """Roofs, by a name of your choice; none: only the load is forecast."""
    production: tuple[DeviceId, ...] = Field(default=(), max_length=16, examples=[["roof"]])
    """What measures the roofs (`pv/<name>`), all of them together."""
    grid_meter: DeviceId | None = Field(default=None, examples=["p1"])
    """The meter of the connection."""
    apart: tuple[DeviceId, ...] = Field(default=(), max_length=100, examples=[["garage_battery", "water_heater"]])
    """Batteries and loads that Ballast commands: their power is not the house's own."""
    yearly_kwh: float = Field(default=3500, gt=0, le=1_000_000, examples=[3500])
    """What the house draws in a year without those; used until its history is known."""

    @model_validator(mode="after")
    def _not_too_often(self) -> Self:
        planes = sum(len(roof.planes) for roof in self.sites.values())
        if self.source == "forecast_solar" and self.each_min < LEAST_MIN:
            raise ValueError(f"forecast.solar may be asked once in {LEAST_MIN} min at most, `each_min: {LEAST_MIN}`")
        if self.source == "forecast_solar" and planes > PLANES_PER_HOUR and self.api_key is None:
            text = "planes are more than forecast.solar answers without an account: use open_meteo"
            raise ValueError(f"{planes} {text}")
        return self

    @model_validator(mode="after")
    def _a_sun_has_a_place(self) -> Self:
        if self.source == "topic" and not self.sites:
            raise ValueError("source topic needs `sites` as well: where there is no sun is known from them")
        return self

    @model_validator(mode="after")
    def _the_sun_is_told_from_the_house(self) -> Self:
        if self.sites and self.grid_meter and not self.production:
            text = "name what measures the roofs as `production: [roof]`, or leave `grid_meter` away"
            raise ValueError(f"the house's own load is not known where the sun is not measured: {text}")
        return self

    @model_validator(mode="after")
    def _each_device_once(self) -> Self:
        names = [*self.production, *self.apart, *([self.grid_meter] if self.grid_meter else [])]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands more than once in production, grid_meter and apart")
        return self

    @property
    def is_asking(self) -> bool:
        """Whether a weather service is asked."""
        return bool(self.sites) and self.source in ("open_meteo", "forecast_solar")

    def plant(self) -> Plant:
        """All roofs, for calculating."""
        return Plant(tuple(roof.site() for roof in self.sites.values()))

    def measured(self) -> frozenset[str]:
        """The devices that are listened to."""
        return frozenset((*self.production, *self.apart, *([self.grid_meter] if self.grid_meter else [])))

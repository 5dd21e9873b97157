"""What an owner may set about the planner. Limits, reserves and needs of devices come from the balancer's section."""

from pydantic import Field

from common.config import ServiceSettings
from common.config.settings import DeviceId


class Config(ServiceSettings):
    """Section `planner`."""

    horizon_h: float = Field(default=36.0, ge=4, le=48, examples=[36])
    """How far it looks ahead, as far as forecasts and prices reach."""
    each_min: int = Field(default=5, ge=1, le=15, examples=[5])
    """Minutes between two plans; news make one at once."""
    has_sun: bool = Field(default=True, examples=[False])
    """False: a house without roofs. It is planned by the forecast of its load alone."""
    export_eur_per_kwh: float | None = Field(default=None, ge=-10, le=10, examples=[0.0])
    """What a kWh fed in earns, where the tariff does not tell. Absent: no plan is made without knowing it."""
    wear_eur_per_kwh: float = Field(default=0.0, ge=0, le=1, examples=[0.02])
    """What a kWh taken out of a battery costs in ageing."""
    grid_meter: DeviceId = Field(default="p1", examples=["p1"])
    """The meter of the connection: for the month's peak, and for what a day came to."""
    time_limit_s: float = Field(default=2.0, ge=0.1, le=30, examples=[2])
    """The search for a plan ends after so long, with the best that was found."""

"""What an owner may set about dear days: what the batteries hold, which relays are told, and in which season."""

from typing import Annotated, Literal

from pydantic import Field

from common.config import Settings
from common.config.settings import DeviceId
from common.contract.envelope import Whole
from services.balancer.rules.tariff_policy import Reserve, Table
from services.balancer.water_settings import DayOfYear

ChargeTarget = Annotated[float, Field(ge=50, le=100)]
MinSoc = Annotated[float, Field(ge=10, le=40)]


class DaySettings(Settings):
    """What batteries hold for one kind of day."""

    charge_target_pct: ChargeTarget = Field(examples=[90])
    """Charged to this, from the grid too, in the off-peak hours before the day."""
    min_soc_pct: MinSoc = Field(examples=[30])
    """Not discharged below this."""
    battery_life: bool = Field(examples=[True])
    """A Victron battery: BatteryLife, which charges slowly from the grid when the battery is low, is on."""

    @property
    def reserve(self) -> Reserve:
        """As the rule takes it."""
        return Reserve(
            charge_target_pct=self.charge_target_pct, min_soc_pct=self.min_soc_pct, battery_life=self.battery_life
        )


class RelaySettings(Settings):
    """A relay that is on in the peak hours of dear days, such as the one that has a heat pump use its gas back-up."""

    from_severity: Annotated[Literal[0, 1, 2], Whole] = Field(default=1, examples=[2])
    """0: on every day; 1: on dear and very dear ones; 2: on very dear ones only."""


class TariffPolicy(Settings):
    """How the house prepares for dear days; with a Tempo contract they are blue, white and red."""

    batteries: tuple[DeviceId, ...] = Field(default=(), examples=[["garage_battery"]])
    """Whose charge follows the tariff; none named: all in the order."""
    ordinary: DaySettings = Field(
        default=DaySettings(charge_target_pct=80, min_soc_pct=30, battery_life=True),
        examples=[{"charge_target_pct": 80, "min_soc_pct": 30, "battery_life": True}],
    )
    """Severity 0."""
    dear: DaySettings = Field(
        default=DaySettings(charge_target_pct=90, min_soc_pct=30, battery_life=True),
        examples=[{"charge_target_pct": 90, "min_soc_pct": 30, "battery_life": True}],
    )
    """Severity 1."""
    very_dear: DaySettings = Field(
        default=DaySettings(charge_target_pct=98, min_soc_pct=25, battery_life=False),
        examples=[{"charge_target_pct": 98, "min_soc_pct": 25, "battery_life": False}],
    )
    """Severity 2, and days nobody tells of."""
    season_from: DayOfYear = Field(default="09-01", examples=["10-01"])
    """First day of the season, month and day in quotes; outside it batteries and relays are left as their owner has
    them."""
    season_until: DayOfYear = Field(default="03-31", examples=["05-31"])
    """Its last day."""
    relays: dict[DeviceId, RelaySettings] = Field(default_factory=dict, examples=[{"heat_pump_gas": {}}])
    """Relays that are told the peak hours of dear days. They do not stand in the order."""

    @property
    def table(self) -> Table:
        """By severity."""
        return self.ordinary.reserve, self.dear.reserve, self.very_dear.reserve

    def is_season(self, day: str) -> bool:
        """Whether a day of the year (`12-31`) lies in the season."""
        if self.season_from <= self.season_until:
            return self.season_from <= day <= self.season_until
        return day >= self.season_from or day <= self.season_until

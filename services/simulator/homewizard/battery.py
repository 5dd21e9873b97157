"""A Plug-In Battery over v2: it tells what it does and takes no orders; `/api/batteries` is elsewhere."""

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.homewizard.appliance import ApplianceFake, Core
from services.simulator.homewizard.payloads import Measured, battery_v2
from services.simulator.p1_meter.payloads import JsonObject
from services.simulator.physics import Battery

BATTERY_SERIAL = "5c2faf000d01"


class BatteryFake(ApplianceFake):
    """One battery; a button, a token and TLS stand before everything."""

    def __init__(
        self,
        battery: Battery,
        house: ClockedHouse,
        clock: Clock,
        *,
        serial: str = BATTERY_SERIAL,
        host: str = "127.0.0.1",
        https_port: int = 0,
    ) -> None:
        self.battery = battery
        self._house = house
        core = Core(clock, serial, ("HWE-BAT", "Plug-In Battery"), v2=self._measurement)
        core.firmware, core.api_version = "1.0702", "2.0.1"
        super().__init__(core, generations=(2,), kind="battery", host=host, https_port=https_port)

    def _measurement(self) -> JsonObject:
        self._house.catch_up()
        battery = self.battery
        return battery_v2(Measured(battery.power_w, battery.charged_wh, battery.discharged_wh), battery.soc_pct)

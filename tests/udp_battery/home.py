"""A house for the bridge: batteries on real UDP, a broker inside the process, somebody who gives orders."""

from collections.abc import Callable
from pathlib import Path

from common.clock import Clock
from common.contract import BATTERY_STATE, BatteryState
from common.service import Runtime
from services.simulator.marstek import VENUS_E3_150, Faults, MarstekFake, Model
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from services.udp_battery.config import BatterySettings, Config
from services.udp_battery.session import session
from tests.household import Household

FIRST_HOST = 11


class Home(Household[Config]):
    """Batteries on real UDP."""

    NAME = "udp_battery"
    DEVICE = "garage"
    TTL_S = 90.0

    def __init__(self, clock: Clock, folder: Path) -> None:
        super().__init__(clock, folder)
        self.fakes: dict[str, MarstekFake] = {}
        self.broadcast = tuple(f"127.0.1.{FIRST_HOST + number}" for number in range(8))
        self._batteries: dict[str, BatterySettings] = {}

    def config(self) -> Config:
        return Config(batteries=self._batteries, bind_host="127.0.0.1", broadcast=self.broadcast)

    async def session(self, runtime: Runtime[Config]) -> None:
        await session(runtime)

    def kind(self, device: str) -> str:
        return "battery"

    async def add(
        self,
        name: str = "garage",
        *,
        model: Model = VENUS_E3_150,
        faults: Faults | None = None,
        cells: BatteryModel | None = None,
        soc_pct: float = 50,
        seed: int = 0,
        catch_up: Callable[[], float] | None = None,
        battery: Battery | None = None,
        **settings: object,
    ) -> MarstekFake:
        """One more battery, on an address of its own, on the same port as the others."""
        number = len(self.fakes)
        port = next(iter(self.fakes.values())).address[1] if self.fakes else 0
        fake = MarstekFake(
            battery or Battery(cells or BatteryModel(), soc_pct, seed),
            self.clock,
            model,
            faults if faults is not None else perfect(),
            host=f"127.0.1.{FIRST_HOST + number}",
            port=port,
            mac=f"02005e10c0d{number}",
            seed=seed,
            catch_up=catch_up,
        )
        await self._stack.enter_async_context(fake)
        place = {"host": fake.address[0], "port": fake.address[1]}
        self._batteries[name] = BatterySettings.model_validate({**place, **settings})
        self.fakes[name] = fake
        return fake

    def states(self, device: str = "garage") -> list[BatteryState]:
        """What it measured."""
        return self.heard(BATTERY_STATE, device)

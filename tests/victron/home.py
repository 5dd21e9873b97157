"""A house for the bridge: a GX with an ESS behind it, on a connection inside the process, and somebody who orders."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from common.clock import Clock, JumpClock
from common.config import OtherBroker
from common.contract import BATTERY_STATE, COMMAND, METER_STATE, PV_STATE, BatteryState, Command, MeterState, PvState
from common.errors import BrokerRefused
from common.memory_bus import MemoryBroker
from common.service import Runtime
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import Battery, BatteryModel, House, PlainAppliance, Steps, SwitchedLoad
from services.simulator.victron import Program, Written
from services.victron.bridge import session
from services.victron.config import Config
from tests.air import MemoryAir
from tests.household import Household

PARIS = ZoneInfo("Europe/Paris")
MODEL = BatteryModel(capacity_wh=10_000, max_charge_w=4000, max_discharge_w=4000, dead_time_s=1.0, ramp_w_per_s=400)


class MemoryLine(MemoryAir):
    """A connection that never refuses."""

    refusal: BrokerRefused | None = None

    async def hold(self) -> None:
        await asyncio.Event().wait()


class Home(Household[Config]):
    """A GX that lives in this process; `async with Home(clock, folder) as home`."""

    NAME = "victron"
    DEVICE = "cellar"
    SETTLE_S = 3.0

    def __init__(self, clock: Clock, folder: Path, *, soc_pct: float = 60.0) -> None:
        super().__init__(clock, folder)
        self.settings = {"cellar": {"host": "gx", "security": "plain", "meter": "grid", "pv": "roof"}}
        self.battery = Battery(MODEL, soc_pct)
        self.appliance = SwitchedLoad(PlainAppliance(2000.0))
        house = House(Steps(500.0), Steps(300.0), {"cellar": self.battery}, {"appliance": self.appliance})
        self.house = ClockedHouse(house, clock)
        self.lost_once = "/"
        """The next notification of a topic that ends so gets lost on its way."""
        self.drops = "/"
        """Notifications of topics that end so never come."""
        self.wire = MemoryBroker()
        self.line = MemoryLine(self.wire, clock)
        self.gx = Program(self.house, self.battery, clock, PARIS, self._speak)
        self.wire.publish(self.gx.serial[0], self.gx.serial[1], True)
        self.wire.watch(lambda topic, payload, retain: self.gx.hear(topic, payload))
        self._life = asyncio.create_task(self.gx.run())

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)

    def config(self) -> Config:
        return Config.model_validate_json(json.dumps({"systems": self.settings}))

    async def session(self, runtime: Runtime[Config]) -> None:
        await session(runtime, self._connect)

    def kind(self, device: str) -> str:
        return {"cellar": "battery", "grid": "meter", "roof": "pv"}.get(device, "switch")

    def have(self, **settings: Any) -> None:  # as an owner writes them
        """Set what the file says of the GX."""
        self.settings["cellar"].update(settings)

    def inside(self, path: str) -> object:
        """A value inside the GX."""
        return self.gx.dbus[path]

    def writes(self, path: str = "", since_s: float = 0.0) -> list[Written]:
        """What was written to it."""
        return [each for each in self.gx.journal.writes(path) if each.at_s >= since_s]

    def flash_writes(self) -> int:
        """Writes of ours that went to its flash."""
        return sum(each.is_kept for each in self.gx.journal.writes())

    def set_wall(self, local: str) -> None:
        """Put the virtual wall clock to an instant in Paris."""
        assert isinstance(self.clock, JumpClock)
        wanted = datetime.fromisoformat(local).replace(tzinfo=PARIS)
        self.clock.step_wall(wanted.timestamp() - self.clock.wall_ms() / 1000)
        self.epoch = self.clock.wall_ms()

    async def kill(self) -> None:
        """Stop it as SIGKILL does, as far as the GX can tell: not a word after this."""
        self.line.ready.clear()
        await self.stop()
        self.line.ready.set()

    async def hold(
        self,
        *,
        minimum: float | None = None,
        target: float | None = None,
        battery_life: bool | None = None,
        ttl_s: float = 120.0,
    ) -> str:
        """Ask for a reserve. Returns the order's id."""
        cmd_id = f"{self.epoch}-{next(self._numbers)}"
        command = Command(
            cmd_id=cmd_id,
            epoch=self.epoch,
            issued_at_ms=self.clock.wall_ms(),
            ttl_s=ttl_s,
            action="set_reserve",
            min_soc_pct=minimum,
            charge_target_pct=target,
            battery_life=battery_life,
        )
        await self.balancer.publish(COMMAND.at("battery", self.DEVICE), command)
        return cmd_id

    async def hold_for(self, seconds: float, **wanted: Any) -> str:
        """Ask for a reserve, and renew it as the balancer does. Returns the last order's id."""
        cmd_id = await self.hold(**wanted)
        until_s = self.clock.monotonic() + seconds
        while (left_s := until_s - self.clock.monotonic()) > 0:
            await self.clock.sleep(min(40.0, left_s))
            if left_s > 40.0:
                cmd_id = await self.hold(**wanted)
        return cmd_id

    def became(self, cmd_id: str) -> list[str]:
        """What became of an order in the end."""
        return [outcome for outcome in self.outcomes(cmd_id) if outcome != "accepted"]

    @property
    def grid_w(self) -> float:
        """What the connection really carries now."""
        self.house.catch_up()
        return self.house.house.grid_w

    def states(self) -> list[BatteryState]:
        """How the battery stood."""
        return self.heard(BATTERY_STATE, "cellar")

    def meters(self) -> list[MeterState]:
        """What the grid meter showed."""
        return self.heard(METER_STATE, "grid")

    def suns(self) -> list[PvState]:
        """What the sun gave."""
        return self.heard(PV_STATE, "roof")

    def _speak(self, topic: str, payload: bytes) -> None:
        if topic.endswith(self.lost_once):
            self.lost_once = "/"
        elif self.line.ready.is_set() and not topic.endswith(self.drops):
            self.wire.publish(topic, payload, False)

    @asynccontextmanager
    async def _connect(self, broker: OtherBroker, account: str, name: str, clock: Clock) -> AsyncIterator[MemoryLine]:
        yield self.line

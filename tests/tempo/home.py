"""A house with a Tempo contract: a box at the meter and the web on real sockets, a broker inside the process."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from common.clock import Clock, JumpClock
from common.config import SiteSettings
from common.contract import TARIFF, TARIFF_EVENT, TariffEvent, TariffState, decode
from common.service import Runtime
from services.simulator.tempo import Days, EcoDeviceFake, TicFake, WebFake
from services.tempo.bridge import serve
from services.tempo.config import Config
from tests.air import MemoryAir
from tests.household import Household
from tests.tempo.times import PARIS, at

TOPIC = "zigbee2mqtt/linky"
STATE = "tariff/main/state"


class Home(Household[Config]):
    """Set what is to be, `ready` the service, let time pass, look."""

    NAME = "tempo"
    DEVICE = "main"
    SETTLE_S = 1.0

    def __init__(self, clock: Clock, folder: Path) -> None:
        super().__init__(clock, folder)
        self.air, self.devices = MemoryAir(self.bus, clock), MemoryAir(self.bus, clock)
        self.days = Days(PARIS)
        self.box = EcoDeviceFake(self.days, clock)
        self.web = WebFake(self.days, clock)
        self.tic = TicFake(self.days, self.devices, clock, "zigbee2mqtt", TOPIC)
        self.section: dict[str, Any] = {"contract": {"kind": "tempo"}}  # as an owner writes it

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.box)
        await self._stack.enter_async_context(self.web)
        return self

    def config(self) -> Config:
        return Config.model_validate_json(json.dumps(self.section))

    async def session(self, runtime: Runtime[Config]) -> None:
        await serve(replace(runtime, site=SiteSettings(timezone="Europe/Paris")), self.air)

    def kind(self, device: str) -> str:
        return "tariff"

    def sources(self, *names: str) -> None:
        """Which of them the owner has."""
        urls = self.web.urls
        known: Mapping[str, object] = {
            "ecodevice": {"host": self.box.host, "port": self.box.http_port, "poll_s": 300.0},
            "tic": {"topic": TOPIC, "preset": "zigbee2mqtt"},
            "rte": {"url": urls["rte"]},
            "rte_official": {"url": urls["rte_official"], "client_id": "me", "client_secret": "secret"},
            "api_couleur_tempo": {"url": urls["api_couleur_tempo"]},
        }
        self.section["sources"] = {name: known[name] for name in names}
        if "tic" in names:
            speaking = asyncio.create_task(self.tic.run())
            self._stack.callback(speaking.cancel)

    def fix(self, **colours: str) -> None:
        """Colours of some days: `d2026_01_06="RED"`."""
        told = {date.fromisoformat(name[1:].replace("_", "-")): colour for name, colour in colours.items()}
        self.days.fixed.update(told)

    def travel(self, text: str) -> None:
        """Set the house's clocks."""
        assert isinstance(self.clock, JumpClock)
        self.clock.step_wall((at(text) - self.clock.now()).total_seconds())

    async def until(self, text: str) -> None:
        """Let time pass until a moment of the house's clocks."""
        await self.clock.sleep((at(text) - self.clock.now()).total_seconds())

    @property
    def state(self) -> TariffState:
        """What is said of prices now."""
        return decode(TARIFF, self.bus.retained[STATE])[1]

    def states(self) -> list[tuple[datetime, TariffState]]:
        """Everything that was said of prices and when, oldest first."""
        told = (decode(TARIFF, said.payload) for said in self.said if said.topic == STATE)
        return [
            (datetime.fromtimestamp(envelope.ts_ms / 1000, UTC), body)
            for envelope, body in told
            if envelope is not None
        ]

    def events(self) -> list[TariffEvent]:
        """What was announced."""
        return self.heard(TARIFF_EVENT, "main")

"""A house with a Tempo contract: a box at the meter and the web on real sockets, a broker inside the process."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from common.alerts import Alerts
from common.clock import Clock, JumpClock
from common.config import MqttSettings, SiteSettings
from common.contract import ALERT, TARIFF, TARIFF_EVENT, Alert, TariffEvent, TariffState, decode
from common.health import Health
from common.memory_bus import MemoryBroker
from common.service import Runtime
from common.store import Store
from services.simulator.tempo import Days, EcoDeviceFake, TicFake, WebFake
from services.tempo.bridge import serve
from services.tempo.config import Config
from tests.air import MemoryAir
from tests.tempo.times import PARIS, at

ACCOUNT = "ems-tempo"
TOPIC = "zigbee2mqtt/linky"


class Home:
    """`async with Home(clock, folder) as home`; then set what is to be, `ready` the service, let time pass, look."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.folder = clock, folder
        self.broker = MemoryBroker()
        self.said: list[tuple[datetime, str, bytes]] = []
        self.broker.watch(lambda topic, payload, _: self.said.append((clock.now(), topic, payload)))
        self.air, self.devices = MemoryAir(self.broker, clock), MemoryAir(self.broker, clock)
        self.days = Days(PARIS)
        self.box = EcoDeviceFake(self.days, clock)
        self.web = WebFake(self.days, clock)
        self.tic = TicFake(self.days, self.devices, clock, "zigbee2mqtt", TOPIC)
        self.section: dict[str, Any] = {"contract": {"kind": "tempo"}}  # as an owner writes it
        self.health = Health("tempo")
        self._service: asyncio.Task[None] | None = None
        self._boots = 0

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(self.box)
        await self._stack.enter_async_context(self.web)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self._stack.aclose()

    def sources(self, *names: str, **more: object) -> None:
        """Which of them the owner has."""
        urls = self.web.urls
        known: Mapping[str, object] = {
            "ecodevice": {"host": self.box.host, "port": self.box.http_port, "poll_s": 300.0},
            "tic": {"topic": TOPIC, "preset": "zigbee2mqtt"},
            "rte": {"url": urls["rte"]},
            "rte_official": {"url": urls["rte_official"], "client_id": "me", "client_secret": "secret"},
            "api_couleur_tempo": {"url": urls["api_couleur_tempo"]},
        }
        self.section["sources"] = {**{name: known[name] for name in names}, **more}
        if "tic" in names:
            self._stack.push_async_callback(_end, asyncio.create_task(self.tic.run()))

    def fix(self, **colours: str) -> None:
        """Colours of some days: `d2026_01_06="RED"`."""
        told = {date.fromisoformat(name[1:].replace("_", "-")): colour for name, colour in colours.items()}
        self.days.fixed.update(told)

    def travel(self, text: str) -> None:
        """Set the house's clocks."""
        assert isinstance(self.clock, JumpClock)
        self.clock.step_wall((at(text) - self.clock.now()).total_seconds())

    async def ready(self, *, settle_s: float = 1.0) -> None:
        """Start the service."""
        self._boots += 1
        self._service = asyncio.create_task(self._live(Config.model_validate_json(json.dumps(self.section))))
        await self.clock.sleep(settle_s)

    async def _live(self, config: Config) -> None:
        bus = self.broker.plug(ACCOUNT, f"boot{self._boots}", self.clock)
        with Store(self.folder / "tempo.sqlite", self.clock, ACCOUNT) as store:
            runtime = Runtime(
                name="tempo",
                account=ACCOUNT,
                config=config,
                site=SiteSettings(timezone="Europe/Paris"),
                mqtt=MqttSettings(),
                data_dir=self.folder,
                clock=self.clock,
                bus=bus,
                alerts=Alerts(bus),
                store=store,
                health=self.health,
            )
            await serve(runtime, self.air)

    async def stop(self) -> None:
        """Stop it, as SIGTERM and SIGKILL do: it keeps what it knows as it learns it."""
        if self._service is not None:
            service, self._service = self._service, None
            await _end(service)

    async def until(self, text: str) -> None:
        """Let time pass until a moment of the house's clocks."""
        await self.clock.sleep((at(text) - self.clock.now()).total_seconds())

    @property
    def state(self) -> TariffState:
        """What is said of prices now."""
        return decode(TARIFF, self.broker.retained["tariff/main/state"])[1]

    def states(self) -> list[tuple[datetime, TariffState]]:
        """Everything that was said of prices, oldest first."""
        return [(when, decode(TARIFF, told)[1]) for when, topic, told in self.said if topic == "tariff/main/state"]

    def events(self) -> list[TariffEvent]:
        """What was announced."""
        return [decode(TARIFF_EVENT, told)[1] for _, topic, told in self.said if topic == "tariff/main/event"]

    def alerts(self) -> dict[str, Alert]:
        """The alerts that stand."""
        prefix = f"alert/{ACCOUNT}/"
        kept = self.broker.retained.items()
        return {topic.removeprefix(prefix): decode(ALERT, each)[1] for topic, each in kept if topic.startswith(prefix)}


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

"""Announces what a service publishes to Home Assistant and Domoticz: each thing when it is first seen, and again after
each connect; what this house has no more is taken back."""

import asyncio
from collections.abc import Collection
from typing import Final

import orjson
from pydantic import TypeAdapter

from common.contract import DeviceInfo, Envelope, Payload, Topic
from common.discovery import ENTITY, Entity, Speaker
from common.messaging import Bus
from common.store import Store

KEY: Final = "announced"
TIDY_S: Final = 600.0
"""So long after the start everything that exists has been seen, but for devices that are switched off."""
KEPT: Final = TypeAdapter(dict[str, str])


class Announcer:
    """The discovery messages of one service. `devices`: those of its configuration, which stay also while silent."""

    def __init__(self, bus: Bus, store: Store, base: str, devices: Collection[str]) -> None:
        self._bus = bus
        self._store = store
        self._speaker = Speaker(base, bus.account)
        self._devices = frozenset(devices)
        self._infos: dict[str, DeviceInfo] = {}
        self._seen: dict[str, set[str]] = {}
        """Fields of each state that have had a value."""
        self._known: dict[str, str] = KEPT.validate_python(store.get(KEY) or {})
        """Everything announced, also by earlier runs: the topic, and the device it is about."""
        self._said: set[str] = set()
        self._waiting: dict[str, Entity] = {}
        self._news = asyncio.Event()
        self._put(self._speaker.running())

    def observe(self, name: str, body: Payload | str, _: Envelope) -> None:
        """Told of each message that the service publishes."""
        match name.split("/"):
            case [_, device, "info"] if isinstance(body, DeviceInfo):
                self._infos[device] = body
                self._seen.pop(device, None)
            case [kind, device, "state"] if not isinstance(body, str):
                self._state(kind, device, body)
            case ["balancer", "main", "setting", setting, *rest] if name not in self._seen:
                self._seen[name] = set()
                self._put(self._speaker.setting(setting, "".join(rest)))
            case ["balancer", "main", "decision", device] if name not in self._seen:
                self._seen[name] = set()
                self._put(self._speaker.reason(device))

    async def run(self) -> None:
        """For ever: announce what is new."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                topic, entity = self._waiting.popitem()
                await self._bus.publish(Topic(topic, ENTITY), orjson.dumps(entity.config).decode())
            await self._keep()

    async def tidy(self) -> None:
        """Once, after a while: take back what earlier runs announced and nothing of ours is any more."""
        await self._bus.clock.sleep(TIDY_S)
        for topic, about in tuple(self._known.items()):
            if topic not in self._said and about not in self._devices:
                del self._known[topic]
                await self._bus.clear(Topic(topic, ENTITY))
        await self._keep()

    async def _keep(self) -> None:
        if self._known != self._store.get(KEY):
            await self._store.put(KEY, dict(self._known))

    def _state(self, kind: str, device: str, body: Payload) -> None:
        seen = self._seen.setdefault(device, set())
        for field, value in body.__dict__.items():
            if value is not None and (place := f"{kind}/{field}") not in seen:
                seen.add(place)
                self._put(self._speaker.measured(kind, device, field, self._infos.get(device)))

    def _put(self, entity: Entity | None) -> None:
        if entity is not None:
            self._waiting[entity.topic] = entity
            self._known[entity.topic] = entity.about
            self._said.add(entity.topic)
            self._news.set()

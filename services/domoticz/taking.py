"""What people switch and set in Domoticz, as wishes to the balancer; and Domoticz shown what is in force.

Its echo of our own words, and of a wish that is granted, asks for what is in force already: nothing follows. What it
kept from long ago is taken for how it is shown, never for a wish.
"""

import logging
import math
from dataclasses import dataclass
from typing import Final

from common import metrics
from common.contract import SETTING, SETTING_REQUEST
from common.errors import BrokerLost
from common.messaging import Bus, Inbox, Received
from common.others import Others
from common.same import is_same
from services.domoticz import wire
from services.domoticz.asking import shown, wish
from services.domoticz.config import Config, Take

TICK_S: Final = 0.5
SETTLE_S: Final = 5.0
"""A wish has so long to be granted before Domoticz is shown what is in force instead."""
SETTINGS: Final = "balancer/main/setting/"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Standing:
    """One device of Domoticz."""

    wished: str | None = None
    """The setting that it shows; None: unknown."""
    moved_s: float = -math.inf
    """When it was moved, or shown something, last."""


class Taking:
    """Every device of Domoticz that asks for something."""

    def __init__(self, bus: Bus, others: Others, config: Config) -> None:
        self._bus, self._others, self._config = bus, others, config
        self._clock = bus.clock
        self._takes = {take.idx: take for take in config.take}
        self._standing = {take.idx: Standing() for take in config.take}
        self._settings: dict[str, str] = {}
        self.turned_s = self._clock.monotonic()

    async def run(self) -> None:
        """For ever."""
        settings = await self._bus.listen(SETTING, wanted=lambda topic: topic.startswith(SETTINGS))
        out = await self._others.hear(self._config.out_topic, f"{self._config.out_topic}/#", lane=_lane)
        async for _ in self._clock.every(TICK_S):
            self.turned_s = self._clock.monotonic()
            self._note(settings)
            while (received := out.take()) is not None:
                await self._take(received)
            for take in self._config.take:
                await self._show(take)

    def _note(self, settings: Inbox) -> None:
        """What is in force."""
        while (received := settings.take()) is not None:
            self._settings[received.topic.removeprefix(SETTINGS)] = received.payload.decode(errors="replace")

    async def _take(self, received: Received) -> None:
        said = wire.out(received.payload)
        take = self._takes.get(said.idx) if said is not None else None
        wished = wish(take, said) if take is not None and said is not None else None
        if take is None or wished is None:
            return
        standing = self._standing[take.idx]
        known = self._settings.get(take.setting) if standing.wished is None else standing.wished
        standing.wished = wished
        if not received.retained and (known is None or not is_same(known, wished)):
            standing.moved_s = self._clock.monotonic()
            await self._ask(take, wished)

    async def _ask(self, take: Take, wished: str) -> None:
        log.info("Domoticz asks for %s %s", take.setting, wished)
        try:
            await self._bus.publish(SETTING_REQUEST.at("main", *take.setting.split("/")), wished)
        except BrokerLost as lost:
            log.warning("nobody heard that Domoticz asks for %s: %s", take.setting, lost)
        metrics.DEVICE_WRITES.labels("domoticz", self._bus.account, "asked").inc()

    async def _show(self, take: Take) -> None:
        """Let it show what is in force, once it has had its time."""
        standing, setting, now_s = self._standing[take.idx], self._settings.get(take.setting), self._clock.monotonic()
        if setting is None or now_s - standing.moved_s < SETTLE_S:
            return
        if standing.wished is not None and is_same(standing.wished, setting):
            return
        look = shown(take, setting)
        if look is None:
            return
        try:
            await self._others.say(self._config.in_topic, wire.update(take.idx, look.nvalue, look.svalue))
        except BrokerLost:
            return
        standing.wished, standing.moved_s = setting, now_s


def _lane(received: Received) -> str:
    """The newest of each device: flat, all of them come on one topic."""
    said = wire.out(received.payload)
    return "rubbish" if said is None else f"{said.idx} {received.retained}"

"""Our states, on their way to `domoticz/in`."""

from collections.abc import Mapping
from typing import Final

from common import metrics
from common.contract import (
    BALANCER_STATE,
    BATTERY_STATE,
    EV_STATE,
    LOAD_STATE,
    METER_STATE,
    PV_STATE,
    REQUEST_STATE,
    SWITCH_STATE,
    Leaf,
    Payload,
)
from common.errors import BrokerLost, MessageRejected
from common.messaging import Bus, Inbox, Reader
from common.others import Others
from services.domoticz import wire
from services.domoticz.config import Config, Push
from services.domoticz.pace import Told, is_due

LEAVES: Final[tuple[Leaf[Payload | str], ...]] = (
    METER_STATE, BATTERY_STATE, PV_STATE, SWITCH_STATE, LOAD_STATE, EV_STATE, REQUEST_STATE, BALANCER_STATE,
)  # fmt: skip
TICK_S: Final = 1.0


class Pushing:
    """Every value that Domoticz shows."""

    def __init__(self, bus: Bus, others: Others, config: Config) -> None:
        self._bus, self._others, self._config = bus, others, config
        self._clock = bus.clock
        self._reader = Reader(bus, LEAVES)
        self._wanted = {f"{push.device}/state" for push in config.push}
        self._states: dict[str, tuple[Mapping[str, object], int]] = {}
        self._told = {push.idx: Told() for push in config.push}
        self.turned_s = self._clock.monotonic()

    async def run(self) -> None:
        """For ever."""
        inbox = await self._bus.listen(*LEAVES, wanted=lambda topic: topic in self._wanted)
        async for _ in self._clock.every(TICK_S):
            self.turned_s = self._clock.monotonic()
            self._hear(inbox)
            for push in self._config.push:
                await self._tell(push)

    def forget(self) -> None:
        """The broker was lost: Domoticz may have missed what it was told."""
        self._told = {push.idx: Told() for push in self._config.push}

    def _hear(self, inbox: Inbox) -> None:
        while (received := inbox.take()) is not None:
            try:
                message = self._reader.read(received)
            except MessageRejected:
                continue
            if message is not None and message.envelope is not None and isinstance(message.body, Payload):
                self._states[message.topic] = message.body.__dict__, message.envelope.ts_ms

    async def _tell(self, push: Push) -> None:
        state, measured_ms = self._states.get(f"{push.device}/state", ({}, 0))
        now_s = self._clock.monotonic()
        if self._clock.wall_ms() - measured_ms > self._config.stale_after_s * 1000 or state.get("quality") == "bad":
            return
        value = wire.value(push, state)
        if value is None or not is_due(self._told[push.idx], value, push.threshold, push.each_s, now_s):
            return
        try:
            await self._others.say(self._config.in_topic, wire.update(push.idx, value.nvalue, value.svalue))
        except BrokerLost:
            return
        self._told[push.idx] = Told(value, now_s)
        metrics.DEVICE_WRITES.labels("domoticz", self._bus.account, "pushed").inc()

"""Listen for a while to every device that is set, and ask whom one can ask. For `ballast check`; orders nothing."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from common.clock import Clock
from common.config import MqttSettings
from common.errors import BrokerLost, DeviceError
from common.finding import Finding
from common.foreign import Foreign
from common.messaging import Inbox, Received
from services.pzem import wire
from services.pzem.config import Config, DimmerSettings, SwitchSettings

PATIENCE_S: Final = 8.0
"""The slowest meter speaks each 5 s."""
SILENT: Final = "nothing usable on {topic} within {patience:.0f} s{why}. Is it on, is the topic right, at this broker?"
Heard = Mapping[str, Received]


async def check(config: Config, mqtt: MqttSettings, account: str, clock: Clock) -> tuple[Finding, ...]:
    """One finding per device, in the order of the file's parts."""
    name = f"check-{secrets.token_hex(3)}"
    async with Foreign(config.broker or mqtt, account, name, clock) as link:
        heard = await _listen(config, link, clock)
    grids = [
        _metered(name, topic, heard, config)
        for name, grid in config.grid.items()
        for topic in (grid.consumption, grid.production)
    ]
    return (
        *(_metered(name, meter.topic, heard, config) for name, meter in config.meters.items()),
        *grids,
        *(_stands(name, actor, heard) for name, actor in config.actors()),
    )


async def _listen(config: Config, link: Foreign, clock: Clock) -> Heard:
    """The newest of each topic, after everybody had time to speak."""
    topics = dict.fromkeys([*config.clamps(), *(actor.topic for _, actor in config.actors())])
    inbox, heard = await link.hear(*topics), dict[str, Received]()
    with suppress(TimeoutError, BrokerLost):
        async with clock.timeout(PATIENCE_S):
            await link.ready.wait()
            await _ask(config, link)
            await _collect(inbox, heard, len(topics))
    return heard


async def _ask(config: Config, link: Foreign) -> None:
    """Only words that change nothing."""
    for _, actor in config.actors():
        word = actor.asks if isinstance(actor, SwitchSettings) else "status" if actor.speaks == "vload" else None
        if word is not None:
            await link.say(actor.told_at, word)


async def _collect(inbox: Inbox, heard: dict[str, Received], wanted: int) -> None:
    while len(heard) < wanted:
        received = await inbox.next()
        if not received.retained:
            heard[received.topic] = received


def _metered(name: str, topic: str, heard: Heard, config: Config) -> Finding:
    received = heard.get(topic)
    if received is None:
        return _silent(name, topic)
    try:
        read = wire.reading(received.payload, config.clamps()[topic].module)
    except DeviceError as error:
        return _silent(name, topic, f" ({error})")
    return Finding(name, True, f"{topic}: {read.power_w:.0f} W at {read.voltage_v:.0f} V")


def _stands(name: str, actor: DimmerSettings | SwitchSettings, heard: Heard) -> Finding:
    received = heard.get(actor.topic)
    if received is None:
        return _silent(name, actor.topic)
    try:
        if isinstance(actor, DimmerSettings):
            return Finding(name, True, f"{actor.topic}: a dimmer at {wire.dimmed(received.payload).percent:.0f} %")
        seen = wire.switched(received.payload, actor.on, actor.off)
    except DeviceError as error:
        return _silent(name, actor.topic, f" ({error})")
    return Finding(name, True, f"{actor.topic}: a switched load, {'on' if seen.percent else 'off'}")


def _silent(name: str, topic: str, why: str = "") -> Finding:
    return Finding(name, False, SILENT.format(topic=topic, patience=PATIENCE_S, why=why))

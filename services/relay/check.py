"""Ask every switch how it stands, and say what was found. Asks only; switches nothing. For `ballast check`."""

import asyncio
from contextlib import suppress
from typing import Final

from common.clock import Clock
from common.config import MqttSettings
from common.errors import BrokerLost
from common.finding import Finding
from common.foreign import Foreign
from common.others import Others
from services.relay.config import Config
from services.relay.contact import Contact
from services.relay.dialects.dialect import Heard
from services.relay.switches import SwitchSettings

PATIENCE_S: Final = 5.0


async def check(config: Config, mqtt: MqttSettings, account: str, clock: Clock) -> tuple[Finding, ...]:
    """One finding per switch, in the order of the file's parts."""
    switches = tuple(config.switches())
    if not switches:
        return ()
    async with Foreign(mqtt, account, "check", clock) as others:
        try:
            async with clock.timeout(PATIENCE_S):
                await others.ready.wait()
        except TimeoutError:
            return tuple(Finding(name, False, "the broker cannot be asked, see above") for name, _ in switches)
        return tuple(await asyncio.gather(*(look(name, each, others, clock) for name, each in switches)))


async def look(name: str, settings: SwitchSettings, others: Others, clock: Clock) -> Finding:
    """Listen to one switch for a moment, and ask it."""
    contact = Contact(settings, others, clock)
    if not contact.dialect.tells_state:
        return Finding(name, True, "it has no state topic: what it does with its orders cannot be verified")
    found: list[Heard] = []
    with suppress(TimeoutError, BrokerLost):
        async with clock.timeout(PATIENCE_S):
            await _listen(contact, found)
    if contact.presence.is_online is False or contact.presence.is_gateway_online is False:
        return Finding(name, False, "its last will says that it is offline. Check its power and Wi-Fi.")
    return _judged(name, contact, found)


async def _listen(contact: Contact, found: list[Heard]) -> None:
    """For ever."""
    inbox = await contact.open()
    await contact.ask()
    async for received in inbox:
        said = contact.read(received)
        if said is not None:
            found.append(said)


def _judged(name: str, contact: Contact, found: list[Heard]) -> Finding:
    positions = [said.is_closed for said in found if said.is_closed is not None]
    powers = [said.power_w for said in found if said.power_w is not None]
    if not positions:
        where = ", ".join(contact.dialect.hears)
        return Finding(name, False, f"it says nothing of its position on {where}. Compare with MQTT Explorer.")
    word = "on" if contact.position(positions[-1]) else "off"
    return Finding(name, True, f"{contact.dialect.vendor}, {word}{f', {powers[-1]:.0f} W' if powers else ''}")

"""The examiner of a foreign bridge has to be the one balancer: it leads for so long, then gives the lease back."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine

import orjson

from common.bus import MqttBus, account_name
from common.clock import Clock
from common.config import MqttSettings
from common.contract import COMMAND
from common.errors import BrokerLost
from services.balancer.leadership import PERIODS, RENEW_S, Election, SteppedDown, Term
from services.cli.examine import TTL_S, Examination, Finding
from services.cli.terminal import Unusable, complain
from services.cli.watch import guest

CONNECT_S = 10.0
UNDONE = 2
"""Exit status where nothing can be said about the bridge."""
AT_WORK = "a balancer is at work on this broker; stop it first: docker compose stop balancer"


async def examine(
    mqtt: MqttSettings, clock: Clock, place: str, note: Callable[[Finding], None], *, yes: bool, ttl_s: float = TTL_S
) -> bool:
    """Examine `switch/lamp` on this broker, with the balancer's account. Returns whether every rule is held.

    Raises Unusable for what is no device, without a broker, beside a balancer, and before the first order without
    `yes`.
    """
    kind, device = _place(place)
    async with guest(mqtt, clock, account_name(mqtt.base, "balancer")) as bus:
        await _ready(bus, mqtt)
        examination = Examination(bus, kind, device, note, ttl_s)
        await examination.listen()
        order = examination.order
        if order is not None and not yes:
            text = f"{place} would be told {orjson.dumps(order).decode()}, which is harmless, as leases of {ttl_s:g} s."
            raise Unusable(f"{text} Nothing was sent; --yes sends it.", UNDONE)
        await examination.follow()
        if order is not None:
            await _leading(mqtt, bus, examination)
        elif examination.info is not None and examination.info.capabilities:
            complain(f"{place} takes no order that moves nothing, so the rules for orders were not tried.")
        return examination.is_well


def _place(text: str) -> tuple[str, str]:
    """Class and id."""
    kind, _, device = text.partition("/")
    try:
        COMMAND.at(kind, device)
    except ValueError:
        raise Unusable(f"{text} is no device; name its class and id, such as switch/lamp", UNDONE) from None
    return kind, device


async def _leading(mqtt: MqttSettings, bus: MqttBus, examination: Examination) -> None:
    """Have it commanded as the one leader. Raises Unusable if another one leads, or comes to."""
    instance, clock = secrets.token_hex(6), bus.clock
    election = Election(bus, instance)
    try:
        async with clock.timeout((PERIODS + 1) * RENEW_S):
            epoch = await election.won()
    except TimeoutError:
        raise Unusable(AT_WORK, UNDONE) from None
    async with MqttBus(mqtt, bus.account, secrets.token_hex(3), clock, lasting=False) as leading:
        await _ready(leading, mqtt)
        term = Term(leading, instance, epoch)
        try:
            await term.claim()
            await _beside(examination.command(leading, epoch), term.renew(), election.deposed(epoch))
            await term.give_back()
        except (BrokerLost, SteppedDown) as error:
            raise Unusable(f"stopped: {error}", UNDONE) from error


async def _ready(bus: MqttBus, mqtt: MqttSettings) -> None:
    try:
        async with bus.clock.timeout(CONNECT_S):
            await bus.ready.wait()
    except TimeoutError:
        raise Unusable(f"no broker answers {bus.account} at {mqtt.host}:{mqtt.port}", UNDONE) from None


async def _beside(work: Coroutine[None, None, None], *guards: Coroutine[None, None, None]) -> None:
    """Do the work while the guards, which never end well, are content. Raises what the first of them raises."""
    tasks = [asyncio.create_task(each) for each in (work, *guards)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()

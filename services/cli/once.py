"""`ballast once`: look, decide one time, show inputs, decision and commands. Sends nothing unless told `--apply`."""

import argparse
import asyncio
import secrets
from dataclasses import dataclass, field

from common.bus import MqttBus, account_name
from common.clock import Clock
from common.config import Loaded
from common.contract import ACK, COMMAND, Ack, Payload
from common.errors import BrokerLost, MessageRejected
from common.messaging import Bus, Message, Reader, Received
from services.balancer.config import Config
from services.balancer.hearing import hear
from services.balancer.heating import heat
from services.balancer.inputs import HEARD, heard_ids
from services.balancer.leadership import Election, SteppedDown, Term
from services.balancer.mind import Mind
from services.balancer.ordering import orders_for
from services.balancer.settings import SettingsBook
from services.balancer.telling import tell
from services.balancer.thinking import think
from services.cli.configured import Unusable, config_argument, configured, say
from services.cli.turn_page import Turn, page
from services.cli.watch import guest

PATIENCE_S = 15.0
"""How long to wait for a reading of the grid meter …"""
LISTEN_S = 1.0
"""… and how long to listen to everybody else first."""
ACKS_S = 20.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast once`."""
    parser.add_argument("--apply", action="store_true", help="send the commands, and tell what became of them")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Decide once."""
    loaded, environment = configured(options)
    config = loaded.section("balancer", Config)
    if not config.order:
        raise Unusable(f"{loaded.path} has no balancer.order, so there is nothing to decide")
    return asyncio.run(Once(loaded, config, environment.clock()).go(apply=options.apply))


@dataclass
class Once:
    """One look, one decision."""

    loaded: Loaded
    config: Config
    clock: Clock
    mind: Mind = field(init=False)

    def __post_init__(self) -> None:
        self.mind = Mind(self.config, self.loaded.site, SettingsBook(self.config))

    async def go(self, *, apply: bool) -> int:
        """Look, decide, show, and with `apply` send."""
        account = account_name(self.loaded.mqtt.base, "balancer")
        async with guest(self.loaded.mqtt, self.clock, account) as bus:
            if not apply:
                self.mind.lead(self.clock.wall_ms())
                self._show(await self._turn(bus), sent=False)
                return 0
            return await self._apply(bus, account)

    async def _apply(self, bus: MqttBus, account: str) -> int:
        instance = secrets.token_hex(6)
        election = Election(bus, instance)
        try:
            async with self.clock.timeout(LISTEN_S):
                epoch = await election.won()
        except TimeoutError:
            raise Unusable("A balancer is leading. Stop it first, or ask it: `set/…` topics are for that.") from None
        async with MqttBus(self.loaded.mqtt, account, secrets.token_hex(3), self.clock, lasting=False) as leading:
            try:
                async with self.clock.timeout(PATIENCE_S):
                    await leading.ready.wait()
                term = Term(leading, instance, epoch)
                await term.claim()
                self.mind.lead(epoch)
                turn = await self._turn(bus)
                self._show(turn, sent=True)
                await self._send(leading, turn)
                await term.give_back()
            except (TimeoutError, BrokerLost, SteppedDown) as error:
                raise Unusable(f"The broker did not take the commands: {error}") from error
        return 0

    async def _turn(self, bus: Bus) -> Turn:
        """Listen until a fresh reading of the grid meter has come, then decide on it."""
        try:
            async with self.clock.timeout(PATIENCE_S):
                return await self._listen(bus)
        except TimeoutError:
            meter = self.config.grid_meter
            text = f"No fresh reading of {meter} within {PATIENCE_S:.0f} s. Is its bridge running on this broker?"
            raise Unusable(text) from None

    async def _listen(self, bus: Bus) -> Turn:
        known = heard_ids(self.config)
        inbox = await bus.listen(*HEARD, wanted=lambda topic: topic.split("/")[1] in known)
        reader, began_s = Reader(bus, HEARD), self.clock.monotonic()
        while True:
            message = read(reader, await inbox.next())
            if message is None or message.envelope is None or not hear(self.mind, message, self.clock.wall_ms()):
                continue
            if self.clock.monotonic() - began_s >= LISTEN_S:
                local = self.clock.now().astimezone(self.loaded.site.zone)
                warmth = heat(self.mind, message.envelope.ts_ms)
                thought = think(self.mind, self.mind.world.meters[message.id], message.envelope.ts_ms, local)
                orders = (*orders_for(self.mind, thought), *warmth.orders)
                state, decisions = tell(self.mind, thought)
                told = {**decisions, **warmth.decisions}
                return Turn(measured_ms=thought.measured_ms, orders=orders, state=state, decisions=told)

    def _show(self, turn: Turn, *, sent: bool) -> None:
        for line in page(turn, self.clock.wall_ms(), sent=sent):
            say(line)

    async def _send(self, bus: Bus, turn: Turn) -> None:
        """Send, and wait for what becomes of each command."""
        inbox = await bus.listen(ACK, lane=lambda received: received.payload.decode(errors="replace"))
        open_ids = {command.cmd_id for _, _, command in turn.orders}
        for kind, device, command in turn.orders:
            await bus.publish(COMMAND.at(kind, device), command)
        reader = Reader(bus, (ACK,))
        try:
            async with self.clock.timeout(ACKS_S):
                while open_ids:
                    open_ids -= _settled(read(reader, await inbox.next()), open_ids)
        except TimeoutError:
            say(f"  no word about {', '.join(sorted(open_ids))} within {ACKS_S:.0f} s")


def _settled(message: Message[Payload | str] | None, open_ids: set[str]) -> set[str]:
    """The command that a message settles, after telling how."""
    if message is None or not isinstance(message.body, Ack):
        return set()
    ack = message.body
    if ack.cmd_id not in open_ids or ack.outcome == "accepted":
        return set()
    applied = "" if ack.applied_w is None else f" {ack.applied_w:.0f} W"
    say(f"  {message.id}: {ack.outcome}{applied} {ack.detail}".rstrip())
    return {ack.cmd_id}


def read(reader: Reader, received: Received) -> Message[Payload | str] | None:
    """The message, or None if it may not be used, whoever sent it."""
    try:
        return reader.read(received)
    except MessageRejected:
        return None

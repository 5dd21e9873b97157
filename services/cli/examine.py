"""`ballast contract check CLASS/ID`: whether a bridge that somebody else wrote keeps the contract, on a running broker.

First it is listened to, then it is given orders as a balancer would, right ones and wrong ones. The device is really
switched: for a lease of six seconds, which is then left to end.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import orjson

from common.bus import MqttBus, account_name
from common.clock import Clock
from common.config import MqttSettings
from common.contract import (
    ACK,
    AVAILABILITY,
    BALANCER_LEASE,
    COMMAND,
    CONTROL,
    INFO,
    LEAVES,
    Ack,
    Control,
    DeviceInfo,
    Leaf,
    Payload,
    Topic,
    decode,
)
from common.contract.topic import DEVICES
from common.errors import MessageRejected
from common.messaging import Bus, Received
from services.cli.configured import Unusable, say
from services.cli.overheard import Overheard, read
from services.cli.watch import each

TTL_S: Final = 6.0
ANSWER_S: Final = 5.0
LISTEN_S: Final = 3.0
RETELL_S: Final = 35.0
"""A state is told at least every 30 s."""
PACE_S: Final = 0.2
"""Between two orders: a bridge may answer to a flood of wrong ones at a pace of its own."""
LETS_GO_S: Final = 5.0
"""After the end of a lease, until the device must be said to be free."""
LEADS_MS: Final = 15_000
RAW: Final = Leaf("+/+/cmd", str, "balancer", "an order as it is, right or wrong", retain=False)
BROKEN: Final = '{"v": 1, "epoch": NaN'
Json = dict[str, object]


async def examine(mqtt: MqttSettings, clock: Clock, place: str) -> bool:
    """Examine `switch/lamp` on this broker, with the balancer's account. Returns whether all is well."""
    kind, _, device = place.partition("/")
    if kind not in DEVICES or not device:
        raise Unusable(f"{place} is no device; name its class and id, such as switch/lamp", 2)
    account = account_name(mqtt.base, "balancer")
    async with MqttBus(mqtt, account, "check", clock, guest=True) as bus:
        try:
            async with clock.timeout(10):
                await bus.ready.wait()
        except TimeoutError:
            raise Unusable(f"no broker answers at {mqtt.host}:{mqtt.port}") from None
        return await Examination(bus, kind, device, say).go()


class Trial(NamedTuple):
    """An order, what is the matter with it, and what a bridge has to answer."""

    what: str
    text: str
    cmd_id: object
    outcome: str = "rejected"
    reason: str | None = None

    def is_answered_by(self, ack: Ack) -> bool:
        """Whether that is the answer. What cannot be read has no id."""
        outcomes = (self.outcome, "applied") if self.outcome == "accepted" else (self.outcome,)
        return ack.outcome in outcomes and ack.reason == self.reason and self.cmd_id in (None, ack.cmd_id)


class Examination:
    """One device of a foreign bridge, on a bus that may give orders."""

    def __init__(self, bus: Bus, kind: str, device: str, tell: Callable[[str], None], *, ttl_s: float = TTL_S) -> None:
        self._bus, self._kind, self._device, self._tell, self._ttl_s = bus, kind, device, tell, ttl_s
        self._is_well = True
        self._heard: Overheard

    async def go(self) -> bool:
        """Listen, try, tell. Returns whether all is well. Raises Unusable while a balancer is at work."""
        self._heard = Overheard(await self._bus.listen(*LEAVES, lane=each()), self._bus.clock)
        await self._bus.clock.sleep(LISTEN_S)
        self._heard.take_all()
        lease = read(BALANCER_LEASE, self._heard.newest.get(BALANCER_LEASE.at("main").name))
        if lease and lease[0] and self._bus.clock.wall_ms() - lease[0].ts_ms < LEADS_MS:
            raise Unusable("a balancer is at work on this broker; stop it first: docker compose stop balancer")
        info = self._listened()
        await self._goes_on()
        if info is not None and info.capabilities:
            await self._ordered(info)
        return self._is_well

    def _note(self, is_well: bool, text: str, else_text: str = "") -> None:
        self._tell(f"ok     {text}" if is_well else f"WRONG  {else_text or text}")
        self._is_well = self._is_well and is_well

    def _name(self, leaf: Leaf[Payload | str]) -> str:
        return f"{self._kind}/{self._device}/{leaf.pattern.rsplit('/', 1)[-1]}"

    def _listened(self) -> DeviceInfo | None:
        """What is retained: facts, presence, state, and who controls it."""
        (state,) = (leaf for leaf in LEAVES if leaf.pattern == f"{self._kind}/+/state")
        self._reads(INFO)
        self._reads(state)
        self._reads(AVAILABILITY)
        said = read(AVAILABILITY, self._heard.newest.get(self._name(AVAILABILITY)))
        self._note(said is not None and said[1] in ("online", "offline"), "availability is online or offline")
        told = read(INFO, self._heard.newest.get(self._name(INFO)))
        if told is not None and told[1].capabilities:
            self._reads(CONTROL)
        return told[1] if told is not None else None

    def _reads(self, leaf: Leaf[Payload | str]) -> None:
        """A message of the device is retained, and as the contract says."""
        name = self._name(leaf)
        received = self._heard.newest.get(name)
        why = "nothing is retained there"
        if received is not None and received.payload:
            try:
                decode(leaf, received.payload)
                why = ""
            except MessageRejected as rejected:
                why = str(rejected)
        self._note(not why, f"{name} is retained and as the contract says", f"{name}: {why}")

    async def _goes_on(self) -> None:
        """A state is told again, newer and with a higher number."""
        (leaf,) = (leaf for leaf in LEAVES if leaf.pattern == f"{self._kind}/+/state")
        name = self._name(leaf)
        earlier = read(leaf, self._heard.newest.get(name))
        again = await self._heard.wait(lambda received: received.topic == name and not received.retained, RETELL_S)
        later = read(leaf, again)
        self._note(later is not None, f"{name} is told again within 30 s")
        if earlier and later and earlier[0] and later[0]:
            grows = later[0].boot != earlier[0].boot or later[0].seq > earlier[0].seq
            self._note(grows, f"{name}: seq grows from message to message")
            age_ms = self._bus.clock.wall_ms() - later[0].ts_ms
            self._note(-5000 < age_ms < 1000 * RETELL_S, f"{name}: ts_ms is the time of the measurement, in UTC ms")

    async def _ordered(self, info: DeviceInfo) -> None:
        """Wrong orders, a right one, and a lease that nobody renews."""
        control = read(CONTROL, self._heard.newest.get(self._name(CONTROL)))
        orders = Orders(
            self._bus, max(control[1].epoch + 1 if control else 0, self._bus.clock.wall_ms()), info, self._ttl_s
        )
        for trial in orders.never_right():
            await self._try(trial)
        right = orders.right()
        await self._try(right)
        is_leased = await self._controlled(lambda told: told.mode == "leased" and told.epoch == orders.epoch, ANSWER_S)
        self._note(is_leased, "control says `leased`, with the epoch of the order")
        for trial in orders.wrong_after(right):
            await self._try(trial)
        is_free = await self._controlled(lambda told: told.mode != "leased", self._ttl_s + LETS_GO_S)
        self._note(is_free, "the device is let go by itself when nobody renews the order")

    async def _try(self, trial: Trial) -> None:
        """Say it, and see what became of it."""
        name = self._name(ACK)
        await self._bus.clock.sleep(PACE_S)
        self._heard.take_all()
        await self._bus.publish(Topic(self._name(COMMAND), RAW), trial.text)

        def answers(received: Received) -> bool:
            told = read(ACK, received) if received.topic == name else None
            return told is not None and trial.is_answered_by(told[1])

        is_answered = await self._heard.wait(answers, ANSWER_S) is not None
        wanted = _word(trial.outcome, trial.reason)
        heard = ", ".join(_word(ack.outcome, ack.reason) for ack in self._heard.acks(ACK, name)) or "nothing"
        self._note(is_answered, f"{trial.what}: {wanted}", f"{trial.what}: should be {wanted}, heard was {heard}")

    async def _controlled(self, holds: Callable[[Control], bool], limit_s: float) -> bool:
        name = self._name(CONTROL)

        def is_so(received: Received | None) -> bool:
            told = read(CONTROL, received) if received is not None and received.topic == name else None
            return told is not None and holds(told[1])

        return is_so(self._heard.newest.get(name)) or await self._heard.wait(is_so, limit_s) is not None


class Orders:
    """Makes orders of one epoch, right ones and wrong ones."""

    def __init__(self, bus: Bus, epoch: int, info: DeviceInfo, ttl_s: float) -> None:
        self.epoch = epoch
        self._bus, self._ttl_s, self._action, self._seq = bus, ttl_s, _action(info), 0

    def never_right(self) -> Iterator[Trial]:
        """What no bridge takes, before it has taken any of ours."""
        yield Trial("an order that is no JSON", BROKEN, None, reason="invalid")
        yield self._trial("an order without an action", "invalid", action=None)._replace(cmd_id=None)
        yield self._trial("a lease of 0 s", "ttl", ttl_s=0)
        yield self._trial("a lease of 121 s", "ttl", ttl_s=121)
        yield self._trial("an epoch a day ahead", "epoch", epoch=self.epoch + 86_400_000)

    def right(self) -> Trial:
        """One that has to be taken."""
        return self._trial("a right order", None)._replace(outcome="accepted")

    def wrong_after(self, right: Trial) -> Iterator[Trial]:
        """What is wrong because that one was taken."""
        now_ms = self._bus.clock.wall_ms
        yield right._replace(what="the same order again", outcome="duplicate")
        yield self._trial("an order of an older epoch", "fenced", epoch=self.epoch - 1)
        yield self._trial("the same epoch of another holder", "fenced", boot="other")
        yield self._trial("an order that comes late, by its seq", "out_of_order", seq=0)
        yield self._trial("an order from the future", "future", issued_at_ms=now_ms() + 10_000)
        yield self._trial("an order that is over", "expired", issued_at_ms=now_ms() - round(1000 * self._ttl_s) - 1000)

    def _trial(self, what: str, reason: str | None, **other: object) -> Trial:
        self._seq += 1
        now_ms, cmd_id = self._bus.clock.wall_ms(), f"{self.epoch}-{self._seq}"
        made: Json = {"v": 1, "ts_ms": now_ms, "seq": self._seq, "boot": "check", "src": self._bus.account}
        made |= {"cmd_id": cmd_id, "epoch": self.epoch, "issued_at_ms": now_ms, "ttl_s": self._ttl_s, **self._action}
        return Trial(what, orjson.dumps({**made, **other}).decode(), cmd_id, reason=reason)


def _action(info: DeviceInfo) -> Json:
    """What a device that can do this is told."""
    if "switch" in info.capabilities:
        return {"action": "switch", "on": True}
    if "power" in info.capabilities:
        return {"action": "set_power", "power_w": 0.0}
    if "mode" in info.capabilities and info.modes:
        return {"action": "set_mode", "mode": info.modes[0]}
    return {"action": "set_reserve"}


def _word(outcome: str, reason: str | None) -> str:
    return f"{outcome} ({reason})" if reason else outcome

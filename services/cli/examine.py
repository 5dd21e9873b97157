"""`ballast contract check CLASS/ID`: whether a bridge that somebody else wrote keeps the contract, on a running broker.

First it is listened to. Then, as the one balancer, it is given orders, right ones and wrong ones, none of which moves
the device from its safe state, and a lease is left to end.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from common.clock import Clock
from common.contract import (
    ACK,
    AVAILABILITY,
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
from common.errors import MessageRejected
from common.messaging import Bus, Received
from services.cli.overheard import Overheard, read
from services.cli.trials import Json, Orders, Trial, harmless, is_safe
from services.cli.watch import each

TTL_S: Final = 10.0
ANSWER_S: Final = 5.0
LISTEN_S: Final = 2.0
RETELL_S: Final = 35.0
"""A state is told at least every 30 s."""
PACE_S: Final = 0.2
"""Between two orders: a bridge may answer to a flood of wrong ones at a pace of its own."""
LETS_GO_S: Final = 2.0
"""After the end of a lease, until the device must be said to be free …"""
EARLY_S: Final = 1.0
"""… and how much before it that is too early; the order is repeated then, which must not lengthen it."""
AHEAD_MS: Final = 5_000
RAW: Final = Leaf("+/+/cmd", str, "balancer", "an order as it is, right or wrong", retain=False)


class Finding(NamedTuple):
    """One rule, and what was found where it is broken."""

    rule: str
    held: bool
    found: str = ""

    def __str__(self) -> str:
        return f"held    {self.rule}" if self.held else f"BROKEN  {self.rule}: {self.found}"


class Examination:
    """One device of a foreign bridge. `note` is told each finding as it is made."""

    def __init__(self, bus: Bus, kind: str, device: str, note: Callable[[Finding], None], ttl_s: float = TTL_S) -> None:
        self._bus, self._kind, self._device, self._tell, self._ttl_s = bus, kind, device, note, ttl_s
        (self._state,) = (leaf for leaf in LEAVES if leaf.pattern == f"{kind}/+/state")
        self._clock: Clock = bus.clock
        self._heard: Overheard
        self.info: DeviceInfo | None = None
        """What the device says it is, once it was listened to."""
        self.is_well = True
        """No rule was found broken."""

    async def listen(self) -> None:
        """What is retained: facts, state, presence, and who controls it."""
        self._heard = Overheard(await self._bus.listen(*LEAVES, lane=each()), self._clock)
        await self._clock.sleep(LISTEN_S)
        self._heard.take_all()
        told = read(INFO, self._newest(INFO))
        self.info = told[1] if told is not None else None
        for leaf in (INFO, self._state, *((CONTROL,) if self.order else ())):
            self._reads(leaf)
        said = read(AVAILABILITY, self._newest(AVAILABILITY))
        rule, word = f"{self._name(AVAILABILITY)} is retained, `online` or `offline`", said[1] if said else "nothing"
        self._note(rule, word in ("online", "offline"), f"found {word[:40]}")

    async def follow(self) -> None:
        """The state is told again, newer and with a higher number."""
        name = self._name(self._state)
        earlier = read(self._state, self._newest(self._state))
        again = await self._heard.wait(lambda received: received.topic == name and not received.retained, RETELL_S)
        later = read(self._state, again)
        self._note(f"{name} is told again within 30 s", later is not None, "nothing that can be read came")
        if not (earlier and later and earlier[0] and later[0]):
            return
        grows = later[0].boot != earlier[0].boot or later[0].seq > earlier[0].seq
        self._note(f"{name}: seq grows from message to message", grows, f"{later[0].seq} after {earlier[0].seq}")
        age_ms, limit_s = self._clock.wall_ms() - later[0].ts_ms, self.info.stale_after_s if self.info else RETELL_S
        rule = f"{name}: ts_ms is the time of the measurement, UTC in ms, and younger than stale_after_s"
        self._note(rule, -AHEAD_MS < age_ms < 1000 * limit_s, f"{age_ms / 1000:.1f} s old, allowed {limit_s:g} s")

    @property
    def order(self) -> Json | None:
        """The harmless order that the device is tried with; None if there is none for it."""
        told = read(self._state, self._newest(self._state))
        return harmless(self.info, told[1] if told else None) if self.info is not None else None

    async def command(self, bus: Bus, epoch: int) -> None:
        """Wrong orders, a right one, and a lease that nobody renews; `bus` is the leader's, `epoch` its own."""
        info, action = self.info, self.order
        if info is None or action is None:
            return
        orders = Orders(bus.account, self._clock.wall_ms, epoch, action, self._ttl_s)
        for trial in orders.never_right():
            await self._try(bus, trial)
        ends_s = await self._taken(bus, orders, orders.right())
        for trial in orders.wrong_after():
            await self._try(bus, trial)
        self._unchanged(orders, ends_s)
        renewal = orders.right("the order renewed")
        ends_s = await self._taken(bus, orders, renewal)
        await self._ends(bus, renewal, ends_s)
        await self._rests(info)
        await self._try(bus, orders.far_ahead())

    def _note(self, rule: str, held: bool, found: str) -> None:
        self._tell(Finding(rule, held, "" if held else found))
        self.is_well = self.is_well and held

    def _name(self, leaf: Leaf[Payload | str]) -> str:
        return f"{self._kind}/{self._device}/{leaf.pattern.rsplit('/', 1)[-1]}"

    def _newest(self, leaf: Leaf[Payload | str]) -> Received | None:
        return self._heard.newest.get(self._name(leaf))

    def _reads(self, leaf: Leaf[Payload | str]) -> None:
        """A message of the device is retained, and as the contract says."""
        received = self._newest(leaf)
        why = "nothing is retained there"
        if received is not None and received.payload:
            try:
                decode(leaf, received.payload)
                why = ""
            except MessageRejected as rejected:
                why = str(rejected)
        self._note(f"{self._name(leaf)} is retained and as the contract says", not why, why)

    async def _taken(self, bus: Bus, orders: Orders, trial: Trial) -> float:
        """A right order is taken, carried out, and told of. Returns the monotonic instant at which its lease ends."""
        ends_s = await self._try(bus, trial) + self._ttl_s
        acks = self._heard.acks(ACK, self._name(ACK))
        is_done = any(_is_done(ack, trial) for ack in acks) or await self._heard.wait(
            lambda received: (told := self._ack(received)) is not None and _is_done(told, trial), self._ttl_s / 2
        )
        self._note(f"{trial.what}: applied within half its lease", bool(is_done), "no such ack came")
        is_leased = await self._controlled(lambda told: told.mode == "leased" and told.epoch == orders.epoch, ANSWER_S)
        self._note(f"{trial.what}: control says `leased`, with its epoch", is_leased is not None, self._control())
        return ends_s

    async def _try(self, bus: Bus, trial: Trial) -> float:
        """Say it, and see what became of it. Returns the monotonic instant at which it was said."""
        await self._clock.sleep(PACE_S)
        self._heard.take_all()
        said_s = self._clock.monotonic()
        await bus.publish(Topic(self._name(COMMAND), RAW), trial.text)

        def answers(received: Received) -> bool:
            told = self._ack(received)
            return told is not None and trial.is_answered_by(told)

        is_answered = await self._heard.wait(answers, ANSWER_S) is not None
        acks = self._heard.acks(ACK, self._name(ACK))
        heard = ", ".join(_word(ack.outcome, ack.reason) for ack in acks) or "nothing"
        self._note(f"{trial.what}: {_word(trial.outcome, trial.reason)}", is_answered, f"heard was {heard}")
        return said_s

    def _ack(self, received: Received) -> Ack | None:
        told = read(ACK, received) if received.topic == self._name(ACK) else None
        return told[1] if told is not None else None

    def _unchanged(self, orders: Orders, ends_s: float) -> None:
        """What was refused has left no trace in the word about who controls the device."""
        told = read(CONTROL, self._newest(CONTROL))
        latest_ms = self._clock.wall_ms() + 1000 * (ends_s - self._clock.monotonic() + EARLY_S)
        until_ms = told[1].lease_until_ms if told is not None else None
        held = told is not None and told[1].epoch == orders.epoch and (until_ms is None or until_ms <= latest_ms)
        self._note("orders that are refused change nothing: control keeps epoch and end", held, self._control())

    async def _ends(self, bus: Bus, renewal: Trial, ends_s: float) -> None:
        """The same order again lengthens nothing, and at its end, not before, the device is let go."""
        left_s = ends_s - EARLY_S - self._clock.monotonic()
        free = await self._controlled(lambda told: told.mode != "leased", left_s)
        self._note("a lease holds until its end", free is None, self._control())
        await self._try(bus, renewal._replace(what="the same order again", outcome="duplicate"))
        free = await self._controlled(lambda told: told.mode != "leased", ends_s + LETS_GO_S - self._clock.monotonic())
        self._note("the device is let go by itself at the end of the lease", free is not None, self._control())

    async def _rests(self, info: DeviceInfo) -> None:
        """A state that was measured after the lease shows what was promised."""
        name, since_ms = self._name(self._state), self._clock.wall_ms() - AHEAD_MS

        def rests(received: Received) -> bool:
            told = read(self._state, received) if received.topic == name else None
            return told is not None and told[0] is not None and told[0].ts_ms > since_ms and is_safe(info, told[1])

        self._heard.take_all()
        is_resting = await self._heard.wait(rests, RETELL_S) is not None
        rule = f"after the lease the state shows safe_state, {info.safe_state}"
        self._note(rule, info.safe_state is not None and is_resting, "no such state came within 30 s")

    async def _controlled(self, holds: Callable[[Control], bool], limit_s: float) -> Received | None:
        def is_so(received: Received) -> bool:
            told = read(CONTROL, received) if received.topic == self._name(CONTROL) else None
            return told is not None and holds(told[1])

        newest = self._newest(CONTROL)
        return newest if newest and is_so(newest) else await self._heard.wait(is_so, max(0.0, limit_s))

    def _control(self) -> str:
        told = read(CONTROL, self._newest(CONTROL))
        return f"control says {told[1].mode}, epoch {told[1].epoch}" if told else "control says nothing"


def _is_done(ack: Ack, trial: Trial) -> bool:
    return ack.cmd_id == trial.cmd_id and ack.outcome in ("applied", "partial")


def _word(outcome: str, reason: str | None) -> str:
    return f"{outcome} ({reason})" if reason else outcome

"""What a leading balancer does on the bus: hear, decide at each reading, send, tell, remember."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from common import metrics
from common.alerts import Alerts
from common.contract import (
    ACK,
    AVAILABILITY,
    BALANCER_STATE,
    BATTERY_STATE,
    COMMAND,
    CONTROL,
    DECISION,
    EV_STATE,
    INFO,
    METER_STATE,
    SETTING,
    SETTING_REQUEST,
    Ack,
    BalancerState,
    Decision,
    Leaf,
    Payload,
)
from common.errors import BrokerLost, MessageRejected
from common.messaging import Bus, Inbox, Message, Reader, Received
from common.store import Store
from services.balancer.alarms import alarms
from services.balancer.config import Config
from services.balancer.hearing import hear, meter_in_use
from services.balancer.leadership import SteppedDown
from services.balancer.memory import KEY, keep
from services.balancer.mind import Mind, Order, Turn
from services.balancer.settings import Refused
from services.balancer.thinking import learn, release_all, renew, think

HEARD: tuple[Leaf[Payload | str], ...] = (METER_STATE, BATTERY_STATE, EV_STATE, INFO, AVAILABILITY, CONTROL, ACK)
TICK_S = 1.0
KEEP_S = 10.0
PATIENCE_S = 15
"""After a start nobody is accused before this time."""
RETELL_MS = 10_000
"""A decision that has not changed is published again after this long, with fresh figures."""
DRIFTING: dict[str, object] = {"power_w": None, "soc_pct": None, "input_age_ms": None}
"""Figures that alone make no decision a new one."""
log = logging.getLogger(__name__)


def heard_ids(config: Config) -> frozenset[str | None]:
    """The devices whose messages are let in: those of the configuration, so that strangers cannot fill the memory."""
    return frozenset({config.grid_meter, config.fallback_meter, config.car, *config.commanded()})


class Leader:
    """What a leading balancer does: listens and decides, keeps time, tells, remembers.

    `certain` raises SteppedDown when the leadership is in doubt; `turned` hears that the loop goes round.
    """

    def __init__(
        self,
        mind: Mind,
        bus: Bus,
        *,
        certain: Callable[[], None] = lambda: None,
        turned: Callable[[float], None] = lambda period_s: None,
        store: Store | None = None,
    ) -> None:
        self.alerts = Alerts(bus)
        self._mind = mind
        self._bus = bus
        self._certain = certain
        self._turned = turned
        self._store = store
        self._clock = bus.clock
        self._reader = Reader(bus, (*HEARD, SETTING_REQUEST))
        self._bad_input: dict[str, str] = {}
        self._told: dict[str, tuple[Decision, int]] = {}
        self._said: str | None = None
        self._kept: object = None

    async def listen(self) -> None:
        """For ever: take in messages, and decide at each reading of the meter in use."""
        await self._echo_settings()
        known = heard_ids(self._mind.config)
        inbox = await self._bus.listen(*HEARD, wanted=lambda topic: topic.split("/")[1] in known)
        asked = await self._bus.listen(SETTING_REQUEST, wanted=lambda topic: topic.startswith("balancer/main/"))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(inbox))
            tasks.create_task(self._grant(asked))

    async def tick(self) -> None:
        """For ever, each second: what expires, what is renewed without a reading, what is to be kept or alarmed."""
        ticks = 0
        async for _ in self._clock.every(TICK_S):
            ticks += 1
            self._turned(TICK_S * 5)
            now_ms = self._clock.wall_ms()
            if self._mind.book.pass_time(now_ms):
                await self._echo_settings()
            await self._mind_the_meter(now_ms)
            if ticks > PATIENCE_S:
                await self._raise_alarms(now_ms)
            if ticks % KEEP_S == 0:
                await self.remember()

    async def give_back(self) -> None:
        """An orderly end: every device is given free, and the lease with them."""
        try:
            await self._send(release_all(self._mind, self._clock.wall_ms()))
            await self.remember()
        except BrokerLost as lost:
            log.warning("the devices could not be told; their leases will end by themselves: %s", lost)

    async def _take(self, inbox: Inbox) -> None:
        async for received in inbox:
            message = self._read(received)
            if message is None:
                continue
            if isinstance(message.body, Ack) and message.body.reason == "fenced" and self._is_ours(message.body):
                raise SteppedDown(f"{message.id} refused an order: {message.body.detail}")
            if hear(self._mind, message, self._clock.wall_ms()):
                await self._decide(message, received.arrived_s)

    def _read(self, received: Received) -> Message[Payload | str] | None:
        device = received.topic.split("/")[1]
        try:
            message = self._reader.read(received)
        except MessageRejected as rejected:
            metrics.INPUT_REJECTED.labels(self._bus.account, rejected.reason).inc()
            self._bad_input[device] = str(rejected)[:160]
            return None
        if message is not None and message.envelope is not None:
            self._bad_input.pop(device, None)
        return message

    def _is_ours(self, ack: Ack) -> bool:
        return ack.cmd_id.startswith(f"{self._mind.epoch}-")

    async def _decide(self, message: Message[Payload | str], arrived_s: float) -> None:
        assert message.envelope is not None  # a meter's state has one
        meter = self._mind.world.meters[message.id]
        local = self._clock.now().astimezone(self._mind.site.zone)
        turn = think(self._mind, meter, message.envelope.ts_ms, local)
        await self._send(turn.orders)
        metrics.CYCLE.labels(self._bus.account).observe(self._clock.monotonic() - arrived_s)
        await self._tell(turn)
        learn(self._mind, meter)

    async def _send(self, orders: tuple[Order, ...]) -> None:
        """Hand commands to the broker, all at once. Only while the leadership is certain."""
        if not orders:
            return
        self._certain()
        publishing = (self._bus.publish(COMMAND.at(kind, device), command) for kind, device, command in orders)
        try:
            await asyncio.gather(*publishing)
        except BrokerLost as lost:
            raise SteppedDown(f"an order could not be sent: {lost}") from lost

    async def _tell(self, turn: Turn) -> None:
        metrics.DECISIONS.labels(self._bus.account, _rule(turn.decisions)).inc()
        await self._say(turn.state, turn.measured_ms)
        for device, decision in turn.decisions.items():
            known = self._told.get(device)
            if known is None or turn.measured_ms - known[1] >= RETELL_MS or _differs(known[0], decision):
                self._told[device] = (decision, turn.measured_ms)
                await self._bus.publish(DECISION.at("main", device), decision, turn.measured_ms)

    async def _say(self, state: BalancerState, measured_ms: int) -> None:
        if state.sentence != self._said:
            log.debug("%s", state.sentence)
            self._said = state.sentence
        await self._bus.publish(BALANCER_STATE.at("main"), state, measured_ms)

    async def _mind_the_meter(self, now_ms: int) -> None:
        """Without a fit meter nothing is decided and nothing renewed: the leases end, and the devices let go."""
        now_s = self._mind.world.line.at_s(now_ms)
        if meter_in_use(self._mind, now_s) is not None:
            await self._send(renew(self._mind, now_ms))
            return
        why = self._mind.world.meter(self._mind.config.grid_meter).unfit(now_s)
        sentence = f"Waiting: the grid meter {self._mind.config.grid_meter} {why}. Nothing is ordered."
        if sentence.split(" was ", maxsplit=1)[0] != (self._said or "").split(" was ")[0]:
            book = self._mind.book
            state = BalancerState(mode=book.mode, dry_run=book.dry_run, missing=f"grid ({why})", sentence=sentence)
            await self._say(state, now_ms)

    async def _raise_alarms(self, now_ms: int) -> None:
        wrong = alarms(self._mind, self._mind.world.line.at_s(now_ms), self._bad_input)
        for name, alarm in wrong.items():
            await self.alerts.set(name, alarm.text, alarm.advice, device=alarm.device)
        for name in self.alerts.standing() - wrong.keys() - {"setting"}:
            await self.alerts.clear(name)

    async def _grant(self, inbox: Inbox) -> None:
        """For ever: settings that people ask for. What is refused is told as an alert until the next good request."""
        async for received in inbox:
            name = received.topic.removeprefix("balancer/main/set/")
            try:
                self._mind.book.ask(name, received.payload[:200].decode(errors="replace"), self._clock.wall_ms())
            except Refused as refused:
                await self.alerts.set("setting", f"The setting {name} was refused: {refused}")
                continue
            await self.alerts.clear("setting")
            log.info("setting %s is now %s", name, self._mind.book.echo().get(name))
            await self._echo_settings()
            await self.remember()

    async def _echo_settings(self) -> None:
        for name, value in self._mind.book.echo().items():
            await self._bus.publish(SETTING.at("main", *name.split("/")), value)

    async def remember(self) -> None:
        kept = keep(self._mind)
        if self._store is not None and kept != self._kept:
            self._kept = kept
            await self._store.put(KEY, kept)


def _rule(decisions: Mapping[str, Decision]) -> str:
    return next((decision.rule for decision in decisions.values()), "none")


def _differs(known: Decision, fresh: Decision) -> bool:
    """Whether a decision says something new, figures that merely drift aside."""
    return known.model_copy(update=DRIFTING) != fresh.model_copy(update=DRIFTING)

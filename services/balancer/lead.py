"""What a leading balancer does on the bus: hear, decide at each reading, send, tell, remember."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from common import metrics
from common.alerts import Alerts
from common.asking import refusal
from common.contract import COMMAND, SETTING_REQUEST, Ack, Decision, Payload
from common.errors import BrokerLost, MessageRejected
from common.messaging import Bus, Inbox, Message, Reader, Received
from common.store import Store
from services.balancer.alarms import BadInput, alarms
from services.balancer.hearing import forget, hear, meter_in_use
from services.balancer.heat_telling import count_heat
from services.balancer.heating import heat
from services.balancer.herald import Herald
from services.balancer.inputs import HEARD, heard_ids
from services.balancer.leadership import SteppedDown
from services.balancer.memory import KEY, keep
from services.balancer.mind import Mind, Order
from services.balancer.ordering import orders_for, release_all, renew
from services.balancer.switchboard import known_w
from services.balancer.tariff import follow, tariff_orders
from services.balancer.tariff_telling import count_tariff, tell_relays
from services.balancer.telling import tell
from services.balancer.terms import terms
from services.balancer.thinking import learn, think
from services.balancer.warming import look_at_hot_water
from services.balancer.wishes import Refused

JOULES_PER_WH = 3600
TICK_S = 1.0
TERMS_TICKS = 10
"""How often it is looked whether a device may or needs something else."""
KEEP_S = 10.0
"""Shortest time between two writes to disk."""
PATIENCE_S = 15
"""After a start nobody is accused before this time, and what is retained has been heard."""
REFUSED_S = 600.0
"""So long a refused setting is shown, if nobody asks for another."""
log = logging.getLogger(__name__)


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
        self._herald = Herald(bus)
        self._mind = mind
        self._bus = bus
        self._certain = certain
        self._turned = turned
        self._store = store
        self._clock = bus.clock
        self._reader = Reader(bus, (*HEARD, SETTING_REQUEST))
        self._bad_input = BadInput()
        self._refused_s = float("-inf")
        self._heated_s = float("-inf")
        self._kept: object = None
        self._kept_s = float("-inf")

    async def listen(self) -> None:
        """For ever: take in messages, and decide at each reading of the meter in use."""
        await self._herald.settings(self._mind.book.echo())
        known = heard_ids(self._mind.config)
        inbox = await self._bus.listen(*HEARD, wanted=lambda topic: topic.split("/")[1] in known)
        requests = await self._bus.listen(SETTING_REQUEST, wanted=lambda topic: topic.startswith("balancer/main/"))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(inbox))
            tasks.create_task(self._grant(requests))

    async def tick(self) -> None:
        """For ever, each second: what expires, what is renewed without a reading, what is to be kept or alarmed."""
        ticks = 0
        async for _ in self._clock.every(TICK_S):
            ticks += 1
            self._turned(TICK_S * 5)
            now_ms = self._wall_ms()
            if self._mind.book.pass_time(now_ms):
                await self._herald.settings(self._mind.book.echo())
            await self._mind_the_tariff(now_ms)
            await self._mind_the_meter(now_ms)
            if ticks % TERMS_TICKS == 0:
                await self._tell_the_terms(now_ms)
            if self._clock.monotonic() - self._heated_s >= TICK_S:
                await self._heat()
            if ticks > PATIENCE_S:
                self._mind_the_water(now_ms)
                await self._raise_alarms(now_ms)
            await self._remember()

    async def _tell_the_terms(self, now_ms: int) -> None:
        """Not while nothing is decided: then there is nothing to plan for."""
        if meter_in_use(self._mind, self._mind.world.line.at_s(now_ms)) is not None:
            await self._herald.terms(terms(self._mind, self._local()), now_ms)

    def _local(self) -> datetime:
        """The household's time of day."""
        return self._clock.now().astimezone(self._mind.site.zone)

    async def give_back(self) -> None:
        """An orderly end: every device is given free, and whoever looks is told."""
        now_ms = self._wall_ms()
        try:
            await self._send(release_all(self._mind, now_ms))
            await self._herald.farewell(self._mind, now_ms)
        except (BrokerLost, SteppedDown) as lost:
            log.warning("the devices could not be told; their leases will end by themselves: %s", lost)
        await self._remember(at_once=True)

    async def _take(self, inbox: Inbox) -> None:
        async for received in inbox:
            if not received.payload:
                forget(self._mind, received.topic)
            message = self._read(received)
            if message is None:
                continue
            if isinstance(message.body, Ack) and message.body.reason == "fenced" and self._is_ours(message.body):
                raise SteppedDown(f"{message.id} refused an order: {message.body.detail}")
            is_reading = hear(self._mind, message, self._wall_ms())
            if self._mind.heat_is_due:
                await self._heat()
            if is_reading:
                await self._decide(message, received.arrived_s)

    def _read(self, received: Received) -> Message[Payload | str] | None:
        try:
            return self._reader.read(received)
        except MessageRejected as rejected:
            metrics.INPUT_REJECTED.labels(self._bus.account, rejected.reason).inc()
            self._bad_input.note(received.topic.split("/")[1], str(rejected), received.arrived_s)
            return None

    def _wall_ms(self) -> int:
        """The wall clock; the mind's time line hears of it each time, in case somebody has set it."""
        wall_ms = self._clock.wall_ms()
        self._mind.world.line.heed(wall_ms, self._clock.monotonic())
        return wall_ms

    def _is_ours(self, ack: Ack) -> bool:
        return ack.cmd_id.startswith(f"{self._mind.epoch}-")

    async def _decide(self, message: Message[Payload | str], arrived_s: float) -> None:
        assert message.envelope is not None  # a meter's state has one
        meter = self._mind.world.meters[message.id]
        thought = think(self._mind, meter, message.envelope.ts_ms, self._local())
        await self._send(orders_for(self._mind, thought))
        metrics.CYCLE.labels(self._bus.account).observe(self._clock.monotonic() - arrived_s)
        state, decisions = tell(self._mind, thought)
        metrics.PLAN_FOLLOWED.labels(self._bus.account).set(thought.is_guided)
        metrics.DECISIONS.labels(self._bus.account, _rule(decisions)).inc()
        self._count(thought.switched)
        await self._herald.decided(state, decisions, thought.measured_ms)
        learn(self._mind, meter)

    async def _heat(self) -> None:
        """Look at the radiators that take turns: at each reading, at what is new about them, and each second."""
        if not self._mind.rotated:
            return
        now_ms, self._heated_s = self._wall_ms(), self._clock.monotonic()
        warmth = heat(self._mind, now_ms)
        await self._send(warmth.orders)
        for output in warmth.switched:
            metrics.LOAD_SWITCHED.labels(output, self._bus.account).inc()
        count_heat(warmth.groups, warmth.decisions, self._bus.account)
        await self._herald.heat(warmth.groups, warmth.decisions, now_ms)

    def _count(self, switched: Sequence[str]) -> None:
        for load in switched:
            metrics.LOAD_SWITCHED.labels(load, self._bus.account).inc()
        for load, book in self._mind.switchboard.books.items():
            metrics.LOAD_TAKEN.labels(load, self._bus.account).set(book.stored.energy_wh * JOULES_PER_WH)
            metrics.LOAD_OWED.labels(load, self._bus.account).set(book.warmth.owed_wh * JOULES_PER_WH)
            known = known_w(self._mind.policy(load), book)
            if known is not None:
                metrics.LOAD_RATED.labels(load, self._bus.account).set(known)

    async def _send(self, orders: tuple[Order, ...]) -> None:
        """Hand commands to the broker, all at once. Only while the leadership is certain."""
        if not orders:
            return
        self._certain()
        publishing = [self._bus.publish(COMMAND.at(kind, device), command) for kind, device, command in orders]
        try:
            if len(publishing) == 1:  # a task of its own would have to wait for its turn
                await publishing[0]
            else:
                await asyncio.gather(*publishing)
        except BrokerLost as lost:
            raise SteppedDown(f"an order could not be sent: {lost}") from lost

    def _mind_the_water(self, now_ms: int) -> None:
        """The look at water heaters belongs to the clock: it comes also when nothing is heard, or we come late."""
        for load, lacking_wh in look_at_hot_water(self._mind, self._local(), self._mind.world.line.at_s(now_ms)):
            log.info("hot water: %s gets %.0f Wh beside what the sun brings", load, lacking_wh)

    async def _mind_the_tariff(self, now_ms: int) -> None:
        """Reserves and relays wait for no meter."""
        follow(self._mind, now_ms, self._clock.now().astimezone(self._mind.site.zone))
        await self._send(tariff_orders(self._mind, now_ms))
        count_tariff(self._mind, self._bus.account)
        await self._herald.decisions(tell_relays(self._mind), now_ms)

    async def _mind_the_meter(self, now_ms: int) -> None:
        """Without a fit meter nothing is decided and nothing renewed: the leases end, and the devices let go."""
        now_s = self._mind.world.line.at_s(now_ms)
        if meter_in_use(self._mind, now_s) is not None:
            await self._send(renew(self._mind, now_ms))
            return
        unfit = self._mind.world.meter(self._mind.config.grid_meter).unfit(now_s)
        await self._herald.waiting(self._mind, unfit or "is not in use", now_ms)

    async def _raise_alarms(self, now_ms: int) -> None:
        bad_input = self._bad_input.lately(self._clock.monotonic())
        wrong = alarms(self._mind, self._mind.world.line.at_s(now_ms), bad_input)
        for name, alarm in wrong.items():
            await self.alerts.set(name, alarm.text, alarm.advice, device=alarm.device)
        shown = {"setting"} if self._clock.monotonic() - self._refused_s < REFUSED_S else set()
        for name in self.alerts.standing() - wrong.keys() - shown:
            await self.alerts.clear(name)

    async def _grant(self, inbox: Inbox) -> None:
        """For ever: settings that people ask for. What is refused is told as an alert until the next good request."""
        async for received in inbox:
            if received.retained:  # somebody asked for it long ago, and the broker was told to say so for ever
                continue
            name = received.topic.removeprefix("balancer/main/set/")
            try:
                self._mind.book.ask(name, received.payload.decode(errors="replace"), self._wall_ms())
            except Refused as refused:
                self._refused_s = self._clock.monotonic()
                await self.alerts.set("setting", refusal(name, refused))
                continue
            await self.alerts.clear("setting")
            log.info("setting %s is now %s", name, self._mind.book.echo().get(name))
            await self._heat()
            await self._herald.settings(self._mind.book.echo())
            await self._remember()

    async def _remember(self, *, at_once: bool = False) -> None:
        """Write what is to outlive a restart, if it has changed; not too often, for it goes to an SD card."""
        if self._store is None or not (at_once or self._clock.monotonic() - self._kept_s >= KEEP_S):
            return
        kept = keep(self._mind)
        if kept != self._kept:
            self._kept, self._kept_s = kept, self._clock.monotonic()
            await self._store.put(KEY, kept)


def _rule(decisions: Mapping[str, Decision]) -> str:
    return next((decision.rule for decision in decisions.values()), "none")

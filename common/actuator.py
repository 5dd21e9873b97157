"""The desk of one device: takes orders from MQTT, keeps the lease, says what became of each order.

The bridge's own loop *reconciles*: it looks at `order` whenever `changed` fires, makes the device obey, and
reports with `done`. When the lease ends nobody has to remember anything: `order` becomes None and `changed` fires,
at that instant, also while an answer waits for a broker that hangs or an epoch for a disk that does.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from common import metrics
from common.clock import Clock
from common.contract import ACK, COMMAND, CONTROL, Ack, Command, Control, Payload, decode
from common.contract.devices import Authority, Outcome
from common.errors import BrokerLost, MessageRejected
from common.lease import Answer, Desk, Instant, Lease, Limits, Verdict, accept, lapse
from common.messaging import Bus, Inbox, Received
from common.store import Store

log = logging.getLogger(__name__)

TERMINAL = frozenset({"applied", "partial", "failed", "timeout", "superseded", "expired"})
REFUSALS_APART_S = 0.1
"""A flood of bad orders is answered at this pace."""
ACK_S = 1.0
"""How long a bridge waits for the broker to take an answer; the device comes first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands in the tree."""

    kind: str
    """Its class: `battery`, `switch`, …"""
    id: str


class Leader(Payload):
    """The highest epoch ever accepted and who brought it: what must outlive a restart."""

    epoch: int = 0
    holder: str = ""


class Actuator:
    """Orders for one device. `limits` is asked at each order, because a device may reveal lower ones."""

    def __init__(self, bus: Bus, place: Place, limits: Callable[[], Limits], store: Store) -> None:
        self.changed = asyncio.Event()
        """The order is another one than before; whoever acts on it clears this."""
        self._bus = bus
        self._clock: Clock = bus.clock
        self._place = place
        self._limits = limits
        self._store = store
        self._desk = _remembered(store, place)
        self._ended: list[Lease] = []
        """Leases that ended and were not yet told of."""
        self._silence: Callable[[], None] = lambda: None
        self._told: dict[bool, str] = {}
        """The last final outcome that was told, of the order and of the reserve (True)."""
        self._has_lapsed = False
        self._control: Control | None = None
        self._until: tuple[Lease, int] | None = None
        self._refused_s = -REFUSALS_APART_S
        metrics.LEASE_REMAINING.labels(place.id, bus.account).set_function(self._remaining_s)
        metrics.SAFE_STATE.labels(place.id, bus.account, "lease_ended")
        for outcome in get_args(Outcome):
            metrics.COMMANDS.labels(place.id, bus.account, outcome)

    @property
    def order(self) -> Lease | None:
        """The order in force, or None: the device belongs in its safe state."""
        return lapse(self._desk, self._clock.monotonic())[0].order

    @property
    def reserve(self) -> Lease | None:
        """The reserve in force, or None: the owner's own values hold."""
        return lapse(self._desk, self._clock.monotonic())[0].reserve

    @property
    def has_lapsed(self) -> bool:
        """No order is in force, because the last one was not renewed."""
        return self.order is None and (self._has_lapsed or self._desk.order is not None)

    @property
    def epoch(self) -> int:
        """The highest epoch ever accepted for this device."""
        return self._desk.epoch

    async def run(self) -> None:
        """For ever: accept orders and end leases."""
        inbox = await self._bus.listen(COMMAND.at(self._place.kind, self._place.id), lane=_lane)
        try:
            while True:
                received = await self._next(inbox)
                if received is not None:
                    await self._judge(received)
                await self._tell_ended()
        finally:
            self._silence()

    async def done(self, lease: Lease, outcome: Outcome, achieved_w: float | None = None, detail: str = "") -> None:
        """Report what became of an order. Of the final outcomes only the first is sent, and again if it changes."""
        latency_s = max(0.0, self._clock.monotonic() - lease.since_s)
        final, is_reserve = f"{lease.command.cmd_id} {outcome}", lease.command.action == "set_reserve"
        if final == self._told.get(is_reserve):
            return
        self._told[is_reserve] = final
        labels = (self._place.id, self._bus.account)
        if outcome == "applied":
            metrics.COMMAND_LATENCY.labels(*labels).observe(latency_s)
        if achieved_w is not None and lease.power_w is not None:
            metrics.COMMAND_ERROR.labels(*labels).set(lease.power_w - achieved_w)
        await self._ack(
            lease.command,
            outcome,
            applied_w=lease.power_w,
            achieved_w=achieved_w,
            latency_ms=round(latency_s * 1000),
            detail=detail,
        )

    async def answer(self, became: Answer | None, achieved_w: float | None = None) -> None:
        """Report what became of the order in force. None: nothing is known yet, or there is no order."""
        if became is not None and (order := self.order) is not None:
            await self.done(order, became[0], achieved_w, became[1])

    async def refuse_reserve(self, why: str) -> None:
        """Report that a reserve, if there is one, is nothing for this device."""
        if (reserve := self.reserve) is not None:
            await self.done(reserve, "failed", detail=why)

    async def control(self, mode: Authority, setpoint_w: float | None = None) -> None:
        """Say who controls the device now. Published on change only."""
        order = self.order if mode == "leased" else None
        said = Control(
            mode=mode,
            setpoint_w=setpoint_w,
            lease_until_ms=self._until_ms(order) if order else None,
            epoch=self._desk.epoch,
            holder=order.holder if order else None,
        )
        if said != self._control:
            self._control = said
            await self._bus.publish(CONTROL.at(self._place.kind, self._place.id), said)

    def _until_ms(self, order: Lease) -> int:
        """Its end on the wall clock, reckoned once: to the millisecond the two clocks agree never twice."""
        if self._until is None or self._until[0] is not order:
            left_ms = round((order.ends_s - self._clock.monotonic()) * 1000)
            self._until = (order, self._clock.wall_ms() + left_ms)
        return self._until[1]

    def _remaining_s(self) -> float:
        order = self._desk.order
        return max(0.0, order.ends_s - self._clock.monotonic()) if order else 0.0

    async def _next(self, inbox: Inbox) -> Received | None:
        """The next order, or None when a lease ends first."""
        end_s = self._desk.next_end()
        if end_s is None:
            return await inbox.next()
        try:
            async with self._clock.timeout(max(0.0, end_s - self._clock.monotonic())):
                return await inbox.next()
        except TimeoutError:
            return None

    async def _judge(self, received: Received) -> None:
        before = self._desk
        now = Instant(self._clock.wall_ms(), self._clock.monotonic())
        self._desk, verdict = accept(before, received.payload, received.retained, now, self._limits())
        if verdict.outcome != "accepted":
            await self._refuse(verdict)
            return
        self._has_lapsed = self._has_lapsed and self._desk.order is before.order
        self._set_alarm()
        if self._desk.epoch != before.epoch:
            leader = Leader(epoch=self._desk.epoch, holder=self._desk.holder)
            await self._store.put(_key(self._place), leader.model_dump())
        if before.order is not None and before.order is not self._desk.order:
            await self._supersede(before.order)
        self.changed.set()
        if verdict.command is not None and verdict.command.action == "release":
            await self._ack(verdict.command, "applied", detail="released")
        elif verdict.lease is not None:
            await self._ack(verdict.lease.command, "accepted", applied_w=verdict.lease.power_w)

    async def _supersede(self, older: Lease) -> None:
        """An order that was never carried out, because a newer one came, is told so."""
        told_id, _, outcome = self._told.get(False, "").partition(" ")
        if not (told_id == older.command.cmd_id and outcome in TERMINAL):
            await self.done(older, "superseded")

    async def _refuse(self, verdict: Verdict) -> None:
        self._bus.reject(verdict.reason or verdict.outcome)
        now_s = self._clock.monotonic()
        if now_s - self._refused_s < REFUSALS_APART_S:
            return
        self._refused_s = now_s
        if verdict.command is None:
            await self._ack(_unreadable(self._desk), "rejected", reason=verdict.reason, detail=verdict.detail)
        else:
            await self._ack(verdict.command, verdict.outcome, reason=verdict.reason, detail=verdict.detail)
        log.info("%s: an order was not accepted: %s %s", self._place.id, verdict.reason or "", verdict.detail)

    def _set_alarm(self) -> None:
        self._silence()
        end_s = self._desk.next_end()
        if end_s is not None:
            self._silence = self._clock.call_later(max(0.0, end_s - self._clock.monotonic()), self._let_go)

    def _let_go(self) -> None:
        order = self._desk.order
        self._desk, ended = lapse(self._desk, self._clock.monotonic())
        if ended:
            self._has_lapsed = self._has_lapsed or order in ended
            self._ended += ended
            self.changed.set()
        self._set_alarm()

    async def _tell_ended(self) -> None:
        while self._ended:
            lease = self._ended.pop(0)
            metrics.SAFE_STATE.labels(self._place.id, self._bus.account, "lease_ended").inc()
            log.warning("%s: the order of %s was not renewed; letting go", self._place.id, lease.holder)
            await self._ack(lease.command, "expired", applied_w=lease.power_w)

    async def _ack(self, command: Command, outcome: Outcome, **facts: object) -> None:
        metrics.COMMANDS.labels(self._place.id, self._bus.account, outcome).inc()
        said = {"cmd_id": command.cmd_id, "epoch": command.epoch, "outcome": outcome, "requested_w": command.power_w}
        try:
            async with self._clock.timeout(ACK_S):
                await self._bus.publish(ACK.at(self._place.kind, self._place.id), Ack.model_validate({**said, **facts}))
        except (BrokerLost, TimeoutError) as lost:
            log.info("%s: nobody heard what became of order %s: %r", self._place.id, command.cmd_id, lost)


def _lane(received: Received) -> str:
    """The newest of each kind is kept: orders, reserves, releases (which end both), and what is none of them."""
    try:
        action = decode(COMMAND, received.payload)[1].action
    except MessageRejected:
        return "rubbish"
    if received.retained:
        return "rubbish"
    return action if action in ("set_reserve", "release") else "order"


def _unreadable(desk: Desk) -> Command:
    """Something to answer to when the order itself could not be read."""
    return Command(cmd_id="unreadable", epoch=desk.epoch, issued_at_ms=0, ttl_s=0.0, action="release")


def _key(place: Place) -> str:
    return f"epoch/{place.kind}/{place.id}"


def _remembered(store: Store, place: Place) -> Desk:
    kept = store.get(_key(place))
    leader = Leader.model_validate(kept) if kept is not None else Leader()
    return Desk(epoch=leader.epoch, holder=leader.holder)

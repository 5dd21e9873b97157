"""One balancer at a time: probe, claim, renew, step down. Fencing at the bridges makes a second one harmless."""

import fcntl
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common import metrics
from common.clock import Clock
from common.contract import BALANCER_LEASE, CONTROL, BalancerLease, Control
from common.errors import BallastError, BrokerLost, MessageRejected
from common.messaging import Bus, Inbox, Reader, Received
from common.store import Store

RENEW_S = 5.0
PERIODS = 3
"""A lease that was not renewed for so many periods has no holder any more."""
LISTEN_S = 0.3
"""What is retained arrives within this time after subscribing."""
MINE = BALANCER_LEASE.at("main")
log = logging.getLogger(__name__)


class SteppedDown(BallastError):
    """Raised to end a leadership; the text says why."""


@contextmanager
def sole_use(data_dir: Path) -> Iterator[bool]:
    """Hold the folder of our identity alone. Yields False if another balancer holds it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "balancer.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


async def identity(store: Store) -> str:
    """Our name in the lease: random, kept with our memory, so that we know our own lease after a restart."""
    known = store.get("instance")
    if isinstance(known, str):
        return known
    fresh = secrets.token_hex(6)
    await store.put("instance", fresh)
    return fresh


class Election:
    """Watches the lease from a guest connection, which takes nothing away from whoever leads."""

    def __init__(self, guest: Bus, instance: str) -> None:
        self._guest = guest
        self._clock: Clock = guest.clock
        self._instance = instance
        self._reader = Reader(guest, (BALANCER_LEASE, CONTROL))
        self._inbox: Inbox | None = None
        self._highest = 0
        self._holder: str | None = None
        self._heard_s = float("-inf")

    async def won(self) -> int:
        """Wait until nobody else leads. Returns the epoch to claim: above every one seen, and not below the clock."""
        await self._listen(LISTEN_S)
        if self._other_leads():
            log.info("another balancer (%s) leads; standing by", self._holder)
        while self._other_leads():
            await self._listen(RENEW_S)
        return max(self._highest + 1, self._clock.wall_ms())

    async def deposed(self, epoch: int) -> None:
        """Raise SteppedDown as soon as somebody leads with a higher epoch."""
        while self._highest <= epoch:
            await self._listen(RENEW_S)
        raise SteppedDown(f"epoch {self._highest} is above our {epoch}")

    def _other_leads(self) -> bool:
        heard_ago_s = self._clock.monotonic() - self._heard_s
        return self._holder not in (None, self._instance) and heard_ago_s < PERIODS * RENEW_S

    async def _listen(self, seconds: float) -> None:
        """Take in what comes for so long. Never compares anybody's wall clock with ours."""
        if self._inbox is None:
            self._inbox = await self._guest.listen(MINE, CONTROL)
        try:
            async with self._clock.timeout(seconds):
                async for received in self._inbox:
                    self._note(received)
        except TimeoutError:
            return

    def _note(self, received: Received) -> None:
        if received.topic == MINE.name and not received.payload:
            self._holder = None  # given back
            return
        try:
            message = self._reader.read(received)
        except MessageRejected:
            return
        if message is None or not isinstance(message.body, BalancerLease | Control):
            return
        self._highest = max(self._highest, message.body.epoch)
        if isinstance(message.body, BalancerLease):
            self._holder, self._heard_s = message.body.instance, received.arrived_s


class Term:
    """One leadership: renews the lease and knows how long ago that was last confirmed."""

    def __init__(self, bus: Bus, instance: str, epoch: int) -> None:
        self._bus = bus
        self._clock = bus.clock
        self._lease = BalancerLease(epoch=epoch, instance=instance)
        self._renewed_s = float("-inf")

    async def renew(self) -> None:
        """For ever: renew each 5 s. Raises SteppedDown when that fails for three periods."""
        async for _ in self._clock.every(RENEW_S):
            try:
                await self._bus.publish(MINE, self._lease, confirmed=True)
                self._renewed_s = self._clock.monotonic()
            except BrokerLost as lost:
                self.check(str(lost))

    async def claim(self) -> None:
        """Publish the lease for the first time."""
        try:
            await self._bus.publish(MINE, self._lease, confirmed=True)
        except BrokerLost as lost:
            raise SteppedDown(f"the lease could not be published: {lost}") from lost
        self._renewed_s = self._clock.monotonic()
        metrics.EPOCH.labels(self._bus.account).set(self._lease.epoch)

    def check(self, why: str = "") -> None:
        """Raise SteppedDown if the lease was not confirmed for three periods: somebody else may lead by now."""
        if self._clock.monotonic() - self._renewed_s >= PERIODS * RENEW_S:
            raise SteppedDown(f"the lease was not confirmed for {PERIODS * RENEW_S:.0f} s {why}".rstrip())

    async def give_back(self) -> None:
        """Clear the lease, so that a standby need not wait for it to lapse."""
        await self._bus.clear(MINE)

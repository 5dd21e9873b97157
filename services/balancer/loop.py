"""The balancer on the bus: elect, lead, decide at each reading, publish, remember, step down. All I/O is here."""

import asyncio
import logging

from common import metrics
from common.bus import MqttBus
from common.clock import Clock
from common.service import Runtime, report
from services.balancer.config import Config
from services.balancer.lead import Leader
from services.balancer.leadership import Election, SteppedDown, Term, identity, sole_use
from services.balancer.memory import KEY, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook

PAUSE_S = 1.0
log = logging.getLogger(__name__)


async def session(runtime: Runtime[Config]) -> None:
    """For ever: wait for our turn, lead until something says stop."""
    metrics.LEADER.labels(runtime.account).set(0)
    with sole_use(runtime.data_dir) as alone:
        while not alone:
            log.warning("another balancer uses %s; waiting for it to end", runtime.data_dir)
            await runtime.clock.sleep(30)
        mind = Mind(runtime.config, runtime.site, SettingsBook(runtime.config))
        recall(mind, runtime.store.get(KEY))
        await runtime.bus.ready.wait()
        election = Election(runtime.bus, instance := await identity(runtime.store))
        while True:
            epoch = await election.won()
            try:
                await _lead(runtime, mind, election, instance, epoch)
            except* SteppedDown as group:
                log.warning("stepped down: %s", group.exceptions[0])
            mind.follow()
            metrics.LEADER.labels(runtime.account).set(0)
            await runtime.clock.sleep(PAUSE_S)


async def _lead(runtime: Runtime[Config], mind: Mind, election: Election, instance: str, epoch: int) -> None:
    """One leadership, on a connection of its own with the fixed client id."""
    bus = MqttBus(runtime.mqtt, runtime.account, runtime.bus.boot, runtime.clock, lasting=False)
    bus.observer = runtime.bus.observer
    async with bus:
        if not await _connected(bus, runtime.clock):
            raise SteppedDown("the broker did not let us in with our own account")
        term = Term(bus, instance, epoch)
        await term.claim()
        mind.lead(epoch)
        metrics.LEADER.labels(runtime.account).set(1)
        log.info("leading with epoch %d", epoch)
        leader = Leader(mind, bus, certain=term.check, turned=runtime.health.turned, store=runtime.store)
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (
                    leader.listen(),
                    leader.tick(),
                    leader.alerts.tidy(),
                    term.renew(),
                    election.deposed(epoch),
                    report(bus, runtime.health, runtime.clock),
                    _until_lost(bus),
                ):
                    tasks.create_task(work)
        except asyncio.CancelledError:
            await leader.give_back()
            await term.give_back()
            raise


async def _connected(bus: MqttBus, clock: Clock) -> bool:
    try:
        async with clock.timeout(10):
            await bus.ready.wait()
    except TimeoutError:
        return False
    return True


async def _until_lost(bus: MqttBus) -> None:
    await bus.lost.wait()
    raise SteppedDown("the connection to the broker was lost")

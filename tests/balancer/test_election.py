"""Who leads is watched for ever, so watching must cost the same after a year as in the first minute."""

import asyncio

import pytest

from common.clock import Clock, JumpClock
from common.contract import BALANCER_LEASE, CONTROL, BalancerLease, Control
from common.memory_bus import MemoryBroker, MemoryBus
from services.balancer.leadership import RENEW_S, Election, SteppedDown
from tests.virtual import virtually


def bus(broker: MemoryBroker, clock: Clock) -> MemoryBus:
    return MemoryBus(broker, "ems-balancer", "aaaaaa", clock)


def test_what_is_heard_while_we_lead_is_taken_in_and_piles_up_nowhere() -> None:
    """An inbox that is empty is still an inbox: one more was opened each five seconds."""

    async def story(clock: JumpClock) -> None:
        broker = MemoryBroker()
        guest, bridge = bus(broker, clock), bus(broker, clock)
        election = Election(guest, "ours")
        epoch = await election.won()
        watching = asyncio.create_task(election.deposed(epoch))
        for device in ("garage", "shed", "heater"):
            await clock.sleep(10 * RENEW_S)
            await bridge.publish(CONTROL.at("battery", device), Control(mode="leased", epoch=epoch))
        await clock.sleep(RENEW_S)
        assert guest.queued == 0
        watching.cancel()

    virtually(story)


@pytest.mark.parametrize("silence_s", [1.0, 100 * RENEW_S])
def test_a_higher_epoch_deposes_however_long_nothing_was_heard(silence_s: float) -> None:
    async def story(clock: JumpClock) -> None:
        broker = MemoryBroker()
        election = Election(bus(broker, clock), "ours")
        epoch = await election.won()
        watching = asyncio.create_task(election.deposed(epoch))
        await clock.sleep(silence_s)
        lease = BalancerLease(epoch=epoch + 1, instance="theirs")
        await bus(broker, clock).publish(BALANCER_LEASE.at("main"), lease)
        with pytest.raises(SteppedDown, match="is above our"):
            await watching

    virtually(story)

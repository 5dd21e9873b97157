"""An order reaches the battery, at once and as it was meant, and its giver learns what became of it."""

from itertools import pairwise

import pytest

from common.clock import Clock
from common.memory_bus import MemoryBus
from common.messaging import Outgoing
from services.simulator.marstek import Faults
from tests.udp_battery.home import Home


async def test_an_order_is_written_at_once_when_the_line_is_quiet(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready()
    given_s = clock.monotonic()
    await home.order(600)
    await clock.sleep(1)
    assert fake.journal.asked("ES.SetMode")[0].at_s == given_s


@pytest.mark.promise("4.8-08")
@pytest.mark.parametrize("power_w", [700.0, -700.0])
async def test_a_positive_order_charges_and_a_negative_one_discharges(home: Home, clock: Clock, power_w: float) -> None:
    """Checklist 11, all the way through: order, battery, reading."""
    fake = await home.add()
    await home.ready()
    await home.order(power_w)
    await clock.sleep(20)
    assert fake.power_w == pytest.approx(power_w)
    assert home.states()[-1].power_w == pytest.approx(power_w)


async def test_the_battery_gets_what_is_left_of_the_lease_as_its_timer(home: Home, clock: Clock) -> None:
    """Checklist 6: the dead man, rounded up."""
    fake = await home.add()
    await home.ready()
    await home.order(600, ttl_s=60, age_s=10.5)
    await clock.sleep(1)
    assert fake.journal.asked("ES.SetMode")[0].params["config"] == {
        "mode": "Passive",
        "passive_cfg": {"power": -600, "cd_time": 50},
    }


async def test_an_order_is_acknowledged_as_applied_with_its_latency(home: Home, clock: Clock) -> None:
    await home.add()
    await home.ready()
    cmd_id = await home.order(600)
    await clock.sleep(1)
    accepted, applied = home.acks(cmd_id)
    assert (accepted.outcome, applied.outcome) == ("accepted", "applied")
    assert applied.latency_ms is not None
    assert 100 <= applied.latency_ms <= 250
    assert applied.applied_w == 600


async def test_the_newest_of_several_orders_wins(home: Home, clock: Clock) -> None:
    """Checklist 3: orders given while the line must be quiet are never sent, but for the last."""
    fake = await home.add()
    await home.ready()
    first = await home.order(600)
    await clock.sleep(0.5)
    skipped = []
    for power_w in (100, 200, 300):
        skipped.append(await home.order(power_w))
        await clock.sleep(0.1)
    last = await home.order(400)
    await clock.sleep(5)
    assert [command.power_w for command in fake.journal.commands()] == [600, 400]
    assert home.outcomes(first) == ["accepted", "applied"]
    assert all(home.outcomes(cmd_id)[-1] == "superseded" for cmd_id in skipped)
    assert home.outcomes(last) == ["accepted", "applied"]


async def test_a_lost_order_is_repeated_after_three_seconds_as_the_newest(home: Home, clock: Clock) -> None:
    """Checklist 3: with a new id, and with what is wanted by then."""
    fake = await home.add()
    await home.ready()
    fake.faults.loss_in = 1.0
    given_s = clock.monotonic()
    await home.order(600)
    await clock.sleep(1)
    fake.faults.loss_in = 0.0
    await home.order(450)
    await clock.sleep(5)
    lost, repeated = fake.journal.asked("ES.SetMode")
    assert repeated.at_s - given_s == pytest.approx(3.0)
    assert repeated.number != lost.number
    assert [command.power_w for command in fake.journal.commands()] == [450]


async def test_after_five_writes_without_an_answer_the_order_times_out(home: Home, clock: Clock) -> None:
    """Checklist 3, F21."""
    fake = await home.add()
    await home.ready()
    fake.faults.loss_in = 1.0
    cmd_id = await home.order(600)
    await clock.sleep(16)
    assert len(fake.journal.asked("ES.SetMode")) == 5
    assert home.outcomes(cmd_id) == ["accepted", "timeout"]


async def test_a_refused_order_is_repeated_and_then_reported(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready()
    fake.faults.refuses = 1.0
    cmd_id = await home.order(600)
    await clock.sleep(15)
    assert len(fake.journal.asked("ES.SetMode")) == 5
    assert home.outcomes(cmd_id) == ["accepted", "failed"]
    fake.faults.refuses = 0.0
    await clock.sleep(40)
    assert home.outcomes(cmd_id) == ["accepted", "failed", "applied"]


async def test_a_busy_battery_is_asked_again_after_its_quiet(home: Home, clock: Clock) -> None:
    """Checklist 2."""
    fake = await home.add()
    await home.ready()
    fake.faults.busy = 1.0
    cmd_id = await home.order(600)
    await clock.sleep(2)
    fake.faults.busy = 0.0
    await clock.sleep(3)
    assert home.outcomes(cmd_id) == ["accepted", "applied"]


async def test_a_renewal_is_acknowledged_without_a_write(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready()
    await home.order(600)
    await clock.sleep(20)
    again = await home.order(600)
    await clock.sleep(1)
    assert home.outcomes(again) == ["accepted", "applied"]
    assert len(fake.journal.commands()) == 1


async def test_while_an_order_waits_nothing_is_polled(home: Home, clock: Clock) -> None:
    """Checklist 1: write before poll."""
    fake = await home.add()
    await home.ready()
    fake.faults.loss_in = 1.0
    await home.order(600)
    await clock.sleep(14)
    last_s = fake.journal.asked("ES.SetMode")[0].at_s
    assert not [asked for asked in fake.journal.asked("ES.GetMode") if asked.at_s > last_s]


async def test_a_busy_balancer_does_not_make_us_blind(home: Home, clock: Clock) -> None:
    """A new order each 2 s leaves no gap for a poll; a reading is taken all the same before the last is stale."""
    await home.add()
    await home.ready()
    for turn in range(40):
        await home.order(500 + 10 * (turn % 7))
        await clock.sleep(2)
    stamps = [said.at_s for said in home.said if said.topic == "battery/garage/state"]
    assert max(later - earlier for earlier, later in pairwise(stamps)) < 30


@pytest.mark.promise("4.8-06")
async def test_an_order_is_clamped_to_what_the_battery_and_its_owner_allow(home: Home, clock: Clock) -> None:
    """Checklist 9."""
    fake = await home.add(max_charge_w=1800)
    await home.ready()
    high = await home.order(2400)
    await clock.sleep(10)
    low = await home.order(-2400)
    await clock.sleep(10)
    assert [command.power_w for command in fake.journal.commands()] == [1800, -800]
    assert home.acks(high)[-1].applied_w == 1800
    assert home.acks(low)[-1].applied_w == -800


@pytest.mark.promise("4.8-06")
@pytest.mark.parametrize(("soc_pct", "power_w"), [(20, -500), (100, 500)])
async def test_no_order_discharges_below_the_reserve_or_charges_what_is_full(
    home: Home, clock: Clock, soc_pct: float, power_w: float
) -> None:
    """I3."""
    fake = await home.add(soc_pct=soc_pct, reserve_soc_pct=20)
    await home.ready()
    await home.order(power_w)
    await clock.sleep(10)
    assert [command.power_w for command in fake.journal.commands()] == [0]


@pytest.mark.promise("4.8-06")
async def test_an_order_stops_discharging_when_the_reserve_is_reached(home: Home, clock: Clock) -> None:
    fake = await home.add(soc_pct=22, reserve_soc_pct=20)
    await home.ready()
    home.renew(-800)
    await clock.sleep(900)
    assert fake.soc_pct == pytest.approx(20, abs=1)
    assert fake.power_w == 0
    assert home.acks()[-1].outcome == "applied"
    assert home.acks()[-1].applied_w == 0


async def test_the_battery_can_be_told_to_follow_the_meter_or_to_stand_by(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready()
    standby = await home.order(action="set_mode", mode="standby")
    await clock.sleep(5)
    assert (fake.program.mode, fake.journal.commands()[-1].power_w) == ("Passive", 0)
    free = await home.order(action="set_mode", mode="self_consumption")
    await clock.sleep(5)
    assert fake.program.mode == "Auto"
    assert home.outcomes(standby)[-1] == home.outcomes(free)[-1] == "applied"
    assert home.controls()[-1].mode == "leased"


async def test_a_battery_that_follows_the_meter_already_is_not_told_again(home: Home, clock: Clock) -> None:
    """Each time it is told it begins with a test that shows on the meter."""
    fake = await home.add()
    await home.ready()
    cmd_id = await home.order(action="set_mode", mode="self_consumption")
    await clock.sleep(5)
    assert home.outcomes(cmd_id) == ["accepted", "applied"]
    assert not fake.journal.commands()


@pytest.mark.parametrize("mode", ["charge_full", "eco"])
async def test_a_mode_it_does_not_have_is_refused(home: Home, clock: Clock, mode: str) -> None:
    fake = await home.add()
    await home.ready()
    cmd_id = await home.order(action="set_mode", mode=mode)  # type: ignore[arg-type]  # one of the contract's words
    await clock.sleep(5)
    assert home.outcomes(cmd_id) == ["accepted", "failed"]
    assert not fake.journal.commands()


async def test_a_reserve_is_refused_once_per_order(home: Home, clock: Clock) -> None:
    await home.add()
    await home.ready()
    await home.order(600)
    cmd_id = await home.order(action="set_reserve")
    await clock.sleep(30)
    assert home.outcomes(cmd_id) == ["accepted", "failed"]
    assert len(home.acks()) < 8


async def test_with_30_percent_of_exchanges_lost_orders_get_through(home: Home, clock: Clock) -> None:
    """F25: five attempts."""
    await home.add(faults=Faults(), seed=3)
    await home.ready(settle_s=40)
    given = []
    for turn in range(150):
        given.append(await home.order(300 + turn))
        await clock.sleep(20)
    applied = sum("applied" in home.outcomes(cmd_id) for cmd_id in given)
    assert applied / len(given) >= 0.98


class SlowWithStates(MemoryBus):
    """At a broker, or behind a network, that takes its time."""

    async def _send(self, outgoing: Outgoing, confirmed: bool) -> None:
        if outgoing.name.endswith("/state"):
            await self.clock.sleep(5)
        await super()._send(outgoing, confirmed)


async def test_a_slow_broker_does_not_delay_the_next_order(home: Home, clock: Clock) -> None:
    """F5: what is said to MQTT never holds up what is said to the battery."""
    fake = await home.add()
    home.plug = lambda boot: SlowWithStates(home.bus, "ems-udp_battery", boot, clock)
    await home.ready()
    while len(fake.journal.asked("ES.GetMode")) < 2:
        await clock.sleep(0.1)
    await clock.sleep(3)
    given_s = clock.monotonic()
    await home.order(600)
    await clock.sleep(5)
    assert fake.journal.commands()[0].at_s == given_s

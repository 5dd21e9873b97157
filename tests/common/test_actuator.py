"""One device's desk: what it answers to each order, and when it lets go."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from common.actuator import REFUSALS_APART_S, Actuator, Place
from common.clock import Clock, JumpClock, SystemClock
from common.contract import ACK, COMMAND, CONTROL, Ack, Command, Control, Envelope, decode, encode
from common.contract.devices import Action, Outcome
from common.errors import BrokerLost
from common.lease import Limits
from common.memory_bus import MemoryBroker, MemoryBus
from common.messaging import Outgoing
from common.store import Store

GARAGE = Place("battery", "garage")
TOPIC = COMMAND.at("battery", "garage")
A_MOMENT_S = 0.01


class Bridge(MemoryBus):
    """The bridge's connection, which a test may cut or freeze."""

    away = False
    frozen = False

    async def _send(self, outgoing: Outgoing, confirmed: bool) -> None:
        if self.away and not outgoing.leaf.retain:
            raise BrokerLost("no broker")
        if self.frozen:
            await asyncio.get_running_loop().create_future()
        await super()._send(outgoing, confirmed)


class Skipping(SystemClock):
    """The machine's clock after the process was frozen for a while."""

    skipped_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped_s


@dataclass
class Stage:
    """A device's desk, a balancer that gives orders, and what was said about them."""

    clock: Clock
    broker: MemoryBroker
    bridge: Bridge
    actuator: Actuator
    folder: Path
    acks: list[Ack] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    epoch: int = 1
    seq: int = 0
    running: asyncio.Task[None] = field(init=False)

    async def give(
        self,
        action: Action = "set_power",
        power_w: float | None = -500.0,
        *,
        boot: str = "aaaaaa",
        ttl_s: float = 30.0,
        age_s: float = 0.0,
        settle_s: float = A_MOMENT_S,
        **values: bool | str,
    ) -> bytes:
        """Publish an order and give the bridge a moment. Returns its bytes, to be sent again."""
        self.seq += 1
        payload = encode(
            Envelope(v=1, ts_ms=self.clock.wall_ms(), seq=self.seq, boot=boot, src="ems-balancer"),
            Command.model_validate(
                {
                    "cmd_id": f"{self.epoch}-{self.seq}",
                    "epoch": self.epoch,
                    "issued_at_ms": self.clock.wall_ms() - round(age_s * 1000),
                    "ttl_s": ttl_s,
                    "action": action,
                    "power_w": power_w if action == "set_power" else None,
                    **values,
                }
            ),
        )
        await self.send(payload, settle_s=settle_s)
        return payload

    async def send(self, payload: bytes, *, settle_s: float = A_MOMENT_S) -> None:
        self.broker.publish(TOPIC.name, payload, retain=False)
        if settle_s:
            await self.clock.sleep(settle_s)

    def note(self, topic: str, payload: bytes, retain: bool) -> None:
        if ACK.matches(topic):
            assert not retain
            self.acks.append(decode(ACK, payload)[1])
        if CONTROL.matches(topic):
            assert retain
            self.controls.append(decode(CONTROL, payload)[1])

    @property
    def outcomes(self) -> list[str]:
        """`<number of the order> <outcome> <reason>` of each ack."""
        return [f"{ack.cmd_id.rpartition('-')[2]} {ack.outcome} {ack.reason or ''}".strip() for ack in self.acks]


@contextmanager
def staged(clock: Clock, broker: MemoryBroker, folder: Path) -> Iterator[Stage]:
    """A bridge that has just started, with what an earlier one left in `folder`."""
    bridge = Bridge(broker, "ems-udp_battery", "c0ffee", clock)
    with Store(folder / "udp_battery.sqlite", clock, "ems-udp_battery") as store:
        actuator = Actuator(bridge, GARAGE, lambda: Limits(-800.0, 2500.0), store)
        stage = Stage(clock, broker, bridge, actuator, folder)
        broker.watch(stage.note)
        stage.running = asyncio.create_task(actuator.run())
        yield stage
        stage.running.cancel()


@pytest.fixture
async def stage(clock: Clock, memory_broker: MemoryBroker, tmp_path: Path) -> AsyncIterator[Stage]:
    with staged(clock, memory_broker, tmp_path) as made:
        await clock.sleep(A_MOMENT_S)
        yield made
    await clock.sleep(0)


# What is answered


async def test_an_order_is_accepted_and_then_applied(stage: Stage) -> None:
    await stage.give(power_w=-2000.0)
    assert stage.actuator.order is not None
    await stage.clock.sleep(1.4)
    await stage.actuator.done(stage.actuator.order, "applied", achieved_w=-786.0)
    accepted, applied = stage.acks
    assert (accepted.outcome, accepted.requested_w, accepted.applied_w) == ("accepted", -2000, -800)
    assert (applied.outcome, applied.achieved_w, applied.latency_ms) == ("applied", -786, 1410)


async def test_a_new_order_fires_changed_once(stage: Stage) -> None:
    await stage.give()
    assert stage.actuator.changed.is_set()
    stage.actuator.changed.clear()
    await stage.clock.sleep(10)
    assert not stage.actuator.changed.is_set()


async def test_an_order_that_never_came_to_be_is_superseded_by_the_next(stage: Stage) -> None:
    await stage.give()
    await stage.give()
    assert stage.outcomes == ["1 accepted", "1 superseded", "2 accepted"]


async def test_an_order_that_was_carried_out_is_not_superseded(stage: Stage) -> None:
    await stage.give()
    assert stage.actuator.order is not None
    await stage.actuator.done(stage.actuator.order, "applied")
    await stage.give()
    assert stage.outcomes == ["1 accepted", "1 applied", "2 accepted"]


async def test_carrying_out_a_reserve_does_not_make_the_order_forget_that_it_was_carried_out(stage: Stage) -> None:
    await stage.give()
    await stage.give("set_reserve")
    assert stage.actuator.order is not None
    assert stage.actuator.reserve is not None
    await stage.actuator.done(stage.actuator.order, "applied")
    await stage.actuator.done(stage.actuator.reserve, "applied")
    await stage.actuator.done(stage.actuator.order, "applied")
    await stage.give()
    assert stage.outcomes == ["1 accepted", "2 accepted", "1 applied", "2 applied", "3 accepted"]


async def test_an_outcome_is_told_once_and_again_only_if_it_changes(stage: Stage) -> None:
    await stage.give()
    assert stage.actuator.order is not None
    outcomes: tuple[Outcome, ...] = ("partial", "partial", "applied", "applied")
    for outcome in outcomes:
        await stage.actuator.done(stage.actuator.order, outcome)
    assert stage.outcomes == ["1 accepted", "1 partial", "1 applied"]


async def test_a_repetition_is_answered_and_neither_extends_nor_executes(stage: Stage) -> None:
    payload = await stage.give(ttl_s=30)
    before = stage.actuator.order
    stage.actuator.changed.clear()
    await stage.clock.sleep(20)
    await stage.send(payload)
    assert stage.outcomes == ["1 accepted", "1 duplicate"]
    assert stage.actuator.order is before
    assert not stage.actuator.changed.is_set()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"ttl_s": 121.0}, "ttl"), ({"age_s": 31.0}, "expired"), ({"age_s": -60.0}, "future"), ({"boot": "b"}, "fenced")],
)
async def test_a_refused_order_is_answered_with_its_reason(
    stage: Stage,
    changes: dict[str, Any],  # arguments of `give`
    reason: str,
) -> None:
    await stage.give()
    await stage.clock.sleep(1)
    await stage.give(**changes)
    assert stage.outcomes == ["1 accepted", f"2 rejected {reason}"]
    assert stage.actuator.order is not None
    assert stage.actuator.order.command.cmd_id == "1-1"


async def test_a_retained_order_is_refused_at_start(clock: Clock, memory_broker: MemoryBroker, tmp_path: Path) -> None:
    """Tools love to retain. What an unknown somebody left lying about is nobody's order."""
    payload = encode(Envelope(v=1, ts_ms=clock.wall_ms(), seq=1, boot="a", src="x"), switch_on(clock))
    memory_broker.publish(TOPIC.name, payload, retain=True)
    with staged(clock, memory_broker, tmp_path) as stage:
        await clock.sleep(A_MOMENT_S)
        assert stage.outcomes == ["unreadable rejected retained"]
        assert stage.actuator.order is None


def switch_on(clock: Clock) -> Command:
    return Command(cmd_id="1-1", epoch=1, issued_at_ms=clock.wall_ms(), ttl_s=30.0, action="switch", on=True)


async def test_rubbish_is_answered_although_nobody_knows_which_order_it_was(stage: Stage) -> None:
    await stage.send(b"NaN")
    assert [(ack.cmd_id, ack.outcome, ack.reason) for ack in stage.acks] == [("unreadable", "rejected", "invalid")]


async def test_a_detail_of_any_length_is_told_as_far_as_it_fits(stage: Stage) -> None:
    """A device that answers with a page of HTML must not end the bridge."""
    await stage.give()
    assert stage.actuator.order is not None
    await stage.actuator.done(stage.actuator.order, "failed", detail="<html>" * 1000)
    assert stage.acks[-1].detail.startswith("<html>")


# Leases


async def test_when_an_order_ends_nobody_has_to_remember_anything(stage: Stage) -> None:
    await stage.give(ttl_s=30)
    stage.actuator.changed.clear()
    await stage.clock.sleep(29.9)
    assert stage.actuator.order is not None
    await stage.actuator.changed.wait()
    assert stage.actuator.order is None
    assert stage.clock.monotonic() == pytest.approx(30 + A_MOMENT_S, abs=0.001)
    await stage.clock.sleep(A_MOMENT_S)
    assert stage.outcomes == ["1 accepted", "1 expired"]


async def test_an_order_that_is_renewed_does_not_end(stage: Stage) -> None:
    for _ in range(6):
        await stage.give(ttl_s=30)
        await stage.clock.sleep(20)
    assert stage.actuator.order is not None
    assert "expired" not in " ".join(stage.outcomes)


async def test_order_and_reserve_end_each_at_its_own_instant(stage: Stage) -> None:
    await stage.give(ttl_s=30)
    await stage.give("set_reserve", ttl_s=60)
    await stage.clock.sleep(31)
    assert (stage.actuator.order, stage.actuator.reserve is None) == (None, False)
    stage.actuator.changed.clear()
    await stage.clock.sleep(31)
    assert stage.actuator.reserve is None
    assert stage.actuator.changed.is_set()
    assert stage.outcomes[2:] == ["1 expired", "2 expired"]


async def test_a_release_ends_order_and_reserve_at_once(stage: Stage) -> None:
    await stage.give()
    await stage.give("set_reserve")
    stage.actuator.changed.clear()
    await stage.give("release")
    assert (stage.actuator.order, stage.actuator.reserve) == (None, None)
    assert stage.actuator.changed.is_set()
    assert stage.outcomes[-2:] == ["1 superseded", "3 applied"]


async def test_setting_the_wall_clock_does_not_move_the_end_of_a_lease(stage: Stage) -> None:
    await stage.give(ttl_s=30)
    assert isinstance(stage.clock, JumpClock)
    stage.clock.step_wall(-7200)
    await stage.clock.sleep(29)
    assert stage.actuator.order is not None
    await stage.clock.sleep(2)
    assert stage.actuator.order is None


async def test_a_broker_that_is_away_does_not_stop_a_lease_from_ending(stage: Stage) -> None:
    await stage.give(ttl_s=30)
    stage.bridge.away = True
    await stage.clock.sleep(30)
    assert stage.actuator.order is None
    stage.bridge.away = False
    await stage.give()
    assert stage.outcomes == ["1 accepted", "2 accepted"]


async def test_a_broker_that_hangs_does_not_stop_a_lease_from_ending(stage: Stage) -> None:
    """The last thing before the broker froze was an order, and a refusal that waits for its receipt."""
    await stage.give(ttl_s=1)
    stage.actuator.changed.clear()
    stage.bridge.frozen = True
    await stage.clock.sleep(0.9)
    await stage.send(b"rubbish")
    await stage.actuator.changed.wait()
    assert stage.clock.monotonic() == pytest.approx(1 + A_MOMENT_S, abs=0.02)
    assert stage.actuator.order is None


async def test_a_broker_that_hangs_does_not_hold_the_bridge_up_for_long(stage: Stage) -> None:
    await stage.give(ttl_s=30)
    assert stage.actuator.order is not None
    stage.bridge.frozen = True
    began_s = stage.clock.monotonic()
    await stage.actuator.done(stage.actuator.order, "applied")
    assert stage.clock.monotonic() - began_s <= 1


async def test_a_process_that_was_frozen_does_not_obey_an_order_that_ended_meanwhile(
    stage: Stage,
) -> None:
    """Nothing of ours has run yet since it thawed, the alarm of the lease included."""
    clock = Skipping()
    with staged(clock, stage.broker, stage.folder / "skipping") as frozen:
        await stage.clock.sleep(A_MOMENT_S)
        await frozen.give(ttl_s=30, settle_s=0)
        await stage.clock.sleep(A_MOMENT_S)
        assert frozen.actuator.order is not None
        clock.skipped_s = 30.0
        assert frozen.actuator.order is None


async def test_a_bridge_that_stops_leaves_nothing_behind_that_waits(
    clock: Clock, memory_broker: MemoryBroker, tmp_path: Path
) -> None:
    assert isinstance(clock, JumpClock)
    with staged(clock, memory_broker, tmp_path) as stage:
        await clock.sleep(A_MOMENT_S)
        await stage.give(ttl_s=120)
    await asyncio.gather(stage.running, return_exceptions=True)
    assert clock.next_due() is None


# Restarts


@pytest.fixture
async def restarted(clock: Clock, memory_broker: MemoryBroker, tmp_path: Path) -> AsyncIterator[Stage]:
    """A bridge whose earlier life had accepted an order of epoch 7 by `aaaaaa`."""
    with staged(clock, memory_broker, tmp_path) as first:
        await clock.sleep(A_MOMENT_S)
        first.epoch = 7
        await first.give(boot="aaaaaa")
        assert first.actuator.order is not None
    await clock.sleep(A_MOMENT_S)
    with staged(clock, memory_broker, tmp_path) as second:
        await clock.sleep(A_MOMENT_S)
        yield second
    await clock.sleep(0)


async def test_a_bridge_that_starts_again_has_no_lease(restarted: Stage) -> None:
    assert (restarted.actuator.order, restarted.actuator.reserve) == (None, None)


async def test_the_highest_epoch_outlives_a_restart(restarted: Stage) -> None:
    restarted.epoch = 6
    await restarted.give()
    assert restarted.actuator.epoch == 7
    assert restarted.outcomes == ["1 rejected fenced"]


async def test_the_holder_of_an_epoch_outlives_a_restart(restarted: Stage) -> None:
    restarted.epoch = 7
    await restarted.give(boot="bbbbbb")
    await restarted.clock.sleep(1)
    await restarted.give(boot="aaaaaa")
    assert restarted.outcomes == ["1 rejected fenced", "2 accepted"]


# Floods


async def test_a_flood_of_bad_orders_is_answered_at_a_bounded_pace(stage: Stage) -> None:
    for _ in range(100):
        await stage.send(b"rubbish", settle_s=0.01)
    assert 5 <= len(stage.acks) <= 1 / REFUSALS_APART_S + 1
    assert stage.bridge.rejected == 100


async def test_rubbish_does_not_displace_an_order_that_waits(stage: Stage) -> None:
    await stage.give(settle_s=0)
    for _ in range(1000):
        await stage.send(b"rubbish", settle_s=0)
    await stage.clock.sleep(A_MOMENT_S)
    assert stage.actuator.order is not None
    assert stage.outcomes[0] == "1 accepted"


async def test_a_retained_order_does_not_displace_one_that_waits(stage: Stage) -> None:
    payload = await stage.give(settle_s=0)
    stage.bridge.receive(TOPIC.name, payload.replace(b"1-1", b"1-2"), retained=True)
    await stage.clock.sleep(A_MOMENT_S)
    assert stage.outcomes == ["1 accepted", "unreadable rejected retained"]


async def test_of_the_orders_that_wait_only_the_newest_is_taken(stage: Stage) -> None:
    for power_w in range(100):
        await stage.give(power_w=float(power_w), settle_s=0)
    await stage.clock.sleep(A_MOMENT_S)
    assert stage.outcomes == ["100 accepted"]


async def test_a_reserve_that_calls_itself_an_order_stays_an_order(stage: Stage) -> None:
    await stage.give("set_reserve", settle_s=0)
    await stage.give(reason="set_reserve", settle_s=0)
    await stage.clock.sleep(A_MOMENT_S)
    assert stage.outcomes == ["1 accepted", "2 accepted"]


async def test_a_release_is_not_lost_behind_the_order_that_follows_it(stage: Stage) -> None:
    await stage.give("set_reserve")
    await stage.give("release", settle_s=0)
    await stage.give(settle_s=0)
    await stage.clock.sleep(A_MOMENT_S)
    assert stage.actuator.reserve is None
    assert stage.actuator.order is not None


# Who controls the device


async def test_control_is_said_on_change_only(stage: Stage) -> None:
    for _ in range(3):
        await stage.actuator.control("autonomous")
    await stage.give(power_w=-500.0)
    for _ in range(3):
        await stage.actuator.control("leased", -500.0)
        await stage.clock.sleep(0.3337)
    await stage.actuator.control("safe")
    assert [control.mode for control in stage.controls] == ["autonomous", "leased", "safe"]


async def test_control_is_not_said_again_because_two_clocks_differ_by_a_millisecond(stage: Stage) -> None:
    assert isinstance(stage.clock, JumpClock)
    await stage.give(power_w=-500.0)
    for _ in range(3):
        await stage.actuator.control("leased", -500.0)
        stage.clock.step_wall(0.002)
    assert len(stage.controls) == 1


async def test_control_tells_who_holds_the_device_and_until_when(stage: Stage) -> None:
    until_ms = stage.clock.wall_ms() + 30_000
    await stage.give(ttl_s=30, settle_s=0.5)
    await stage.actuator.control("leased", -500.0)
    said = stage.controls[-1]
    assert (said.setpoint_w, said.epoch, said.holder) == (-500, 1, "ems-balancer")
    assert said.lease_until_ms == pytest.approx(until_ms, abs=1)


async def test_control_without_an_order_names_no_holder(stage: Stage) -> None:
    await stage.give(ttl_s=30)
    await stage.actuator.control("safe")
    assert (stage.controls[-1].holder, stage.controls[-1].lease_until_ms) == (None, None)

"""Whatever happens to clocks, networks and balancers: the promises of a lease hold.

Random histories: two balancers that lead in turn, an impostor, delays, replays, retained copies, rubbish, wall
clocks that are set forward and back by hours while monotonic time goes on, and restarts of the bridge.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from common.contract import COMMAND, Command, Envelope, decode, encode
from common.contract.devices import Action
from common.lease import EPOCH_AHEAD_MS, FUTURE_MS, MAX_TTL_S, Desk, Instant, Limits, Verdict, accept, lapse

START_MS = 1_795_157_664_000
LIMITS = Limits(min_w=-800.0, max_w=2500.0)
RUBBISH = (b"", b"{", b"NaN", b"[" * 70_000, b"\xff", b'{"v":2}', b'{"v":1,"ts_ms":NaN}', b"\x00" * 10)


@dataclass
class Balancer:
    """One that gives orders; an honest one counts up and claims epochs as the guide says."""

    boot: str
    epoch: int = 0
    seq: int = 0


@dataclass
class World:
    """A bridge's desk, both of its clocks, and everything that was ever sent to it."""

    wall_ms: int = START_MS
    monotonic_s: float = 0.0
    desk: Desk = field(default_factory=Desk)
    balancers: tuple[Balancer, ...] = (Balancer("aaaaaa"), Balancer("bbbbbb"))
    sent: list[bytes] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    holders: dict[int, str] = field(default_factory=dict)
    highest: int = 0

    def arrive(self, payload: bytes, *, retained: bool = False) -> Verdict:
        """Hand one message to the bridge, and check everything that must be true of its answer."""
        before = self.desk
        now = Instant(self.wall_ms, self.monotonic_s)
        self.desk, verdict = accept(before, payload, retained, now, LIMITS)
        if verdict.outcome == "accepted":
            assert not retained
            self._check_accepted(payload, verdict)
        else:
            assert self.desk is before
        assert self.desk.epoch >= self.highest
        self.highest = self.desk.epoch
        return verdict

    def _check_accepted(self, payload: bytes, verdict: Verdict) -> None:
        envelope, command = decode(COMMAND, payload)
        assert envelope is not None
        holder = f"{envelope.src}/{envelope.boot}"
        assert command.cmd_id not in self.executed, "executed twice"
        assert self.holders.setdefault(command.epoch, holder) == holder, "two holders of one epoch"
        assert command.epoch <= self.wall_ms + EPOCH_AHEAD_MS
        assert -FUTURE_MS <= self.wall_ms - command.issued_at_ms < command.ttl_s * 1000
        self.executed.append(command.cmd_id)
        if command.action == "release":
            assert self.desk.next_end() is None
        if verdict.lease is not None:
            assert self.monotonic_s < verdict.lease.ends_s <= self.monotonic_s + command.ttl_s
            assert verdict.lease.ends_s <= self.monotonic_s + MAX_TTL_S
            assert verdict.lease.power_w is None or LIMITS.min_w <= verdict.lease.power_w <= LIMITS.max_w


Step = Callable[[World], object]
who = st.integers(0, 1)


@st.composite
def claims(draw: st.DrawFn) -> Step:
    number = draw(who)

    def claim(world: World) -> None:
        world.balancers[number].epoch = max(world.desk.epoch + 1, world.wall_ms)

    return claim


@st.composite
def orders(draw: st.DrawFn) -> Step:
    """An honest order, delivered at once or only later, as one of those that are replayed."""
    number, delivered = draw(who), draw(st.booleans())
    ttl_s = draw(st.sampled_from([0.0, 5.0, 30.0, 90.0, 120.0, 121.0]))
    action: Action = draw(st.sampled_from(["set_power", "set_power", "set_reserve", "switch", "release"]))
    power_w, skew_ms = (
        draw(st.sampled_from([-9000.0, -800.0, 0.0, 700.0])),
        draw(st.sampled_from([0, 0, -4000, 4000, 6000])),
    )

    def give(world: World) -> None:
        balancer = world.balancers[number]
        balancer.seq += 1
        command = Command(
            cmd_id=f"{balancer.epoch}-{balancer.boot}-{balancer.seq}",
            epoch=balancer.epoch,
            issued_at_ms=max(0, world.wall_ms + skew_ms),
            ttl_s=ttl_s,
            action=action,
            power_w=power_w,
            on=True,
        )
        envelope = Envelope(v=1, ts_ms=world.wall_ms, seq=balancer.seq, boot=balancer.boot, src="ems-balancer")
        world.sent.append(encode(envelope, command))
        if delivered:
            world.arrive(world.sent[-1])

    return give


@st.composite
def forgeries(draw: st.DrawFn) -> Step:
    """Somebody with stolen credentials and any epoch, sequence and boot he likes."""
    ahead_ms = draw(st.sampled_from([-(10**9), -1, 0, 1, 600_000, 600_001, 10**12]))
    seq, boot = draw(st.integers(0, 50)), draw(st.sampled_from(["aaaaaa", "cccccc"]))
    name = draw(st.integers(0, 10**9))

    def forge(world: World) -> None:
        command = Command(
            cmd_id=f"forged-{name}-{len(world.sent)}",
            epoch=max(0, world.desk.epoch + ahead_ms),
            issued_at_ms=world.wall_ms,
            ttl_s=60.0,
            action="set_power",
            power_w=2500.0,
        )
        world.sent.append(encode(Envelope(v=1, ts_ms=0, seq=seq, boot=boot, src="ems-balancer"), command))
        world.arrive(world.sent[-1])

    return forge


@st.composite
def replays(draw: st.DrawFn) -> Step:
    index, retained = draw(st.integers(0, 100)), draw(st.booleans())

    def replay(world: World) -> None:
        if world.sent:
            verdict = world.arrive(world.sent[index % len(world.sent)], retained=retained)
            assert not retained or verdict.reason == "retained"

    return replay


@st.composite
def rubbish(draw: st.DrawFn) -> Step:
    payload = draw(st.sampled_from(RUBBISH) | st.binary(max_size=20))

    def throw(world: World) -> None:
        assert world.arrive(payload).reason == "invalid"

    return throw


@st.composite
def moments(draw: st.DrawFn) -> Step:
    """Time passes, and with it what is due. Both clocks go on; one of them may also be set."""
    passed_s = draw(st.sampled_from([0.001, 1.0, 10.0, 29.0, 61.0, 3600.0]))
    stepped_s = draw(st.sampled_from([0, 0, 0, 1, -1, 3600, -7200]))

    def pass_by(world: World) -> None:
        world.monotonic_s += passed_s
        world.wall_ms += round(passed_s * 1000) + stepped_s * 1000
        world.desk, ended = lapse(world.desk, world.monotonic_s)
        assert all(lease.ends_s <= world.monotonic_s for lease in ended)
        assert world.desk.next_end() is None or world.desk.next_end() > world.monotonic_s  # type: ignore[operator]  # not None

    return pass_by


def restart(world: World) -> None:
    """The bridge comes back with what it keeps on disk: the leader, and no lease. Its executions count anew."""
    world.desk = Desk(epoch=world.desk.epoch, holder=world.desk.holder)
    world.executed.clear()


STEPS = st.one_of(orders(), orders(), moments(), replays(), claims(), forgeries(), rubbish(), st.just(restart))


@settings(max_examples=max(300, settings().max_examples))  # of 50, some rules could go without being missed
@given(st.lists(STEPS, min_size=1, max_size=40))
def test_the_promises_of_a_lease_hold_in_every_history(steps: list[Step]) -> None:
    world = World(balancers=(Balancer("aaaaaa", START_MS), Balancer("bbbbbb", START_MS - 1000)))
    for step in steps:
        step(world)

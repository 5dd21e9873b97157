"""A stage for the balancer: a meter and batteries on a memory bus in virtual time, each able to misbehave on cue.

The batteries' side of the bus is the shipping `Actuator`; what the balancer says is checked as it is said: valid by
its schema, finite, and small.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from common.actuator import Actuator, Place
from common.clock import Clock, JumpClock
from common.config import SiteSettings
from common.contract import (
    AVAILABILITY,
    BATTERY_STATE,
    INFO,
    LEAVES,
    LOAD_STATE,
    METER_STATE,
    SWITCH_STATE,
    BatteryState,
    DeviceInfo,
    LoadState,
    MeterState,
    SwitchState,
    decode,
)
from common.contract.devices import Outcome
from common.lease import Limits
from common.memory_bus import MemoryBroker, MemoryBus
from common.messaging import Bus
from common.store import Store
from services.balancer.config import Config
from services.balancer.lead import Leader
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.virtual import virtually

MOST_BYTES = 1024
LIMITS = Limits(-2500.0, 2500.0)


def unchanged(power_w: float) -> float:
    """What goes in comes out."""
    return power_w


class Said(NamedTuple):
    """One message on the bus."""

    at_s: float
    topic: str
    body: Any  # an object of whatever shape, or a plain scalar
    retained: bool


class Energy:
    """What went through the connection: the integral of a power that everybody may change at any time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._parts_w: dict[str, float] = {}
        self._sum_ws = 0.0
        self._since_s = clock.monotonic()

    @property
    def power_w(self) -> float:
        """At this moment."""
        return sum(self._parts_w.values())

    def change(self, name: str, power_w: float) -> None:
        """Somebody draws something else from now on."""
        self._sum_ws = self.until_now_ws()
        self._since_s = self._clock.monotonic()
        self._parts_w[name] = power_w

    def part_w(self, name: str) -> float:
        """What somebody draws."""
        return self._parts_w.get(name, 0.0)

    def until_now_ws(self) -> float:
        """Since the beginning."""
        return self._sum_ws + self.power_w * (self._clock.monotonic() - self._since_s)


@dataclass
class FakeMeter:
    """A meter that shows the mean of each period, a little late; every way in which one can go wrong is a field."""

    bus: Bus
    energy: Energy
    name: str = "p1"
    period_s: float = 1.0
    silent: bool = False
    frozen: bool = False
    """Sends on, but its own clock stands still."""
    has_clock: bool = True
    shows: Callable[[float], float] = field(default=unchanged)
    late_s: float = 0.2
    mark_ms: int | None = None
    phase_of: dict[str, int] | None = None
    """Where everybody hangs, by name; None: it does not measure phases."""

    async def run(self) -> None:
        """For ever."""
        await self.introduce()
        before_ws = self.energy.until_now_ws()
        async for _ in self.bus.clock.every(self.period_s):
            mean_w, before_ws = (self.energy.until_now_ws() - before_ws) / self.period_s, self.energy.until_now_ws()
            await self.bus.clock.sleep(self.late_s)
            if not self.silent:
                await self.send(mean_w)

    async def introduce(self) -> None:
        """Say how often it comes."""
        info = DeviceInfo(vendor="stage", model="meter", poll_s=self.period_s, stale_after_s=max(10, 3 * self.period_s))
        await self.bus.publish(INFO.at("meter", self.name), info)

    async def send(self, power_w: float) -> None:
        """One reading."""
        if self.has_clock and not self.frozen:
            self.mark_ms = self.bus.clock.wall_ms()
        state = MeterState(power_w=round(self.shows(power_w), 1), device_ts_ms=self.mark_ms)
        await self.bus.publish(METER_STATE.at(self.name), state.model_copy(update=self._phases_w()))

    def _phases_w(self) -> dict[str, float]:
        """At this moment."""
        told: dict[str, float] = {}
        for name, phase in (self.phase_of or {}).items():
            told[f"power_l{phase}_w"] = told.get(f"power_l{phase}_w", 0.0) + self.energy.part_w(name)
        return told


@dataclass
class FakeBattery:
    """A battery that does at once what it is told, unless one of its fields says otherwise."""

    bus: Bus
    store: Store
    energy: Energy
    name: str = "garage"
    soc_pct: float | None = 50.0
    limits: Limits = LIMITS
    refresh_s: float = 0.0
    modes: tuple[str, ...] = ()
    dosed: bool = True
    """Takes set-points; else it is only told a mode, and somebody else lets it work."""
    capacity_wh: int | None = None
    kind: str = "battery"
    """Its class in the tree: a `load` that takes set-points is dimmed."""
    ramp_w_per_s: float = 5000.0
    least_w: float | None = None
    """Of a dimmer: it does nothing below this."""
    does: Callable[[float], float] = field(default=unchanged)
    """What it makes of a set-point."""
    delay_s: float = 0.3
    word: Outcome | None = "applied"
    """What its bridge says about each order; None: nothing."""
    detail: str = ""
    silent: bool = False
    """Its state is not published."""
    measures: bool = True
    """A dimmer without a meter only tells how far it is turned up."""
    told: list[tuple[float, float | None]] = field(default_factory=list)
    """(time, set-point) of every change of the order in force; None: none is."""

    @property
    def power_w(self) -> float:
        """What it does."""
        return self.energy.part_w(self.name)

    @power_w.setter
    def power_w(self, power_w: float) -> None:
        self.energy.change(self.name, power_w)

    async def run(self) -> None:
        """For ever."""
        await self.introduce()
        await self.bus.publish(AVAILABILITY.at(self.kind, self.name), "online")
        desk = Actuator(self.bus, Place(self.kind, self.name), lambda: self.limits, self.store)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.run())
            tasks.create_task(self._obey(desk))
            tasks.create_task(self._tell())

    async def introduce(self) -> None:
        """Say what it can do."""
        info = DeviceInfo.model_validate(
            {
                "vendor": "stage",
                "model": "battery",
                "poll_s": 1.0,
                "stale_after_s": 10.0,
                "safe_state": "idle",
                "capabilities": (*(("power",) if self.dosed else ()), *(("mode",) if self.modes else ())),
                "modes": self.modes,
                "min_w": self.limits.min_w if self.least_w is None else self.least_w,
                "max_w": self.limits.max_w,
                "step_w": 1.0,
                "dead_time_s": 0.3,
                "ramp_w_per_s": self.ramp_w_per_s,
                "refresh_s": self.refresh_s,
                "capacity_wh": self.capacity_wh,
            }
        )
        await self.bus.publish(INFO.at(self.kind, self.name), info)

    async def reach(self, word: str) -> None:
        """`online` or `offline`."""
        self.silent = word == "offline"
        await self.bus.publish(AVAILABILITY.at(self.kind, self.name), word)

    async def _obey(self, desk: Actuator) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                await desk.changed.wait()
                desk.changed.clear()
                order = desk.order
                setpoint_w = order.power_w if order else None
                if not self.told or self.told[-1][1] != setpoint_w:
                    self.told.append((self.bus.clock.monotonic(), setpoint_w))
                tasks.create_task(self._act(desk, setpoint_w or 0.0))

    async def _act(self, desk: Actuator, setpoint_w: float) -> None:
        order, word = desk.order, self.word
        await self.bus.clock.sleep(self.delay_s)
        if self.dosed:
            self.power_w = self.does(setpoint_w)
        if order is not None and word is not None:
            await desk.done(order, word, detail=self.detail)

    async def _tell(self) -> None:
        async for _ in self.bus.clock.every(1.0):
            if self.silent:
                continue
            if self.kind == "load":
                await self.bus.publish(LOAD_STATE.at(self.name), self._load_state())
            else:
                state = BatteryState(power_w=self.power_w, soc_pct=self.soc_pct, mode="setpoint")
                await self.bus.publish(BATTERY_STATE.at(self.name), state)

    def _load_state(self) -> LoadState:
        if self.measures:
            return LoadState(power_w=self.power_w)
        told_w = (self.told[-1][1] if self.told else None) or 0.0
        return LoadState(level_pct=100 * told_w / self.limits.max_w, power_w=None if told_w else 0.0)


@dataclass
class FakeSwitch:
    """A socket and what hangs behind it: on or off at once, unless one of its fields says otherwise."""

    bus: Bus
    store: Store
    energy: Energy
    name: str = "boiler"
    draws_w: float = 2000.0
    """What it draws while it is on; a thermostat sets this to 0."""
    on: bool = False
    obeys: bool = True
    phase: Literal[1, 2, 3] | None = None
    """Where its bridge says that it hangs."""
    measures: bool = True
    delay_s: float = 0.2
    period_s: float = 1.0
    silent: bool = False
    drawn_wh: float = 0.0
    switched: list[tuple[float, bool]] = field(default_factory=list)
    """(time, on or off) of every change, by whomever."""

    def flip(self, on: bool) -> None:
        """Somebody presses the button, or an order arrives."""
        if on != self.on:
            self.switched.append((self.bus.clock.monotonic(), on))
        self.on = on
        self.energy.change(self.name, self.draws_w if on else 0.0)

    def draw(self, power_w: float) -> None:
        """What hangs behind it wants something else from now on."""
        self.draws_w = power_w
        self.flip(self.on)

    async def run(self) -> None:
        """For ever."""
        info = DeviceInfo(
            vendor="stage",
            model="socket",
            poll_s=self.period_s,
            stale_after_s=max(10, 3 * self.period_s),
            safe_state="off",
            capabilities=("switch",),
            phase=self.phase,
        )
        await self.bus.publish(INFO.at("switch", self.name), info)
        await self.bus.publish(AVAILABILITY.at("switch", self.name), "online")
        self.flip(self.on)
        desk = Actuator(self.bus, Place("switch", self.name), lambda: LIMITS, self.store)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.run())
            tasks.create_task(self._obey(desk))
            tasks.create_task(self._tell())

    async def _obey(self, desk: Actuator) -> None:
        while True:
            await desk.changed.wait()
            desk.changed.clear()
            order = desk.order
            await self.bus.clock.sleep(self.delay_s)
            if self.obeys:
                self.flip(bool(order and order.command.on))
            if order is not None:
                await desk.done(order, "applied")

    async def _tell(self) -> None:
        async for _ in self.bus.clock.every(self.period_s):
            power_w = self.energy.part_w(self.name)
            self.drawn_wh += power_w * self.period_s / 3600
            if not self.silent:
                told_w = power_w if self.measures else None
                state = SwitchState(on=self.on, power_w=told_w, energy_import_wh=round(self.drawn_wh))
                await self.bus.publish(SWITCH_STATE.at(self.name), state)


class Stage:
    """One play: a house that draws `load_w`, its meter, its batteries, and a balancer that leads."""

    def __init__(
        self,
        clock: JumpClock,
        store: Store,
        config: Config | None = None,
        *,
        load_w: float = 500.0,
        site: SiteSettings | None = None,
        kept: Store | None = None,
        epoch: int = 1,
        period_s: float = 1.0,
        switches: Mapping[str, dict[str, Any]] | None = None,  # fields of a switch by name, as the test says
        **batteries: dict[str, Any],  # fields of a battery by name, as the test says
    ) -> None:
        self.clock = clock
        self.energy = Energy(clock)
        self.load_w = load_w
        self.broker = MemoryBroker()
        self.said: list[Said] = []
        self.broker.watch(self._note)
        crew = batteries if batteries or switches else {"garage": {}}
        self.config = config or Config(order=tuple(crew))
        self.store = store
        self.batteries = {
            name: FakeBattery(self.bus(f"ems-{name}"), store, self.energy, name, **facts)
            for name, facts in crew.items()
        }
        self.switches = {
            name: FakeSwitch(self.bus(f"ems-{name}"), store, self.energy, name, **{"period_s": period_s, **facts})
            for name, facts in (switches or {}).items()
        }
        self.meter = FakeMeter(self.bus("ems-p1"), self.energy, period_s=period_s)
        self.mind = Mind(self.config, site or SiteSettings(), SettingsBook(self.config))
        self.mind.lead(epoch)
        self.leader = Leader(self.mind, self.bus("ems-balancer"), store=kept)
        self._tasks: list[asyncio.Task[None]] = []

    def bus(self, account: str, boot: str = "stage") -> MemoryBus:
        """A connection for an account."""
        return self.broker.plug(account, boot, self.clock)

    @property
    def load_w(self) -> float:
        """What the house draws without batteries."""
        return self.energy.part_w("load")

    @load_w.setter
    def load_w(self, load_w: float) -> None:
        self.energy.change("load", load_w)

    @property
    def now_s(self) -> float:
        """Seconds since the clock began."""
        return self.clock.monotonic()

    async def __aenter__(self) -> "Stage":
        works = (self.meter.run(), self.leader.listen(), self.leader.tick())
        bridges = [*(b.run() for b in self.batteries.values()), *(s.run() for s in self.switches.values())]
        for work in (*bridges, *works):
            self.start(work)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in ended:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Somebody else joins the play. Whatever they die of fails the test."""
        self._tasks.append(asyncio.create_task(work))
        return self._tasks[-1]

    async def play(self, seconds: float) -> None:
        """Let time pass; a task of the play that died is told at once."""
        await self.clock.sleep(seconds)
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    def ask(self, name: str, payload: str, retain: bool = False) -> None:
        """A person asks for a setting."""
        self.broker.publish(f"balancer/main/set/{name}", payload.encode(), retain)

    def heard(self, topic: str, since_s: float = 0.0) -> list[Said]:
        """Messages on topics that end so, since then."""
        return [said for said in self.said if said.topic.endswith(topic) and said.at_s >= since_s]

    def last(self, topic: str) -> Any:  # an object of whatever shape, or a plain scalar
        """The newest on a topic that ends so; None if there is none or it was cleared."""
        found = self.heard(topic)
        return found[-1].body if found else None

    def orders(self, since_s: float = 0.0) -> list[Said]:
        """Commands given since then."""
        return self.heard("/cmd", since_s)

    def alerts(self) -> dict[str, Any]:
        """The alerts of the balancer that stand, by name."""
        standing = {said.topic: said.body for said in self.said if said.topic.startswith("alert/ems-balancer/")}
        return {topic.split("/")[2]: body for topic, body in standing.items() if body}

    def _note(self, name: str, payload: bytes, retain: bool) -> None:
        leaf = next((leaf for leaf in LEAVES if leaf.matches(name)), None)
        body: Any = payload.decode(errors="replace")
        if leaf is not None and not issubclass(leaf.payload, str) and payload:
            envelope = _parsed(payload)
            body = envelope if envelope is not None else body
            if envelope and envelope.get("src") == "ems-balancer":
                decode(leaf, payload)
                assert len(payload) < MOST_BYTES, (name, len(payload))
        self.said.append(Said(self.clock.monotonic(), name, body, retain))


def _parsed(payload: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(payload)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


@contextmanager
def folder_store(clock: JumpClock) -> Iterator[Store]:
    """A store in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "stage.sqlite", clock, "stage") as store:
        yield store


def staged(
    story: Callable[[Stage], Coroutine[Any, Any, None]],
    config: Config | None = None,
    *,
    enter: bool = True,
    **house: Any,  # whatever a stage takes
) -> None:
    """Play a story on a stage of its own, in virtual time. Unless `enter`, the story itself lets the players on."""

    async def play(clock: JumpClock) -> None:
        with folder_store(clock) as store:
            stage = Stage(clock, store, config, **house)
            if not enter:
                await story(stage)
                return
            async with stage:
                await story(stage)

    virtually(play)

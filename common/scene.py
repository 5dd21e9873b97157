"""What a person sees of a running system, put together from MQTT alone. Pure: messages in, values to show out."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from common.contract import (
    Alert,
    BalancerState,
    BatteryState,
    Control,
    Decision,
    DeviceInfo,
    EvState,
    GroupState,
    LoadState,
    MeterState,
    Payload,
    PlanScore,
    PlanState,
    PvState,
    RequestState,
    ServiceHealth,
    SwitchState,
    TariffState,
)
from common.contract.topic import DEVICES
from common.messaging import Message

COURSE = 120
"""Readings of the grid that are kept for its curve."""
NEWS = 12
NEWS_W = 50.0
SILENT_MS = 30_000
"""A balancer or another service that said nothing for so long is not well; each says something within 10 s."""
STALE_AFTER_S = 60.0
"""Of a device that has not told its own limit."""
Measured = MeterState | BatteryState | PvState | SwitchState | LoadState | EvState | RequestState


@dataclass(slots=True)
class DeviceCard:
    """One device: a battery, a load, a source, a meter, a wish from outside."""

    id: str
    kind: str
    """Its class in the tree."""
    info: DeviceInfo | None = None
    state: Measured | None = None
    measured_ms: int | None = None
    writer: str | None = None
    """Account of the bridge that tells of it."""
    online: bool | None = None
    control: Control | None = None

    @property
    def power_w(self) -> float | None:
        """What was last measured of it; + consumes."""
        if isinstance(self.state, PvState):
            return None if self.state.production_w is None else -self.state.production_w
        return None if self.state is None or isinstance(self.state, RequestState) else self.state.power_w

    def is_stale(self, now_ms: int) -> bool:
        """Whether its last measurement is too old to tell anything about now."""
        limit_s = self.info.stale_after_s if self.info else STALE_AFTER_S
        return self.measured_ms is None or now_ms - self.measured_ms > limit_s * 1000

    def power_now_w(self, now_ms: int) -> float | None:
        """What it does now; None if that is unknown."""
        return None if self.is_stale(now_ms) else self.power_w


@dataclass(slots=True)
class ServiceCard:
    """One service."""

    name: str
    status: str = "?"
    health: ServiceHealth | None = None
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One decision that said something new."""

    at_ms: int
    device: str
    decision: Decision


@dataclass(slots=True)
class Scene:
    """The house at this moment."""

    grid: MeterState | None = None
    grid_ms: int | None = None
    course_w: deque[float] = field(default_factory=lambda: deque(maxlen=COURSE))
    devices: dict[str, DeviceCard] = field(default_factory=dict)
    services: dict[str, ServiceCard] = field(default_factory=dict)
    balancer: BalancerState | None = None
    balancer_ms: int | None = None
    """When it said so."""
    decisions: dict[str, Decision] = field(default_factory=dict)
    """The newest about each device."""
    groups: dict[str, GroupState] = field(default_factory=dict)
    """Outputs that take turns."""
    settings: dict[str, str] = field(default_factory=dict)
    """In force, by name; `force_minutes/boiler` concerns one device."""
    tariff: TariffState | None = None
    plans: dict[str, PlanState] = field(default_factory=dict)
    """What the house (`main`) and each device should do, by name."""
    score: PlanScore | None = None
    """What the plan was worth yesterday."""
    news: deque[News] = field(default_factory=lambda: deque(maxlen=NEWS))
    alerts: dict[str, Alert] = field(default_factory=dict)
    _told: dict[str, Decision] = field(default_factory=dict)
    """What was last news of each device."""

    def of_kind(self, *kinds: str) -> tuple[DeviceCard, ...]:
        """Devices of these classes, those of the first one first."""
        return tuple(card for kind in kinds for card in self.devices.values() if card.kind == kind)

    def batteries_w(self, now_ms: int) -> float | None:
        """What the batteries take together; + charge. None while any of them is unknown."""
        batteries = self.of_kind("battery")
        return _sum(card.power_now_w(now_ms) for card in batteries if not (card.info and card.info.member_of))

    def sun_w(self, now_ms: int) -> float | None:
        """What all sources produce; None while any of them is unknown, and where nothing measures one."""
        sources = self.of_kind("pv")
        produced_w = _sum(card.power_now_w(now_ms) for card in sources)
        return -produced_w if sources and produced_w is not None else None

    def grid_w(self, now_ms: int) -> float | None:
        """What the house's meter shows; + import. None while it is silent."""
        meter = self.balancer.grid_meter if self.balancer else None
        card = self.devices.get(meter or "")
        limit_s = card.info.stale_after_s if card and card.info else STALE_AFTER_S
        if self.grid is None or (self.grid_ms is not None and now_ms - self.grid_ms > limit_s * 1000):
            return None
        return self.grid.power_w

    def house_w(self, now_ms: int) -> float | None:
        """What the house draws without the batteries; below zero it produces."""
        batteries_w, grid_w = self.batteries_w(now_ms), self.grid_w(now_ms)
        return None if grid_w is None or batteries_w is None else grid_w - batteries_w

    def is_balancer_silent(self, now_ms: int) -> bool:
        """Whether what it said last is no news any more."""
        return self.balancer_ms is not None and now_ms - self.balancer_ms > SILENT_MS

    def clear(self, topic: str) -> None:
        """An empty message took something back."""
        match topic.split("/"):
            case ["alert", *_]:
                self.alerts.pop(topic, None)
            case ["balancer", _, "setting", *name]:
                self.settings.pop("/".join(name), None)
            case ["balancer", _, "decision", name]:
                self.decisions.pop(name, None)
            case ["balancer", _, "group", name]:
                self.groups.pop(name, None)
            case ["plan", name, "state"]:
                self.plans.pop(name, None)
            case [kind, name, "info"] if kind in DEVICES:
                self.devices.pop(name, None)
            case _:
                pass

    def take(self, message: Message[Payload | str]) -> None:
        """One message that may be used."""
        kind, name = message.topic.split("/")[:2]
        if kind in DEVICES:
            self._device(self.devices.setdefault(name, DeviceCard(name, kind)), message)
        elif kind == "service":
            self._service(self.services.setdefault(name, ServiceCard(name)), message)
        else:
            self._said(message, message.envelope.ts_ms if message.envelope else 0)

    def _device(self, card: DeviceCard, message: Message[Payload | str]) -> None:
        match message.body:
            case DeviceInfo() as info:
                card.info = info
            case Control() as control:
                card.control = control
            case "online" | "offline" as word:
                card.online = word == "online"
            case (
                MeterState() | BatteryState() | PvState() | SwitchState() | LoadState() | EvState() | RequestState()
            ) as state:
                card.state = state
                if message.envelope is not None:
                    card.measured_ms, card.writer = message.envelope.ts_ms, message.envelope.src
                self._grid(card, state)
            case _:
                pass

    def _grid(self, card: DeviceCard, state: Measured) -> None:
        """Other meters than the one the balancer decides by have nothing to say about the grid."""
        if isinstance(state, MeterState) and state.power_w is not None and self._is_grid_meter(card.id):
            self.grid, self.grid_ms = state, card.measured_ms
            self.course_w.append(state.power_w)

    def _is_grid_meter(self, name: str) -> bool:
        """Whether this meter is the house's. Before the balancer has told which one is, any is taken for it."""
        return self.balancer is None or self.balancer.grid_meter in (None, name)

    def _service(self, card: ServiceCard, message: Message[Payload | str]) -> None:
        match message.body:
            case ServiceHealth() as health:
                card.health, card.heard_ms = health, message.envelope.ts_ms if message.envelope else None
            case str() as word if message.topic.endswith("/status"):
                card.status = word
            case _:
                pass

    def _said(self, message: Message[Payload | str], ts_ms: int) -> None:
        _, first, leaf, *name = message.topic.split("/")
        match message.body:
            case BalancerState() as said:
                self.balancer, self.balancer_ms = said, ts_ms
            case Decision() as decision:
                self._decided(name[0], decision, ts_ms)
            case GroupState() as group:
                self.groups[name[0]] = group
            case TariffState() as tariff:
                self.tariff = tariff
            case PlanState() as plan:
                self.plans[first] = plan
            case PlanScore() as score:
                self.score = score
            case Alert() as alert:
                self.alerts[message.topic] = alert
            case str() as value if leaf == "setting":
                self.settings["/".join(name)] = value
            case _:
                pass

    def _decided(self, device: str, decision: Decision, ts_ms: int) -> None:
        self.decisions[device] = decision
        told = self._told.get(device)
        if told is None or _is_news(told, decision):
            self._told[device] = decision
            self.news.appendleft(News(ts_ms, device, decision))


def _sum(powers_w: Iterable[float | None]) -> float | None:
    """0 of nobody; None if anybody's is unknown."""
    known = list(powers_w)
    summed = [power_w for power_w in known if power_w is not None]
    return sum(summed) if len(summed) == len(known) else None


def _is_news(told: Decision, decision: Decision) -> bool:
    """Another rule, another limit, or a target that differs by more than drift."""
    if (told.rule, told.bound_by, told.mode) != (decision.rule, decision.bound_by, decision.mode):
        return True
    before_w, now_w = told.target_w, decision.target_w
    if before_w is None or now_w is None:
        return before_w is not now_w
    return abs(now_w - before_w) >= NEWS_W

"""What a person sees of a running system, put together from MQTT alone. Pure: messages in, values to draw out."""

from collections import deque
from dataclasses import dataclass, field

from common.contract import (
    Alert,
    BalancerState,
    BatteryState,
    Control,
    Decision,
    DeviceInfo,
    MeterState,
    Payload,
    ServiceHealth,
)
from common.messaging import Message

COURSE = 120
"""Readings of the grid that are kept for its curve."""
NEWS = 12
NEWS_W = 50.0


@dataclass(slots=True)
class BatteryCard:
    """One battery."""

    id: str
    info: DeviceInfo | None = None
    state: BatteryState | None = None
    measured_ms: int | None = None
    online: bool | None = None
    control: Control | None = None


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
    batteries: dict[str, BatteryCard] = field(default_factory=dict)
    services: dict[str, ServiceCard] = field(default_factory=dict)
    balancer: BalancerState | None = None
    news: deque[News] = field(default_factory=lambda: deque(maxlen=NEWS))
    alerts: dict[str, Alert] = field(default_factory=dict)
    _told: dict[str, Decision] = field(default_factory=dict)
    """What was last news of each device."""

    @property
    def batteries_w(self) -> float | None:
        """What the batteries take together; + charge. None while any of them is unknown."""
        whole = [card for card in self.batteries.values() if not (card.info and card.info.member_of)]
        powers = [card.state.power_w if card.state else None for card in whole]
        known = [power_w for power_w in powers if power_w is not None]
        return sum(known) if len(known) == len(powers) else None

    @property
    def house_w(self) -> float | None:
        """What the house draws without the batteries; below zero it produces."""
        batteries_w = self.batteries_w
        grid_w = self.grid.power_w if self.grid else None
        return None if grid_w is None or batteries_w is None else grid_w - batteries_w

    def clear(self, topic: str) -> None:
        """An empty message took something back."""
        self.alerts.pop(topic, None)

    def take(self, message: Message[Payload | str]) -> None:
        """One message that may be used."""
        kind, name = message.topic.split("/")[:2]
        ts_ms = message.envelope.ts_ms if message.envelope else None
        match kind:
            case "meter":
                self._meter(name, message.body, ts_ms)
            case "battery":
                self._battery(self.batteries.setdefault(name, BatteryCard(name)), message.body, ts_ms)
            case "service":
                self._service(self.services.setdefault(name, ServiceCard(name)), message, ts_ms)
            case _:
                self._said(message, ts_ms or 0)

    def _meter(self, name: str, body: Payload | str, ts_ms: int | None) -> None:
        """Other meters than the one the balancer decides by have nothing to say about the grid."""
        match body:
            case MeterState(power_w=float(power_w)) if self._is_grid_meter(name):
                self.grid, self.grid_ms = body, ts_ms
                self.course_w.append(power_w)
            case _:
                pass

    def _is_grid_meter(self, name: str) -> bool:
        """Whether this meter is the house's. Before the balancer has told which one is, any is taken for it."""
        return self.balancer is None or self.balancer.grid_meter in (None, name)

    def _battery(self, card: BatteryCard, body: Payload | str, ts_ms: int | None) -> None:
        match body:
            case BatteryState():
                card.state, card.measured_ms = body, ts_ms
            case DeviceInfo():
                card.info = body
            case Control():
                card.control = body
            case "online" | "offline":
                card.online = body == "online"
            case _:
                pass

    def _service(self, card: ServiceCard, message: Message[Payload | str], ts_ms: int | None) -> None:
        match message.body:
            case ServiceHealth() as health:
                card.health, card.heard_ms = health, ts_ms
            case str() as word if message.topic.endswith("/status"):
                card.status = word
            case _:
                pass

    def _said(self, message: Message[Payload | str], ts_ms: int) -> None:
        match message.body:
            case BalancerState() as said:
                self.balancer = said
            case Decision() as decision:
                self._decided(message.topic.rsplit("/", 1)[-1], decision, ts_ms)
            case Alert() as alert:
                self.alerts[message.topic] = alert
            case _:
                pass

    def _decided(self, device: str, decision: Decision, ts_ms: int) -> None:
        told = self._told.get(device)
        if told is None or _is_news(told, decision):
            self._told[device] = decision
            self.news.appendleft(News(ts_ms, device, decision))


def _is_news(told: Decision, decision: Decision) -> bool:
    """Another rule, another limit, or a target that differs by more than drift."""
    if (told.rule, told.bound_by, told.mode) != (decision.rule, decision.bound_by, decision.mode):
        return True
    before_w, now_w = told.target_w, decision.target_w
    if before_w is None or now_w is None:
        return before_w is not now_w
    return abs(now_w - before_w) >= NEWS_W

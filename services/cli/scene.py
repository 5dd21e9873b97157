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
    decision: Decision | None = None


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
        match message.body:
            case MeterState(power_w=float(power_w)) as state if self._is_grid_meter(name):
                self.grid, self.grid_ms = state, ts_ms
                self.course_w.append(power_w)
            case BalancerState() as said:
                self.balancer = said
            case Decision() as decision:
                self._decided(message.topic.rsplit("/", 1)[-1], decision, ts_ms or 0)
            case Alert() as alert:
                self.alerts[message.topic] = alert
            case ServiceHealth() as health:
                card = self.services.setdefault(name, ServiceCard(name))
                card.health, card.heard_ms = health, ts_ms
            case str() as word if kind == "service" and message.topic.endswith("/status"):
                self.services.setdefault(name, ServiceCard(name)).status = word
            case body if kind == "battery":
                self._battery(self.batteries.setdefault(name, BatteryCard(name)), body, ts_ms)
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

    def _decided(self, device: str, decision: Decision, ts_ms: int) -> None:
        card = self.batteries.setdefault(device, BatteryCard(device))
        known = card.decision
        card.decision = decision
        if known is None or _is_news(known, decision):
            self.news.appendleft(News(ts_ms, device, decision))


def _is_news(known: Decision, decision: Decision) -> bool:
    """Another rule, another limit, or a target that differs by more than drift."""
    if (known.rule, known.bound_by, known.mode) != (decision.rule, decision.bound_by, decision.mode):
        return True
    before_w, now_w = known.target_w, decision.target_w
    if before_w is None or now_w is None:
        return before_w is not now_w
    return abs(now_w - before_w) >= NEWS_W

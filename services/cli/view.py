"""The scene as a terminal shows it: flows, alerts, devices, decisions with reasons, services."""

from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from common.contract import BatteryState, Control, Decision, EvState, LoadState, SwitchState
from common.scene import DeviceCard, News, Scene, ServiceCard

BARS = "▁▂▃▄▅▆▇█"
FULL_SCALE_W = 3000.0
WIDE = 100
UNKNOWN = "–"
PADDING = 2
"""Empty columns of the terminal beside each column of the table of devices."""
BESIDE = 60
"""Columns that the words beside the curve of the grid may take."""
SHOWN = ("battery", "ev", "load", "switch", "pv")
"""Classes of devices that have a line, in this order."""


def draw(scene: Scene, now_ms: int, title: str, width: int) -> RenderableType:
    """One picture of the house, `width` columns wide."""
    parts: list[RenderableType] = [_flows(scene, now_ms, title, width)]
    parts += [_alerts(scene)] if scene.alerts else []
    parts += [_devices(scene, now_ms, width), _news(scene, width), _services(scene, now_ms)]
    return Group(*parts)


def _flows(scene: Scene, now_ms: int, title: str, width: int) -> Panel:
    table = Table.grid(padding=(0, 2))
    grid_w, house_w, batteries_w = scene.grid_w(now_ms), scene.house_w(now_ms), scene.batteries_w(now_ms)
    course = _course([*scene.course_w][-max(1, width - BESIDE) :])
    table.add_row("Grid", _signed(grid_w), _grid_word(grid_w), course)
    table.add_row("House", _signed(house_w), _house_word(house_w), "")
    table.add_row("Batteries", _signed(batteries_w), _battery_word(batteries_w), "")
    said = scene.balancer.sentence if scene.balancer else "The balancer has not spoken yet."
    if scene.is_balancer_silent(now_ms):
        said = f"The balancer is silent. It said {_age(scene.balancer_ms, now_ms)}: {said}"
    mode = scene.balancer.mode if scene.balancer else UNKNOWN
    return Panel(Group(table, Text(said, style="italic")), title=f"{title} · mode {mode}", title_align="left")


def _devices(scene: Scene, now_ms: int, width: int) -> Table:
    """A line each. Where room is scarce, names and words are cut; numbers never."""
    table = Table(expand=True, box=None, header_style="dim")
    for name, columns in _columns(width).items():
        table.add_column(name, no_wrap=True, max_width=columns)
    for card in scene.of_kind(*SHOWN):
        table.add_row(*_device(card, scene.decisions.get(card.id), now_ms, width))
    return table


def _columns(width: int) -> dict[str, int]:
    """How wide each column of the table of devices may be; the name gets what the others leave."""
    is_wide = width >= WIDE
    others = {"does": 9, "told": 9, "charge": 16 if is_wide else 6, "mode": 16 if is_wide else 10}
    others |= {"lease": 10, "measured": 10}
    return {"device": max(1, width - sum(others.values()) - PADDING * (len(others) + 1)), **others}


def _device(card: DeviceCard, decision: Decision | None, now_ms: int, width: int) -> tuple[RenderableType, ...]:
    told_w = card.control.setpoint_w if card.control else None
    if told_w is None and isinstance(card.state, SwitchState) and decision is not None:
        told_w = decision.target_w
    return (
        Text(card.id, style="bold" if card.online and not card.is_stale(now_ms) else "dim"),
        _signed(card.power_w),
        _signed(told_w),
        _charge(_filled_pct(card), bar=width >= WIDE),
        _mode(card),
        _lease(card.control, now_ms),
        _age(card.measured_ms, now_ms),
    )


def _filled_pct(card: DeviceCard) -> float | None:
    """How full a store is, how far a dimmer is turned up."""
    state = card.state
    if isinstance(state, BatteryState | EvState):
        return state.soc_pct
    return state.level_pct if isinstance(state, LoadState) else None


def _mode(card: DeviceCard) -> str:
    state = card.state
    if isinstance(state, SwitchState):
        return "on" if state.on else "off"
    if isinstance(state, EvState):
        return "connected" if state.connected else "away"
    return (state.mode if isinstance(state, BatteryState) else None) or UNKNOWN


def _lease(control: Control | None, now_ms: int) -> str:
    """How long the order in force still holds; without one, who is in charge."""
    if control is None:
        return UNKNOWN
    until_ms = control.lease_until_ms
    return control.mode if until_ms is None else f"{max(0, (until_ms - now_ms) / 1000):.0f} s"


def _age(measured_ms: int | None, now_ms: int) -> str:
    """In at most ten characters, as wide as its column."""
    if measured_ms is None:
        return "never"
    age_s = max(0.0, (now_ms - measured_ms) / 1000)
    if age_s < 99.5:
        return f"{age_s:.0f} s ago"
    return f"{age_s / 60:.0f} min ago" if age_s < 99.5 * 60 else f"{age_s / 3600:.0f} h ago"


def _news(scene: Scene, width: int) -> Panel:
    table = Table.grid(padding=(0, 2))
    for item in list(scene.news)[:6]:
        table.add_row(*_told(item, width))
    return Panel(table if scene.news else Text("none yet", style="dim"), title="Decisions", title_align="left")


def _told(item: News, width: int) -> tuple[RenderableType, ...]:
    at = datetime.fromtimestamp(item.at_ms / 1000, UTC).astimezone().strftime("%H:%M:%S")
    reason = Text(item.decision.reason, overflow="ellipsis", no_wrap=True)
    bound = Text(item.decision.bound_by or "", style="yellow")
    if width < WIDE:
        return Text(at, style="dim"), item.device, reason
    return Text(at, style="dim"), item.device, _signed(item.decision.target_w), Text(item.decision.rule), bound, reason


def _services(scene: Scene, now_ms: int) -> Text:
    line = Text()
    for card in scene.services.values():
        line.append("● ", style=_health_style(card, now_ms)).append(f"{card.name}  ")
    return line


def _health_style(card: ServiceCard, now_ms: int) -> str:
    if card.status != "online":
        return "red"
    late = card.heard_ms is not None and now_ms - card.heard_ms > 30_000
    return "yellow" if late or (card.health and card.health.last_error) else "green"


def _alerts(scene: Scene) -> Panel:
    lines = [Text.assemble((alert.text, "bold"), f" {alert.advice}") for alert in scene.alerts.values()]
    return Panel(Group(*lines), title="Alerts", title_align="left", border_style="red")


def _signed(power_w: float | None) -> Text:
    if power_w is None:
        return Text(UNKNOWN, style="dim", justify="right")
    whole_w = round(power_w)
    style = "green" if whole_w < 0 else "red" if whole_w > 0 else "default"
    return Text(f"{whole_w:+,d} W".replace("-", "−"), style=style, justify="right", no_wrap=True)


def _grid_word(power_w: float | None) -> str:
    if power_w is None:
        return "waiting for the meter"
    return "exporting" if power_w < -25 else "importing" if power_w > 25 else "at zero"


def _house_word(power_w: float | None) -> str:
    if power_w is None:
        return ""
    return "draws without the batteries" if power_w >= 0 else "produces without the batteries"


def _battery_word(power_w: float | None) -> str:
    if power_w is None:
        return ""
    return "charging" if power_w > 5 else "giving" if power_w < -5 else "at rest"


def _course(powers_w: list[float]) -> Text:
    """The last readings of the grid as a curve: red above zero, green below."""
    line = Text()
    for power_w in powers_w:
        height = min(len(BARS) - 1, int(abs(power_w) / FULL_SCALE_W * len(BARS)))
        line.append(BARS[height], style="red" if power_w > 25 else "green" if power_w < -25 else "dim")
    return line


def _charge(soc_pct: float | None, *, bar: bool) -> Text:
    if soc_pct is None:
        return Text(UNKNOWN, style="dim")
    filled = round(soc_pct / 10)
    return Text(f"{'█' * filled + '░' * (10 - filled) if bar else ''} {soc_pct:3.0f} %")

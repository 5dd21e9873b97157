"""The scene as a terminal shows it: flows, batteries, decisions with reasons, services, alerts."""

from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from services.cli.scene import BatteryCard, News, Scene, ServiceCard

BARS = "▁▂▃▄▅▆▇█"
FULL_SCALE_W = 3000.0
WIDE = 100


def draw(scene: Scene, now_ms: int, title: str, width: int) -> RenderableType:
    """One picture of the house, `width` columns wide."""
    parts: list[RenderableType] = [_flows(scene, title), _batteries(scene, now_ms)]
    parts += [_news(scene, width), _services(scene, now_ms)]
    parts += [_alerts(scene)] if scene.alerts else []
    return Group(*parts)


def _flows(scene: Scene, title: str) -> Panel:
    table = Table.grid(padding=(0, 2))
    grid_w = scene.grid.power_w if scene.grid else None
    course = _course(list(scene.course_w)[-60:])
    table.add_row("Grid", _signed(grid_w), _grid_word(grid_w), course)
    house = "draws" if (scene.house_w or 0) >= 0 else "produces"
    table.add_row("House", _signed(scene.house_w), f"{house} without the batteries", "")
    table.add_row("Batteries", _signed(scene.batteries_w), _battery_word(scene.batteries_w), "")
    said = scene.balancer.sentence if scene.balancer else "The balancer has not spoken yet."
    mode = scene.balancer.mode if scene.balancer else "?"
    return Panel(Group(table, Text(said, style="italic")), title=f"{title} · mode {mode}", title_align="left")


def _batteries(scene: Scene, now_ms: int) -> Table:
    table = Table(expand=True, box=None, header_style="dim")
    for column in ("battery", "does", "told", "charge", "mode", "lease", "measured"):
        table.add_column(column, no_wrap=True)
    for card in scene.batteries.values():
        table.add_row(*_battery(card, now_ms))
    return table


def _battery(card: BatteryCard, now_ms: int) -> tuple[RenderableType, ...]:
    state, control, decision = card.state, card.control, card.decision
    told = Text("–") if decision is None or decision.target_w is None else _signed(decision.target_w)
    until_ms = control.lease_until_ms if control else None
    lease = f"{max(0, (until_ms - now_ms) / 1000):.0f} s" if until_ms else (control.mode if control else "–")
    age = f"{max(0, (now_ms - card.measured_ms) / 1000):.0f} s ago" if card.measured_ms else "never"
    return (
        Text(card.id, style="bold" if card.online else "dim"),
        _signed(state.power_w if state else None),
        told,
        _charge(state.soc_pct if state else None),
        (state.mode if state else None) or "–",
        lease,
        age,
    )


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
        return Text("unknown", style="dim")
    style = "green" if power_w < 0 else "red" if power_w > 0 else "default"
    return Text(f"{power_w:+,.0f} W".replace("-", "−"), style=style, justify="right")


def _grid_word(power_w: float | None) -> str:
    if power_w is None:
        return "waiting for the meter"
    return "exporting" if power_w < -25 else "importing" if power_w > 25 else "at zero"


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


def _charge(soc_pct: float | None) -> Text:
    if soc_pct is None:
        return Text("unknown", style="dim")
    filled = round(soc_pct / 10)
    return Text("█" * filled + "░" * (10 - filled) + f" {soc_pct:3.0f} %")

"""Everything on MQTT that is news: alerts, the price of tomorrow, services that do not run, a broker that is away."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from common.contract import ALERT, SERVICE_STATUS, TARIFF, Alert, TariffState
from common.errors import MessageRejected
from common.messaging import Bus, Reader
from services.notifier.news import Board, News

BROKER: Final = "broker"
DAY_MS: Final = 86_400_000
AWAY: Final = News(
    "The broker cannot be reached",
    "Nothing can be measured or decided; every device is in its safe state. See whether the broker runs.",
    urgent=True,
)


async def hear_alerts(bus: Bus, board: Board) -> None:
    """For ever: alerts that are raised and cleared."""
    reader = Reader(bus, (ALERT,))
    async for received in await bus.listen(ALERT):
        if not received.payload:
            board.take(received.topic, bus.clock.monotonic())
            continue
        try:
            message = reader.read(received)
        except MessageRejected:
            continue
        if message is not None and isinstance(message.body, Alert):
            board.put(received.topic, _news(received.topic, message.body), bus.clock.monotonic())


async def hear_services(bus: Bus, board: Board) -> None:
    """For ever: services that say, or whose last will says, that they do not run. Our own is no news to us."""
    async for received in await bus.listen(SERVICE_STATUS):
        _, account, _ = received.topic.split("/")
        if received.payload != b"offline" or account == bus.account:
            board.take(received.topic, bus.clock.monotonic())
            continue
        advice = f"If you did not stop it, see its log, or start it again. Its service is called {account} on MQTT."
        news = News(f"{account} does not run", advice, urgent=True)
        board.put(received.topic, news, bus.clock.monotonic())


async def hear_tariff(bus: Bus, board: Board, zone: ZoneInfo) -> None:
    """For ever: what the next day costs, once somebody has said so; once per day and colour, whoever says it again."""
    reader = Reader(bus, (TARIFF,))
    told: dict[str, str] = {}
    async for received in await bus.listen(TARIFF):
        try:
            message = reader.read(received)
        except MessageRejected:
            continue
        if message is None or not isinstance(message.body, TariffState):
            continue
        now_s, name = bus.clock.monotonic(), _day_and_colour(received.topic, message.body, zone)
        if (before := told.pop(received.topic, None)) not in (None, name):
            board.take(before, now_s)
        if name is not None:
            told[received.topic] = name
            board.put(name, _announcement(message.body, zone), now_s)


def _day_and_colour(topic: str, state: TariffState, zone: ZoneInfo) -> str | None:
    """What an announcement is known by; None if there is nothing to announce: an ordinary day after its like."""
    if state.tomorrow_label is None or state.tomorrow_certainty not in ("final", "provisional"):
        return None
    if state.tomorrow_label == state.label and not state.tomorrow_severity:
        return None
    return f"{topic}/{_begins(state, zone):%Y-%m-%d}/{state.tomorrow_label}"


def _announcement(state: TariffState, zone: ZoneInfo) -> News:
    begins = _begins(state, zone)
    day = [
        slot for slot in state.slots if state.tomorrow_starts_ms <= slot.start_ms < state.tomorrow_starts_ms + DAY_MS
    ]
    prices = [slot.price_eur_per_kwh for slot in day if slot.price_eur_per_kwh is not None]
    costs = f" A kWh costs {min(prices):.2f} to {max(prices):.2f} EUR." if prices else ""
    text = f"From {begins:%A} {begins:%H:%M} on.{costs}"
    return News(f"The next day is {state.tomorrow_label}", text, ends=False)


def _begins(state: TariffState, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(state.tomorrow_starts_ms / 1000, UTC).astimezone(zone)


def note_broker(bus: Bus, board: Board) -> None:
    """Whether the broker is there now."""
    if bus.ready.is_set():
        board.take(BROKER, bus.clock.monotonic())
    else:
        board.put(BROKER, AWAY, bus.clock.monotonic())


def _news(topic: str, alert: Alert) -> News:
    _, account, _ = topic.split("/")
    about = alert.device or account
    return News(f"{about}: {alert.text}", alert.advice or alert.text, urgent=alert.severity == "error")

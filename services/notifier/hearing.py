"""Everything on MQTT that is news: alerts, services that do not run, and a broker that is away."""

from typing import Final

from common.contract import ALERT, SERVICE_STATUS, Alert
from common.errors import MessageRejected
from common.messaging import Bus, Reader
from services.notifier.news import Board, News

BROKER: Final = "broker"
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

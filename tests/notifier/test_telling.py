"""From an alert on MQTT to a phone: in virtual time with real sockets, and over a real broker."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from common import metrics
from common.alerts import Alerts
from common.bus import MqttBus
from common.clock import Clock
from common.config import SiteSettings
from common.contract import ALERT, TARIFF, TariffSlot, TariffState
from common.contract.tariff import Certainty, Severity
from common.foreign import Foreign
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from common.others import Others
from services.notifier.bridge import tell
from services.notifier.broker import CLIENTS, DROPPED, HEAP
from services.notifier.config import Config, QuietHours, Recipient
from services.notifier.voice import checked
from tests.air import MemoryAir
from tests.brokers import MOSQUITTO, WITHOUT, Broker
from tests.household import SITE, serving
from tests.notifier.phone import Phone, ringing

ACCOUNT = "ems-notifier"
PARIS = ZoneInfo("Europe/Paris")
HOUR_MS = 3_600_000
DROPS = "The broker drops messages: somebody who listens is too slow, or it is overloaded."


def telling(
    bus: Bus, others: Others, folder: Path, config: Config, *, site: SiteSettings = SITE
) -> AbstractAsyncContextManager[None]:
    """The service, until the block ends."""
    return serving("notifier", config, bus, folder, lambda runtime: tell(runtime, others), site=site)


class House:
    """A house whose balancer raises alerts, and the service that tells of them."""

    def __init__(self, broker: MemoryBroker, clock: Clock, folder: Path) -> None:
        self.broker, self.clock, self.folder = broker, clock, folder
        self.alerts = Alerts(broker.plug("ems-balancer", "b0", clock))

    @asynccontextmanager
    async def served(self, config: Config, site: SiteSettings = SITE) -> AsyncIterator[MemoryAir]:
        """While the service runs; may be entered again."""
        air = MemoryAir(self.broker, self.clock)
        async with telling(self.broker.plug(ACCOUNT, "n0", self.clock), air, self.folder, config, site=site):
            await self.clock.sleep(1)
            yield air


@pytest.fixture
def house(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> House:
    return House(memory_broker, clock, tmp_path)


def to(*phones: Phone, quiet_hours: QuietHours | None = None) -> Config:
    recipients = {f"phone{number}": Recipient(url=phone.url) for number, phone in enumerate(phones)}
    return Config(to=recipients, quiet_hours=quiet_hours)


async def test_an_alert_reaches_the_phone_once_and_so_does_its_end(house: House, clock: Clock) -> None:
    async with ringing() as phone, house.served(to(phone)):
        await house.alerts.set("meter", "The meter is silent.", "See whether it has power.")
        await clock.sleep(55)
        assert phone.heard == []
        await clock.sleep(600)
        assert phone.heard == [("info", "ems-balancer: The meter is silent.", "See whether it has power.")]
        await house.alerts.clear("meter")
        await clock.sleep(100)
        assert [title for _, title, _ in phone.heard][1:] == ["Over: ems-balancer: The meter is silent."]


async def test_a_restart_tells_nothing_twice(house: House, clock: Clock) -> None:
    async with ringing() as phone:
        async with house.served(to(phone)):
            await house.alerts.set("meter", "The meter is silent.", error=True)
            await clock.sleep(100)
        async with house.served(to(phone)):
            await clock.sleep(300)
        assert [kind for kind, _, _ in phone.heard] == ["failure"]


async def test_what_was_over_when_it_came_back_is_told_to_be(house: House, clock: Clock) -> None:
    async with ringing() as phone:
        async with house.served(to(phone)):
            await house.alerts.set("meter", "The meter is silent.")
            await clock.sleep(100)
        await house.alerts.clear("meter")
        async with house.served(to(phone)):
            await clock.sleep(100)
        assert [title for _, title, _ in phone.heard][1:] == ["Over: ems-balancer: The meter is silent."]


@pytest.mark.promise("5.8-13")
async def test_a_phone_that_refuses_keeps_nobody_else_waiting_and_is_tried_again(house: House, clock: Clock) -> None:
    async with ringing() as broken, ringing() as phone, house.served(to(broken, phone)):
        broken.status = 500
        await house.alerts.set("meter", "The meter is silent.")
        await clock.sleep(400)  # a minute, pauses of one and two at most, a minute
        titles = [title for _, title, _ in phone.heard]
        assert titles[0] == "ems-balancer: The meter is silent."
        assert titles[1].startswith("ems-notifier: phone0 cannot be told anything")
        assert 3 <= broken.refused <= 10, "it is asked again, and not hammered"
        assert ALERT.at(ACCOUNT, "cannot_tell_phone0").name in house.broker.retained
        broken.status = 200
        await clock.sleep(600)
        assert "ems-balancer: The meter is silent." in [title for _, title, _ in broken.heard]
        assert ALERT.at(ACCOUNT, "cannot_tell_phone0").name not in house.broker.retained


async def test_a_service_that_does_not_run_is_told(house: House, clock: Clock) -> None:
    async with ringing() as phone, house.served(to(phone)):
        house.broker.publish("service/ems-balancer/status", b"offline", True)
        house.broker.publish(f"service/{ACCOUNT}/status", b"offline", True)
        await clock.sleep(100)
        assert [(kind, title) for kind, title, _ in phone.heard] == [("failure", "ems-balancer does not run")]
        house.broker.publish("service/ems-balancer/status", b"online", True)
        await clock.sleep(100)
        assert [title for _, title, _ in phone.heard][1:] == ["Over: ems-balancer does not run"]


def tariff(tomorrow: str | None, certainty: Certainty, severity: Severity | None, today: str = "blue") -> TariffState:
    """What the service `tempo` says on the evening before 6 January, in Paris."""
    starts = datetime(2026, 1, 6, 6, tzinfo=PARIS)
    starts_ms = round(starts.timestamp() * 1000)
    now = TariffSlot(
        start_ms=starts_ms - 8 * HOUR_MS, end_ms=starts_ms, band="off_peak", certainty="final", price_eur_per_kwh=0.13
    )
    peak = TariffSlot(
        start_ms=starts_ms, end_ms=starts_ms + 16 * HOUR_MS, band="peak", certainty=certainty, price_eur_per_kwh=0.7060
    )
    return TariffState(
        contract="tempo", revision=1, band="off_peak", certainty="final", label=today, severity=0, until_ms=starts_ms,
        tomorrow_starts_ms=starts_ms, tomorrow_label=tomorrow, tomorrow_certainty=certainty,
        tomorrow_severity=severity, valid_until_ms=peak.end_ms, slots=(now, peak),
    )  # fmt: skip


@pytest.mark.promise("5.8-09")
async def test_a_colour_is_told_once_however_often_and_by_whomever_it_is_said(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    """Unknown or assumed is no news; provisional, then final is the same news; a restart repeats nothing."""
    house, tempo = House(memory_broker, clock, tmp_path), memory_broker.plug("ems-tempo", "t0", clock)
    site = SiteSettings(timezone="Europe/Paris")
    async with ringing() as phone:
        async with house.served(to(phone), site):
            for state in (tariff(None, "unknown", None), tariff("red", "assumed", 2)):
                await tempo.publish(TARIFF.at("main"), state)
                await clock.sleep(200)
            assert phone.heard == []
            for certainty in ("provisional", "final", "final"):
                await tempo.publish(TARIFF.at("main"), tariff("red", certainty, 2))
                await clock.sleep(200)
        async with house.served(to(phone), site):
            await tempo.publish(TARIFF.at("main"), tariff("red", "final", 2))
            await clock.sleep(200)
        assert phone.heard == [("info", "The next day is red", "From Tuesday 06:00 on. A kWh costs 0.71 to 0.71 EUR.")]


@pytest.mark.parametrize(
    ("days", "severity", "is_told"),
    [(("blue", "blue"), 0, False), (("red", "blue"), 0, True), (("red", "red"), 2, True), (("white", "red"), 2, True)],
)
async def test_an_ordinary_day_after_its_like_is_no_news(
    house: House, clock: Clock, days: tuple[str, str], severity: Severity, is_told: bool
) -> None:
    today, tomorrow = days
    tempo = house.broker.plug("ems-tempo", "t0", clock)
    async with ringing() as phone, house.served(to(phone)):
        await tempo.publish(TARIFF.at("main"), tariff(tomorrow, "final", severity, today))
        await clock.sleep(200)
        assert [title for _, title, _ in phone.heard] == ([f"The next day is {tomorrow}"] if is_told else [])


async def test_a_colour_that_is_taken_back_in_time_is_not_told(house: House, clock: Clock) -> None:
    tempo = house.broker.plug("ems-tempo", "t0", clock)
    async with ringing() as phone, house.served(to(phone)):
        await tempo.publish(TARIFF.at("main"), tariff("red", "provisional", 2))
        await clock.sleep(30)
        await tempo.publish(TARIFF.at("main"), tariff("white", "provisional", 1))
        await clock.sleep(200)
        assert [title for _, title, _ in phone.heard] == ["The next day is white"]


async def test_a_broker_that_is_away_is_told(house: House, clock: Clock) -> None:
    bus = house.broker.plug(ACCOUNT, "n1", clock)
    async with ringing() as phone, telling(bus, MemoryAir(house.broker, clock), house.folder, to(phone)):
        bus.ready.clear()
        await clock.sleep(100)
        assert [title for _, title, _ in phone.heard] == ["The broker cannot be reached"]


async def test_rubbish_on_an_alerts_topic_is_nothing_to_tell(house: House, clock: Clock) -> None:
    async with ringing() as phone, house.served(to(phone)):
        for payload in (b"fire!", b"{}", b'{"severity": 7}', b"\xff"):
            house.broker.publish("alert/ems-balancer/meter", payload, True)
        await clock.sleep(100)
        assert phone.heard == []


async def test_the_brokers_figures_are_shown_and_drops_are_told(house: House, clock: Clock) -> None:
    before = metrics.BROKER_DROPPED._value.get()
    async with ringing() as phone, house.served(to(phone)):

        async def told(topic: str, *values: bytes) -> None:
            for value in values:
                house.broker.publish(topic, value, False)
                await clock.sleep(1)

        await told(CLIENTS, b"9", b"nan")
        await told(HEAP, b"123456", b"rubbish")
        await told(DROPPED, b"41")
        await clock.sleep(100)
        assert metrics.BROKER_CLIENTS._value.get() == 9
        assert metrics.BROKER_HEAP._value.get() == 123456
        assert metrics.BROKER_DROPPED._value.get() == before, "what was dropped before we came is old news"
        await told(DROPPED, b"44", b"2")  # and a broker that began anew
        assert metrics.BROKER_DROPPED._value.get() == before + 5
        await clock.sleep(100)
        assert [title for _, title, _ in phone.heard] == [f"{ACCOUNT}: {DROPS}"]


@pytest.mark.parametrize("url", ["nonsense", "prowl://short", "http//x", "prowl://"])
def test_an_address_that_leads_nowhere_is_a_mistake(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        checked(url)


async def test_an_address_is_never_written_to_the_log(
    house: House, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """It holds keys."""
    caplog.set_level(logging.DEBUG)
    config = Config(to={"phone": Recipient(url="json://somebody:very-secret@127.0.0.1:9")})
    async with house.served(config):
        await house.alerts.set("meter", "The meter is silent.")
        await clock.sleep(200)
    assert "phone could not be told" in caplog.text
    assert "very-secret" not in caplog.text


@pytest.mark.e2e
@pytest.mark.skipif(MOSQUITTO is None, reason=WITHOUT)
async def test_over_a_real_broker_with_its_own_figures(broker: Broker, clock: Clock, tmp_path: Path) -> None:
    settings = broker.settings
    async with (
        ringing() as phone,
        MqttBus(settings, ACCOUNT, "cafe01", clock) as bus,
        MqttBus(settings, "ems-p1", "p0", clock, guest=True) as meter,
        Foreign(settings, ACCOUNT, "broker", clock) as others,
    ):
        for each in (bus.ready, meter.ready, others.ready):
            await each.wait()
        async with telling(bus, others, tmp_path, to(phone)), clock.timeout(300):
            await Alerts(meter).set("silent", "The meter is silent.")
            while not phone.heard:
                await clock.sleep(1)
        assert phone.heard[0][1] == "ems-p1: The meter is silent."

"""The service as a whole: its password, its port, what it says when it cannot show the page, and a real broker."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from common.bus import MqttBus
from common.clock import Clock
from common.config import MqttSettings
from common.contract import ALERT, METER_STATE, SETTING_REQUEST, Alert, MeterState, decode
from common.health import Health
from common.memory_bus import MemoryBroker
from common.messaging import Bus
from services.cli.ports import free_port
from services.web.config import Config
from services.web.door import MANY
from services.web.session import session
from tests.brokers import Broker
from tests.household import running

SECRET = "of this house"


@asynccontextmanager
async def served(
    bus: Bus, folder: Path, config: Config, mqtt: MqttSettings | None = None
) -> AsyncIterator[tuple[str, Health]]:
    """The service at work: where its page is, and how it is."""
    health = Health("web")
    with running("web", config, bus, folder, mqtt=mqtt, health=health) as runtime:
        work = asyncio.create_task(session(runtime))
        await bus.clock.sleep(0.5)
        assert not work.done(), work.result()
        yield f"http://127.0.0.1:{config.port}", health
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


def config(**more: object) -> Config:
    return Config.model_validate({"host": "127.0.0.1", "port": free_port(), **more})


def secrets(folder: Path, text: str = f"{SECRET}\n") -> MqttSettings:
    (folder / "ems-web").write_text(text)
    return MqttSettings(password_dir=folder)


def alerts(broker: MemoryBroker) -> dict[str, Alert]:
    """Those that stand, by name."""
    mine = "alert/ems-web/"
    kept = {topic: payload for topic, payload in broker.retained.items() if topic.startswith(mine)}
    return {topic.removeprefix(mine): decode(ALERT, payload)[1] for topic, payload in kept.items()}


async def enter(browser: ClientSession, place: str, password: str) -> str:
    """Log in; where that leads."""
    async with browser.post(f"{place}/login", data={"password": password}, allow_redirects=False) as answer:
        return answer.headers["Location"]


async def test_the_password_is_that_of_its_account(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    bus = memory_broker.plug("ems-web", "w0", clock)
    async with (
        served(bus, tmp_path, config(), secrets(tmp_path)) as (place, health),
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser,
    ):
        assert await enter(browser, place, "another") == "/login#wrong"
        await clock.sleep(2)
        assert await enter(browser, place, SECRET) == "/"
        assert (health.trouble, alerts(memory_broker)) == (None, {})


@pytest.mark.parametrize(
    ("text", "why"),
    [(None, "Write password_dir under mqtt, or open: true under web"), ("", "is empty. `ballast setup` makes a pass")],
)
async def test_without_a_password_nothing_is_shown_and_that_is_said(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path, text: str | None, why: str
) -> None:
    mqtt = MqttSettings() if text is None else secrets(tmp_path, text)
    async with (
        served(memory_broker.plug("ems-web", "w0", clock), tmp_path, config(), mqtt) as (place, health),
        ClientSession() as browser,
    ):
        assert why in alerts(memory_broker)["closed"].text
        assert why in (health.trouble or "")
        with pytest.raises(OSError, match="onnect"):
            await browser.get(place)


async def test_a_password_file_that_is_not_there_is_named(
    memory_broker: MemoryBroker, clock: Clock, tmp_path: Path
) -> None:
    mqtt = MqttSettings(password_dir=tmp_path / "nowhere")
    async with served(memory_broker.plug("ems-web", "w0", clock), tmp_path, config(), mqtt):
        assert f"cannot be read from {tmp_path}/nowhere/ems-web" in alerts(memory_broker)["closed"].text


async def test_a_port_in_use_is_said_and_tried_again(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    told = config(open=True)
    with socket.socket() as other:
        other.bind(("127.0.0.1", told.port))
        other.listen()
        async with served(memory_broker.plug("ems-web", "w0", clock), tmp_path, told) as (place, health):
            assert f"127.0.0.1:{told.port} cannot be used" in alerts(memory_broker)["closed"].text
            other.close()
            await clock.sleep(30)
            assert (health.trouble, alerts(memory_broker)) == (None, {})
            async with ClientSession() as browser, browser.get(place) as answer:
                assert answer.status == 200


async def test_somebody_who_guesses_is_told_of(memory_broker: MemoryBroker, clock: Clock, tmp_path: Path) -> None:
    bus = memory_broker.plug("ems-web", "w0", clock)
    async with served(bus, tmp_path, config(), secrets(tmp_path)) as (place, _), ClientSession() as browser:
        for number in range(MANY):
            await enter(browser, place, f"guess {number}")
            await clock.sleep(1)
        await clock.sleep(10)
        assert alerts(memory_broker)["guessing"].text == "Somebody tries passwords at the page."
        await clock.sleep(700)
        assert alerts(memory_broker) == {}


@pytest.mark.e2e
@pytest.mark.promise("3.10-10")
async def test_over_a_real_broker_it_shows_what_is_kept_and_passes_wishes_on(
    broker: Broker, clock: Clock, tmp_path: Path
) -> None:
    async with (
        MqttBus(broker.settings, "ems-web", "cafe01", clock) as bus,
        MqttBus(broker.settings, "ems-p1", "p0", clock, guest=True) as meter,
    ):
        asked = await meter.listen(SETTING_REQUEST)
        await meter.ready.wait()
        await meter.publish(METER_STATE.at("p1"), MeterState(power_w=640.0))
        await bus.ready.wait()
        async with (
            served(bus, tmp_path, config(open=True)) as (place, _),
            ClientSession() as browser,
            clock.timeout(30_000),
        ):
            async with browser.get(f"{place}/stream") as stream:
                while b'"device/p1":{"kind":"meter","power_w":640' not in await stream.content.readline():
                    pass
            wish = {"setting": "force_power_w/boiler", "value": "800"}
            async with browser.post(f"{place}/ask", json=wish) as answer:
                assert answer.status == 422, "no balancer is there to grant it"
            received = await asked.next()
            assert (received.topic, received.payload) == ("balancer/main/set/force_power_w/boiler", b"800")
            assert not received.retained

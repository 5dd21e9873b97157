"""F47 on a real Mosquitto with the configuration, passwords and rights that we ship: who may do what, and no more."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from common.alerts import Alerts
from common.bus import MqttBus
from common.clock import Clock
from common.config import MqttSettings
from common.contract import ALERT, SERVICE_STATUS, Alert
from common.link import LastWill, client
from tests.brokers import Broker
from tests.e2e.conftest import WITNESS
from tests.e2e.matrix import ACCOUNTS, BROKER, MAY_LOOK_AT_THE_BROKER, MAY_READ, SERVICES, TOPICS, may_write
from tests.guests import PATIENCE_S

pytestmark = [pytest.mark.e2e, pytest.mark.real_time]

DUMB = ("#", "+/#", "+/+/+/+", "ems/#", "ems/+/+/cmd", "ems/+/+/+", "$share/all/ems/#", "$SYS/#", "+/broker/uptime")
"""What somebody would subscribe to who tries their luck."""


@asynccontextmanager
async def connected(settings: MqttSettings, account: str) -> AsyncIterator[aiomqtt.Client]:
    """A bare connection with an account, under a name nobody else has."""
    async with client(settings, account, f"test-{secrets.token_hex(4)}") as made:
        yield made


async def arrived(connection: aiomqtt.Client, token: bytes) -> set[str]:
    """The topics of all messages with this payload that the broker has sent so far."""
    await connection.subscribe("fence/only", qos=0)  # its answer comes after everything that was on the way
    waiting = len(connection.messages)
    messages = [await anext(aiter(connection.messages)) for _ in range(waiting)]
    return {message.topic.value for message in messages if message.payload == token}


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_writes_what_is_its_own_and_nothing_else(guarded: Broker, account: str) -> None:
    token = secrets.token_hex(8).encode()
    async with connected(guarded.settings, WITNESS) as witness, connected(guarded.settings, account) as tried:
        await witness.subscribe("#")
        for topic in (*TOPICS, *BROKER):
            await tried.publish(topic, token, qos=1)
        assert await arrived(witness, token) == may_write(account)


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_reads_what_concerns_it_and_nothing_else(guarded: Broker, account: str) -> None:
    """However it asks: wildcards are granted, but what they would bring does not come."""
    token = secrets.token_hex(8).encode()
    async with connected(guarded.settings, WITNESS) as witness, connected(guarded.settings, account) as tried:
        for asked in (*DUMB, *TOPICS):
            await tried.subscribe(asked)
        for topic in TOPICS:
            await witness.publish(topic, token, qos=1)
        assert await arrived(tried, token) == MAY_READ[account]


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_the_broker_tells_of_itself_to_those_who_may_know(guarded: Broker, account: str) -> None:
    async with connected(guarded.settings, account) as tried:
        for topic in BROKER:
            await tried.subscribe(topic)
        await tried.subscribe("fence/only")
        waiting = len(tried.messages)
        said = {(await anext(aiter(tried.messages))).topic.value for _ in range(waiting)}
        assert said == MAY_LOOK_AT_THE_BROKER.get(account, frozenset())


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_a_last_will_has_no_more_rights_than_its_account(guarded: Broker, account: str) -> None:
    topic = "ems/battery/garage/cmd"
    token = secrets.token_hex(8).encode()
    async with connected(guarded.settings, WITNESS) as witness:
        await witness.subscribe(topic)
        will = LastWill(topic, token.decode())
        try:
            async with client(guarded.settings, account, f"test-{token.decode()}", will):
                raise ConnectionError
        except (ConnectionError, aiomqtt.MqttError):
            pass
        assert (topic in await arrived(witness, token)) <= (account == "ems-balancer")


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
@pytest.mark.parametrize(
    ("user", "password"),
    [
        (None, None),
        ("ems-p1", None),
        ("ems-p1", "wrong"),
        ("ems-p1", ""),
        ("ems-balancer", "the password of ems-p1"),
        ("EMS-P1", "the password of ems-p1"),
        ("nobody", "wrong"),
        ("#", "the password of ems-p1"),
        ("+", "the password of ems-p1"),
        ("ems-p1/#", "the password of ems-p1"),
        ("root", ""),
    ],
)
async def test_without_its_password_nobody_gets_in(
    guarded: Broker, user: str | None, password: str | None, protocol: int | str
) -> None:
    assert guarded.password_dir is not None
    if password == "the password of ems-p1":
        password = (guarded.password_dir / "ems-p1").read_text().strip()
    version = aiomqtt.ProtocolVersion.V5 if protocol == 5 else aiomqtt.ProtocolVersion.V311
    stranger = aiomqtt.Client(
        "127.0.0.1", guarded.port, username=user, password=password, protocol=version, timeout=PATIENCE_S
    )
    with pytest.raises(aiomqtt.MqttError, match=r"(?i)not authori[sz]ed|bad user"):
        await stranger.__aenter__()


@pytest.mark.parametrize("account", SERVICES)
async def test_a_service_finds_its_rights_in_order(guarded: Broker, clock: Clock, account: str) -> None:
    """Its self test comes back, and its goodbye is heard."""
    status = f"ems/{SERVICE_STATUS.at(account).name}"
    async with connected(guarded.settings, WITNESS) as witness:
        async with MqttBus(guarded.settings, account, "aaaaaa", clock) as bus, clock.timeout(PATIENCE_S):
            await bus.ready.wait()
        await witness.subscribe(status)
        async with clock.timeout(PATIENCE_S):
            message = await anext(aiter(witness.messages))
        assert message.payload == b"offline"


@pytest.mark.parametrize("account", SERVICES)
async def test_a_service_clears_what_it_left_behind(guarded: Broker, clock: Clock, account: str) -> None:
    """An alert of an earlier run, retained, which nobody says any more."""
    topic = ALERT.at(account, "of_old")
    old = Alert.model_validate({"severity": "warning", "since_ms": 1, "text": "of old", "advice": ""})
    async with MqttBus(guarded.settings, account, "aaaaaa", clock) as before:
        await before.ready.wait()
        await before.publish(topic, old)
    async with (
        connected(guarded.settings, WITNESS) as witness,
        MqttBus(guarded.settings, account, "bbbbbb", clock) as bus,
        clock.timeout(PATIENCE_S),
    ):
        await bus.ready.wait()
        tidying = asyncio.create_task(Alerts(bus).tidy())
        await witness.subscribe(f"ems/{topic.name}")
        messages = aiter(witness.messages)
        while (await anext(messages)).payload:
            continue
        tidying.cancel()


@pytest.mark.parametrize("account", SERVICES)
async def test_a_last_will_of_a_service_is_heard(guarded: Broker, clock: Clock, account: str) -> None:
    """The broker takes the will of a connection that breaks; without the right to it, it would be silent."""
    status = f"ems/{SERVICE_STATUS.at(account).name}"
    token = secrets.token_hex(8).encode()
    async with connected(guarded.settings, WITNESS) as witness:
        await witness.subscribe(status)
        dying = client(guarded.settings, account, account, LastWill(status, token.decode()))
        await dying.__aenter__()
        line = dying._client.socket()
        assert line is not None
        line.close()
        async with clock.timeout(PATIENCE_S):
            async for message in witness.messages:
                if message.payload == token:
                    break

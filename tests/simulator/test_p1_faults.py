"""Every switch of the fake, in both generations: what a client gets to see, and that it is over when it is over."""

from collections.abc import AsyncIterator

import aiohttp
import orjson
import pytest

from common.clock import Clock
from common.errors import DeviceError, DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.homewizard import (
    ApiOff,
    NotOffered,
    Pairing,
    Pushed,
    Stream,
    TokenRevoked,
    V1Client,
    V2Client,
    connect_v1,
    connect_v2,
    pair,
)
from services.simulator.p1_meter import Babble, P1Fake
from services.simulator.p1_meter.faults import babbled
from services.simulator.physics import House, Noise, Steps

BABBLES: tuple[Babble, ...] = ("html", "truncated", "not_a_number", "nothing", "too_much")


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[P1Fake]:
    """A dongle on a restless house."""
    async with P1Fake(House(Noise(Steps(750.0), 50.0), Steps(0.0), {}), clock) as fake:
        yield fake


@pytest.fixture
async def one(fake: P1Fake, clock: Clock) -> AsyncIterator[V1Client]:
    """Connected over v1."""
    async with connect_v1(fake.host, clock, port=fake.http_port) as client:
        yield client


@pytest.fixture
async def pairing(fake: P1Fake, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Pairing:
    """A token for it."""
    folder = tmp_path_factory.mktemp("data")
    return await pair(fake.host, "p1", folder, clock, lambda _: fake.press_button(), port=fake.https_port)


@pytest.fixture
async def two(fake: P1Fake, clock: Clock, pairing: Pairing) -> AsyncIterator[V2Client]:
    """Connected over v2."""
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as client:
        yield client


async def refusal(client: V1Client | V2Client) -> type[DeviceError] | None:
    """What asking for a measurement ends in."""
    try:
        await (client.data() if isinstance(client, V1Client) else client.measurement())
    except DeviceError as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("name", "value", "over_v1", "over_v2"),
    [
        ("api_off", True, ApiOff, None),
        ("silent", True, DeviceUnreachable, DeviceUnreachable),
        ("status", 503, DeviceRefused, DeviceRefused),
        ("status", 429, DeviceRefused, DeviceRefused),
        ("absent", {"/api/v1/data", "/api/measurement"}, NotOffered, NotOffered),
        *(("babble", babble, DeviceUnintelligible, DeviceUnintelligible) for babble in BABBLES),
    ],
)
async def test_a_switch_breaks_what_it_says_until_it_is_back(  # noqa: PLR0917  # a table's columns
    fake: P1Fake,
    one: V1Client,
    two: V2Client,
    name: str,
    value: object,
    over_v1: type[DeviceError] | None,
    over_v2: type[DeviceError] | None,
) -> None:
    well = getattr(fake.faults, name)
    setattr(fake.faults, name, value)
    assert (await refusal(one), await refusal(two)) == (over_v1, over_v2)
    setattr(fake.faults, name, well)
    one.absent.paths.clear()
    two.absent.paths.clear()
    assert (await refusal(one), await refusal(two)) == (None, None)


async def test_revoked_tokens_are_unknown_everywhere(fake: P1Fake, one: V1Client, two: V2Client) -> None:
    fake.revoke_tokens()
    assert await refusal(two) is TokenRevoked
    assert await refusal(one) is None
    assert fake.journal.of("auth_failure", "GET /api/measurement")


async def test_a_spike_is_in_one_telegram_only(fake: P1Fake, one: V1Client, clock: Clock) -> None:
    fake.faults.spike_w = -32_768
    seen = []
    for _ in range(4):
        seen.append((await one.data())["active_power_w"])
        await clock.sleep(1)
    assert seen.count(-32_768) == 1


async def test_a_glitch_is_in_one_register_as_long_as_it_is_set(fake: P1Fake, two: V2Client, clock: Clock) -> None:
    before = (await two.measurement())["energy_import_t1_kwh"]
    fake.faults.glitch_import_wh = 33_000
    await clock.sleep(2)
    glitched = await two.measurement()
    assert glitched["energy_import_t1_kwh"] == 33
    fake.faults.glitch_import_wh = None
    await clock.sleep(2)
    assert (await two.measurement())["energy_import_t1_kwh"] == pytest.approx(before, abs=0.01)


async def test_another_serial_is_told_by_both_generations(fake: P1Fake, one: V1Client, two: V2Client) -> None:
    fake.faults.serial = "ffeeddccbbaa"
    assert (await one.device()).serial == (await two.device()).serial == "ffeeddccbbaa"


async def pushes(client: V2Client, seconds: float) -> list[Pushed]:
    """What the websocket brings in so many seconds of a new subscription."""
    until_s = client.transport.clock.monotonic() + seconds
    messages: list[Pushed] = []
    async with client.stream("measurement") as stream:
        while (left_s := until_s - client.transport.clock.monotonic()) > 0:
            message = await stream.next(left_s)
            if message is not None:
                messages.append(message)
    return messages


async def test_a_stalled_websocket_answers_the_subscription_and_no_more(fake: P1Fake, two: V2Client) -> None:
    fake.faults.stalled = True
    assert len(await pushes(two, 20)) == 1
    fake.faults.stalled = False
    assert len(await pushes(two, 20)) >= 19


async def test_a_replaying_dongle_begins_with_the_old_sample(fake: P1Fake, two: V2Client, clock: Clock) -> None:
    old = v2_stamp(await pushes(two, 1))
    fake.replay()
    await clock.sleep(30)
    again = await pushes(two, 5)
    assert v2_stamp(again[:1]) == old
    assert v2_stamp(again[1:]) != old


async def last_of(stream: Stream) -> None:
    """Read what is still in the line."""
    while await stream.next(2) is not None:
        pass


def v2_stamp(messages: list[Pushed]) -> object:
    """The meter's time in the last of these."""
    data = messages[-1].data
    assert isinstance(data, dict)
    return data["timestamp"]


async def test_a_half_open_line_brings_nothing_and_a_new_one_everything(fake: P1Fake, two: V2Client) -> None:
    async with two.stream("measurement") as stream:
        assert await stream.next(2) is not None
        fake.half_open()
        await last_of(stream)
        with pytest.raises(DeviceUnreachable, match="ping"):
            await stream.next(60)
    assert len(await pushes(two, 5)) >= 4


async def test_a_reboot_closes_websockets(fake: P1Fake, two: V2Client) -> None:
    async with two.stream("measurement") as stream:
        await fake.reboot()
        with pytest.raises(DeviceUnreachable, match="closed"):
            await last_of(stream)
    assert len(await pushes(two, 5)) >= 4


async def test_a_dropped_connection_is_made_again(fake: P1Fake, one: V1Client) -> None:
    await one.data()
    fake.drop()
    await one.data()
    assert one.transport.connections == 2


async def test_after_a_move_it_is_somewhere_else_and_the_same(fake: P1Fake, clock: Clock, pairing: Pairing) -> None:
    before = fake.http_port, fake.https_port
    await fake.move()
    assert before != (fake.http_port, fake.https_port)
    async with connect_v2(fake.host, pairing, clock, port=fake.https_port) as client:
        assert (await client.device()).serial == fake.serial


async def test_leaving_closes_every_socket(clock: Clock) -> None:
    async with P1Fake(House(Steps(1.0), Steps(0.0), {}), clock) as fake:
        ports = fake.http_port, fake.https_port
    async with aiohttp.ClientSession() as session:
        for port in ports:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"http://127.0.0.1:{port}/api")


@pytest.mark.parametrize("babble", ["not_a_number", "text_for_number", "true_for_number"])
@pytest.mark.parametrize("name", ["power_w", "active_power_w"])
def test_babble_touches_the_power_and_leaves_the_rest(babble: Babble, name: str) -> None:
    body = babbled(babble, {name: 5, "tariff": 1})[1]
    tamed = body.replace(b"NaN", b"0").replace(b"true", b"0").replace(b'"250"', b"0")
    assert orjson.loads(tamed) == {name: 0, "tariff": 1}


def test_babble_fits_a_pushed_message_too() -> None:
    body = babbled("not_a_number", {"type": "measurement", "data": {"power_w": 5, "tariff": 1}})[1]
    assert orjson.loads(body.replace(b"NaN", b"0")) == {"type": "measurement", "data": {"power_w": 0, "tariff": 1}}

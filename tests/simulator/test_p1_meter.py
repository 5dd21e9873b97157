"""The fake dongle behaves as the vendor's documentation says, on real sockets, and can be broken on purpose."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest

from common.clock import Clock
from common.homewizard.tls import shown_leaf
from services.simulator.p1_meter import SERIAL, BatteryGroup, P1Fake
from services.simulator.p1_meter.dsmr import crc16, telegram_text
from services.simulator.p1_meter.payloads import v1_data, v2_measurement
from services.simulator.physics import House, Noise, Steps

V2 = {"X-Api-Version": "2"}


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[P1Fake]:
    """A dongle on a restless house."""
    async with P1Fake(House(Noise(Steps(750.0), 50.0), Steps(0.0), {}), clock) as fake:
        yield fake


class Caller:
    """Anybody on the network, without any client of ours."""

    def __init__(self, fake: P1Fake, session: aiohttp.ClientSession) -> None:
        self._fake = fake
        self._session = session
        self.token = ""

    async def v1(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        """Ask over HTTP."""
        url = f"http://{self._fake.host}:{self._fake.http_port}{path}"
        async with self._session.request(method, url) as response:
            return response.status, await response.read()

    async def v2(self, path: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, bytes]:
        """Ask over HTTPS, with the token if there is one."""
        url = f"https://{self._fake.host}:{self._fake.https_port}{path}"
        known = {**V2, **({"Authorization": f"Bearer {self.token}"} if self.token else {}), **headers}
        async with self._session.request(method, url, headers=known, json=body, ssl=False) as response:
            return response.status, await response.read()

    async def pair(self, name: str = "local/test") -> None:
        """Press the button and get a token."""
        self._fake.press_button()
        self.token = orjson.loads((await self.v2("/api/user", "POST", {"name": name}))[1])["token"]

    async def websocket(self) -> aiohttp.ClientWebSocketResponse:
        """Open the websocket."""
        return await self._session.ws_connect(f"wss://{self._fake.host}:{self._fake.https_port}/api/ws", ssl=False)


@pytest.fixture
async def caller(fake: P1Fake) -> AsyncIterator[Caller]:
    """A stranger on the network."""
    async with aiohttp.ClientSession() as session:
        yield Caller(fake, session)


async def test_v1_answers_without_being_asked_who_we_are(fake: P1Fake, caller: Caller) -> None:
    status, body = await caller.v1("/api")
    assert (status, orjson.loads(body)["serial"]) == (200, SERIAL)
    data = orjson.loads((await caller.v1("/api/v1/data"))[1])
    assert data["active_power_w"] == fake.telegram.power_w
    assert orjson.loads((await caller.v1("/api/v1/identify", "PUT"))[1]) == {"identify": "ok"}
    assert orjson.loads((await caller.v1("/api/v1/system"))[1]) == {"cloud_enabled": True}
    assert (await caller.v1("/api/v1/state"))[0] == 404


async def test_v1_can_be_switched_off(fake: P1Fake, caller: Caller) -> None:
    fake.faults.api_off = True
    status, body = await caller.v1("/api")
    assert (status, orjson.loads(body)["error"]["id"]) == (403, 202)


async def test_v2_wants_a_token_and_a_version(fake: P1Fake, caller: Caller) -> None:
    assert await caller.v2("/api") == (401, b'{"error":"user:unauthorized"}')
    await caller.pair()
    assert orjson.loads((await caller.v2("/api"))[1])["product_type"] == "HWE-P1"
    assert (await caller.v2("/api", **{"X-Api-Version": "9"}))[0] == 400
    assert len(fake.journal.of("auth_failure")) == 1


async def test_a_token_is_given_for_thirty_seconds_after_the_button(fake: P1Fake, caller: Caller, clock: Clock) -> None:
    refused = (403, b'{"error":"user:creation-not-enabled"}')
    assert await caller.v2("/api/user", "POST", {"name": "local/one"}) == refused
    fake.press_button()
    await clock.sleep(29)
    assert (await caller.v2("/api/user", "POST", {"name": "local/one"}))[0] == 200
    await clock.sleep(2)
    assert await caller.v2("/api/user", "POST", {"name": "local/two"}) == refused


@pytest.mark.parametrize(
    "body", [{"name": "cloud/x"}, {"name": "local/"}, {"name": "local/" + "x" * 41}, {"name": 5}, {}, [1]]
)
async def test_a_bad_name_gets_no_token(fake: P1Fake, caller: Caller, body: object) -> None:
    fake.press_button()
    assert await caller.v2("/api/user", "POST", body) == (400, b'{"error":"user:name-invalid"}')


async def test_users_are_listed_and_removed(caller: Caller) -> None:
    await caller.pair("local/one")
    assert orjson.loads((await caller.v2("/api/user"))[1]) == [{"name": "local/one", "current": True}]
    assert (await caller.v2("/api/user", "DELETE", {"name": "local/two"}))[0] == 404
    assert (await caller.v2("/api/user", "DELETE", {"name": "local/one"}))[0] == 204
    assert (await caller.v2("/api"))[0] == 401


async def test_a_reboot_begins_uptime_anew_and_keeps_tokens(fake: P1Fake, caller: Caller, clock: Clock) -> None:
    await caller.pair()
    await clock.sleep(50)
    assert orjson.loads((await caller.v2("/api/system"))[1])["uptime_s"] == 50
    assert (await caller.v2("/api/system/reboot", "PUT"))[0] == 204
    assert orjson.loads((await caller.v2("/api/system"))[1])["uptime_s"] == 0


async def test_batteries_are_there_if_the_owner_has_any(fake: P1Fake, caller: Caller) -> None:
    await caller.pair()
    assert (await caller.v2("/api/batteries"))[0] == 404
    assert (await caller.v2("/api/batteries", "PUT", {"mode": "zero"}))[0] == 404
    fake.batteries = BatteryGroup(battery_count=2)
    told = orjson.loads((await caller.v2("/api/batteries"))[1])
    assert (told["mode"], told["max_production_w"]) == ("zero", 1600)


@pytest.mark.parametrize(
    ("values", "mode", "permissions"),
    [
        ({"mode": "standby"}, "standby", 0),
        ({"permissions": []}, "standby", 0),
        ({"permissions": ["charge_allowed"]}, "zero", 1),
        ({"mode": "to_full"}, "to_full", 2),
        ({"mode": "zero", "permissions": ["discharge_allowed"]}, "zero", 1),
    ],
)
async def test_batteries_are_gated_not_dosed(
    fake: P1Fake, caller: Caller, values: object, mode: str, permissions: int
) -> None:
    await caller.pair()
    fake.batteries = BatteryGroup()
    status, body = await caller.v2("/api/batteries", "PUT", values)
    told = orjson.loads(body)
    assert (status, told["mode"], len(told["permissions"])) == (200, mode, permissions)
    assert orjson.loads((await caller.v2("/api/batteries"))[1]) == told


@pytest.mark.parametrize(
    "values", [{"mode": "predict"}, {"mode": 1}, {"permissions": ["fly"]}, {"mode": "to_full", "permissions": []}]
)
async def test_batteries_refuse_what_they_do_not_know(fake: P1Fake, caller: Caller, values: object) -> None:
    await caller.pair()
    fake.batteries = BatteryGroup()
    assert (await caller.v2("/api/batteries", "PUT", values))[0] == 400
    assert fake.batteries == BatteryGroup()


def test_batteries_in_standby_wake_up_with_every_permission() -> None:
    asleep = BatteryGroup(mode="standby", permissions=())
    assert asleep.changed({"mode": "zero"}) == BatteryGroup()


async def test_the_websocket_follows_the_vendors_protocol(fake: P1Fake, caller: Caller, clock: Clock) -> None:
    await caller.pair()
    socket = await caller.websocket()
    assert (await socket.receive_json())["type"] == "authorization_requested"
    await socket.send_json({"type": "authorization", "data": caller.token})
    assert await socket.receive_json() == {"type": "authorized"}
    await socket.send_json({"type": "subscribe", "data": "measurement"})
    pushed = [await socket.receive_json() for _ in range(4)]
    assert {message["type"] for message in pushed} == {"measurement"}
    await socket.send_json({"type": "unsubscribe", "data": "measurement"})
    await socket.send_json({"type": "system"})
    assert (await socket.receive_json())["type"] == "system"
    await socket.send_json({"type": "weather"})
    assert await socket.receive_json() == {"type": "error", "data": {"message": "request:unknown-type"}}
    await socket.close()
    await clock.sleep(1)
    assert fake.open_streams == 0


async def test_pushes_come_a_moment_after_each_telegram(fake: P1Fake, caller: Caller, clock: Clock) -> None:
    await caller.pair()
    socket = await caller.websocket()
    await socket.receive_json()
    await socket.send_json({"type": "authorization", "data": caller.token})
    await socket.send_json({"type": "subscribe", "data": "measurement"})
    await clock.sleep(60)
    await socket.close()
    late = [push.at_s - int(push.at_s) for push in fake.journal.of("push")[1:]]
    assert len(late) >= 58
    assert 0.1 <= min(late) < 0.15
    assert 0.25 < max(late) <= 0.3


async def test_a_wrong_token_on_the_websocket_is_an_error(fake: P1Fake, caller: Caller) -> None:
    socket = await caller.websocket()
    await socket.receive_json()
    await socket.send_json({"type": "authorization", "data": "WRONG"})
    assert await socket.receive_json() == {"type": "error", "data": {"message": "user:unauthorized"}}
    assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert len(fake.journal.of("auth_failure")) == 1


async def test_who_does_not_authorise_is_dropped_after_forty_seconds(caller: Caller, clock: Clock) -> None:
    socket = await caller.websocket()
    await socket.receive_json()
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert clock.monotonic() == pytest.approx(40, abs=1)


async def test_a_replaced_certificate_is_shown_in_the_next_handshake(fake: P1Fake, clock: Clock) -> None:
    before = await shown_leaf(fake.host, fake.https_port, clock)
    assert before == fake.certificate.der
    fake.replace_certificate()
    after = await shown_leaf(fake.host, fake.https_port, clock)
    assert after == fake.certificate.der != before


async def test_a_frozen_meter_says_the_same_again(fake: P1Fake, caller: Caller, clock: Clock) -> None:
    fake.faults.frozen = True
    before = (await caller.v1("/api/v1/telegram"))[1]
    await clock.sleep(5)
    assert (await caller.v1("/api/v1/telegram"))[1] == before
    fake.faults.frozen = False
    await clock.sleep(2)
    assert (await caller.v1("/api/v1/telegram"))[1] != before


@pytest.mark.parametrize("period_s", [1.0, 10.0, 60.0])
async def test_telegrams_come_each_period(fake: P1Fake, clock: Clock, period_s: float) -> None:
    await clock.sleep(1.5)
    fake.period_s = period_s
    await clock.sleep(2.5)
    seen = set()
    for _ in range(round(3 * period_s)):
        await clock.sleep(1)
        seen.add(fake.telegram.at)
    assert 3 <= len(seen) <= 4


async def test_a_cable_that_is_out_leaves_nothing_to_tell(fake: P1Fake, caller: Caller) -> None:
    await caller.pair()
    fake.faults.no_telegram = True
    assert await caller.v2("/api/telegram") == (503, b"telegram:no-telegram-received")
    assert await caller.v2("/api/measurement") == (200, b"{}")
    assert await caller.v1("/api/v1/telegram") == (200, b"")
    assert b"power" not in (await caller.v1("/api/v1/data"))[1]


@pytest.mark.parametrize(
    ("babble", "body"),
    [("html", b"<html>"), ("not_a_number", b'{"active_power_w":NaN,'), ("true_for_number", b'{"active_power_w":true,'),
     ("text_for_number", b'{"active_power_w":"250",'), ("nothing", b"")],
)  # fmt: skip
async def test_nonsense_can_be_had(fake: P1Fake, caller: Caller, babble: str, body: bytes) -> None:
    setattr(fake.faults, "babble", babble)  # noqa: B010  # a parameter is no literal type
    assert (await caller.v1("/api/v1/data"))[1].startswith(body)


async def test_an_unplugged_dongle_is_gone_and_comes_back_at_the_same_place(fake: P1Fake, caller: Caller) -> None:
    ports = (fake.http_port, fake.https_port)
    await fake.unplug()
    with pytest.raises(aiohttp.ClientConnectorError):
        await caller.v1("/api")
    await fake.plug_in()
    assert (fake.http_port, fake.https_port) == ports
    assert (await caller.v1("/api"))[0] == 200


async def test_the_journal_knows_what_was_asked_and_when(fake: P1Fake, caller: Caller, clock: Clock) -> None:
    await clock.sleep(3)
    await caller.v1("/api/v1/data")
    [entry] = fake.journal.of("request", "GET /api/v1/data")
    assert (entry.status, entry.at_s) == (200, clock.monotonic())


async def test_two_fakes_on_one_house_agree(clock: Clock) -> None:
    """The house moves on for whoever looks first; nobody gets a share of it twice."""
    house = House(Steps(400.0, [(30.0, 1400.0)]), Steps(0.0), {})
    async with P1Fake(house, clock) as one:
        await clock.sleep(10)
        async with P1Fake(house, clock, serial="ffeeddccbbaa") as other:
            await clock.sleep(40)
            assert one.telegram.power_w == other.telegram.power_w == 1400
            assert house.time_s == pytest.approx(clock.monotonic(), abs=1)


def test_the_checksum_is_the_one_of_the_standard() -> None:
    """CRC-16/ARC of "123456789" is BB3D."""
    assert crc16(b"123456789") == 0xBB3D


async def test_the_raw_telegram_is_well_formed(fake: P1Fake) -> None:
    text = telegram_text(fake.telegram)
    body, _, checksum = text.partition("!")
    assert text.startswith("/")
    assert text.endswith("\r\n")
    assert int(checksum.strip(), 16) == crc16(f"{body}!".encode())
    assert f"({fake.telegram.import_wh[0] / 1000:010.3f}*kWh)" in body


async def test_its_payloads_have_the_fields_of_recorded_ones(fake: P1Fake, shared: Path) -> None:
    """A field the real dongle does not send would let a client pass that fails in the field."""
    folder = shared / "protocols/samples/homewizard"
    v1: set[str] = set()
    for path in folder.glob("v1_data_p1*.json"):
        v1 |= orjson.loads(path.read_bytes()).keys()
    v2 = orjson.loads((folder / "v2_measurement_p1_3phase.json").read_bytes()).keys()
    assert v1_data(fake.telegram).keys() <= v1
    voltages = {f"voltage_l{phase}_v" for phase in (1, 2, 3)}
    assert v2_measurement(fake.telegram).keys() - voltages <= v2

"""Simulated sockets, meters and batteries behave as the fact sheet says, on real sockets, and can be broken."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.homewizard import (
    PLUG_IN,
    BatteryFake,
    KwhFake,
    Pool,
    SocketFake,
    WaterFake,
    of_load,
    of_production,
)
from services.simulator.homewizard.appliance import ApplianceFake
from services.simulator.homewizard.payloads import Hardware
from services.simulator.p1_meter import BatteryGroup
from services.simulator.physics import Battery, House, PlainAppliance, Steps, SwitchedLoad

STATE = "/api/v1/state"


class Scene:
    """A house with a pump behind a socket, sun on the roof and two batteries; and anybody on its network."""

    def __init__(self, clock: Clock, session: aiohttp.ClientSession) -> None:
        self.clock = clock
        self.pump = SwitchedLoad(PlainAppliance(600))
        self.cells = {name: Battery(PLUG_IN, 50) for name in ("left", "right")}
        self.house = ClockedHouse(House(Steps(300), Steps(1000), self.cells, {"pump": self.pump}), clock)
        self._session = session

    async def ask(self, fake: ApplianceFake, path: str, values: object = None) -> tuple[int, bytes]:
        """GET, or PUT of values, over HTTP."""
        url = f"http://{fake.host}:{fake.http_port}{path}"
        async with self._session.request("GET" if values is None else "PUT", url, json=values) as response:
            return response.status, await response.read()

    async def json(self, fake: ApplianceFake, path: str) -> dict[str, object]:
        """What it tells there."""
        told = orjson.loads((await self.ask(fake, path))[1])
        assert isinstance(told, dict)
        return told

    async def secure(self, fake: ApplianceFake, path: str, values: object = None) -> tuple[int, bytes]:
        """The same over HTTPS with a fresh token."""
        base = f"https://{fake.host}:{fake.https_port}"
        fake.press_button()
        async with self._session.post(f"{base}/api/user", json={"name": "local/test"}, ssl=False) as response:
            token = orjson.loads(await response.read())["token"]
        headers = {"Authorization": f"Bearer {token}", "X-Api-Version": "2"}
        method = "GET" if values is None else "PUT"
        async with self._session.request(method, base + path, json=values, headers=headers, ssl=False) as response:
            return response.status, await response.read()


@pytest.fixture
async def scene(clock: Clock) -> AsyncIterator[Scene]:
    """The house."""
    async with aiohttp.ClientSession() as session:
        yield Scene(clock, session)


@pytest.fixture
async def socket(scene: Scene) -> AsyncIterator[SocketFake]:
    """The socket of the pump."""
    async with SocketFake(scene.pump, scene.house, scene.clock) as fake:
        yield fake


async def test_a_socket_switches_what_hangs_behind_it(scene: Scene, socket: SocketFake) -> None:
    assert (await scene.json(socket, "/api/v1/data"))["active_power_w"] == 0
    assert await scene.ask(socket, STATE, {"power_on": True}) == (200, b'{"power_on":true}')
    await scene.clock.sleep(360)
    data = await scene.json(socket, "/api/v1/data")
    assert (data["active_power_w"], data["total_power_import_kwh"]) == (600, pytest.approx(0.06, abs=0.001))
    assert scene.house.house.grid_w != -700  # the batteries do what they do
    assert [entry.detail for entry in socket.journal.of("switched")] == ["on by api"]


async def test_a_locked_socket_is_on_and_refuses_to_leave_that(scene: Scene, socket: SocketFake) -> None:
    socket.lock()
    status, body = await scene.ask(socket, STATE, {"power_on": False})
    assert (status, orjson.loads(body)["error"]["id"]) == (400, 8)
    socket.press()
    assert await scene.json(socket, STATE) == {"power_on": True, "switch_lock": True, "brightness": 255}
    assert (await scene.ask(socket, STATE, {"power_on": False, "switch_lock": False}))[0] == 200
    assert not socket.is_on


@pytest.mark.parametrize(
    ("values", "number"),
    [({"power_on": 1}, 7), ({"brightness": 256}, 7), ({"power_on": False, "switch_lock": True}, 8)],
)
async def test_a_socket_refuses_what_makes_no_sense(
    scene: Scene, socket: SocketFake, values: object, number: int
) -> None:
    status, body = await scene.ask(socket, STATE, values)
    assert (status, orjson.loads(body)["error"]["id"]) == (400, number)


async def test_a_stuck_relay_says_yes_and_stays(scene: Scene, socket: SocketFake) -> None:
    socket.is_stuck = True
    assert (await scene.ask(socket, STATE, {"power_on": True}))[0] == 200
    assert (await scene.json(socket, STATE))["power_on"] is False


async def test_what_a_device_does_not_have_is_404(scene: Scene, socket: SocketFake) -> None:
    assert (await scene.ask(socket, "/api/v1/telegram"))[0] == 404
    assert await scene.ask(socket, "/api/v1/identify", {}) == (200, b'{"identify":"ok"}')
    socket.faults.api_off = True
    assert (await scene.ask(socket, STATE))[0] == 403


async def test_a_meter_before_the_roof_shows_production_as_export(scene: Scene) -> None:
    async with KwhFake(of_production(scene.house), scene.clock, phases=3) as fake:
        await scene.clock.sleep(3600)
        data = await scene.json(fake, "/api/v1/data")
        assert data["active_power_w"] == -1000
        assert data["total_power_export_kwh"] == pytest.approx(1.0, abs=0.01)
        told = orjson.loads((await scene.secure(fake, "/api/measurement"))[1])
        assert (told["power_w"], told["power_l1_w"]) == (-1000, -400)
        assert (await scene.secure(fake, "/api/batteries"))[0] == 404


async def test_a_meter_before_a_load_shows_its_consumption(scene: Scene) -> None:
    scene.pump.is_on = True
    async with KwhFake(of_load(scene.house, scene.pump), scene.clock) as fake:
        await scene.clock.sleep(1)
        assert (await scene.json(fake, "/api/v1/data"))["active_power_w"] == 600


async def test_water_is_counted_while_the_tap_is_open(scene: Scene) -> None:
    async with WaterFake(scene.clock) as fake:
        before = fake.total_m3
        fake.open_tap(12)
        await scene.clock.sleep(600)
        fake.open_tap(0)
        await scene.clock.sleep(600)
        data = await scene.json(fake, "/api/v1/data")
        assert data["total_liter_m3"] == pytest.approx(before + 0.12, abs=0.001)


async def test_a_battery_tells_its_own_power_and_knows_no_group(scene: Scene) -> None:
    Pool(list(scene.cells.values()))
    async with BatteryFake(scene.cells["left"], scene.house, scene.clock) as fake:
        await scene.clock.sleep(60)
        told = orjson.loads((await scene.secure(fake, "/api/measurement"))[1])
        assert told["power_w"] == pytest.approx(350, abs=5)  # half of what the sun leaves
        assert told["state_of_charge_pct"] > 50
        assert (await scene.secure(fake, "/api/batteries"))[0] == 404


async def grouped(scene: Scene, version: str) -> KwhFake:
    """A meter that steers both batteries."""
    fake = KwhFake(of_production(scene.house), scene.clock)
    fake.core.api_version = version
    fake.batteries = BatteryGroup(battery_count=2, cells=Pool(list(scene.cells.values())))
    return fake


async def power_w(scene: Scene) -> float:
    """What both batteries do a minute later."""
    await scene.clock.sleep(60)
    scene.house.catch_up()
    return sum(battery.power_w for battery in scene.cells.values())


async def test_permissions_decide_what_the_batteries_do(scene: Scene) -> None:
    async with await grouped(scene, "2.2.0") as fake:
        assert await power_w(scene) == pytest.approx(700, abs=10)
        await scene.secure(fake, "/api/batteries", {"mode": "zero", "permissions": ["discharge_allowed"]})
        assert await power_w(scene) == 0
        await scene.secure(fake, "/api/batteries", {"mode": "zero", "permissions": []})
        assert orjson.loads((await scene.secure(fake, "/api/batteries"))[1])["mode"] == "standby"
        await scene.secure(fake, "/api/batteries", {"mode": "to_full"})
        assert await power_w(scene) == 1600


async def test_charging_to_full_ends_by_itself(scene: Scene) -> None:
    async with await grouped(scene, "2.3.0") as fake:
        status, body = await scene.secure(fake, "/api/batteries", {"charge_to_full": True})
        assert (status, orjson.loads(body)["charge_to_full"]) == (200, True)
        await scene.clock.sleep(4 * 3600)
        scene.house.catch_up()
        told = orjson.loads((await scene.secure(fake, "/api/batteries"))[1])
        assert (told["mode"], told["charge_to_full"]) == ("zero", False)


@pytest.mark.parametrize(
    ("version", "values"),
    [
        ("2.1.0", {"permissions": []}),
        ("2.1.0", {"charge_to_full": True}),
        ("2.2.0", {"charge_to_full": True}),
        ("2.2.0", {"mode": "predictive"}),
        ("2.3.0", {"charge_to_full": 1}),
        ("2.3.0", {"mode": "to_full", "permissions": []}),
    ],
)
async def test_an_older_api_refuses_what_came_later(scene: Scene, version: str, values: object) -> None:
    async with await grouped(scene, version) as fake:
        assert (await scene.secure(fake, "/api/batteries", values))[0] == 400


@pytest.mark.parametrize(("version", "keys"), [("2.1.0", 5), ("2.2.0", 7), ("2.3.0", 8)])
async def test_each_api_tells_as_much_of_a_group_as_it_knows(scene: Scene, version: str, keys: int) -> None:
    async with await grouped(scene, version) as fake:
        assert len(orjson.loads((await scene.secure(fake, "/api/batteries"))[1])) == keys


SAMPLES: dict[str, Hardware] = {
    "v1_data_skt_11": "11", "v1_data_skt_21": "21", "v1_data_skt_old_firmware": "old",
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_socket_tells_what_its_hardware_tells(scene: Scene, shared: Path, name: str) -> None:
    recorded = orjson.loads((shared / "protocols" / "samples" / "homewizard" / f"{name}.json").read_bytes())

    fake = SocketFake(scene.pump, scene.house, scene.clock, hardware=SAMPLES[name])
    async with fake:
        assert set(await scene.json(fake, "/api/v1/data")) == set(recorded)

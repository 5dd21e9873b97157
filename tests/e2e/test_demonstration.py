"""The file of the demonstration in containers, on loopback: its simulated sockets and meters are read, not switched."""

import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import orjson
import pytest

from common.clock import SystemClock
from services.cli.ports import free_port
from tests.brokers import Broker
from tests.guests import Heard, guest
from tests.outside import process

ROOT = Path(__file__).parents[2]
RATE = 10
ORDER = "order: [pool_pump]\n  devices: {pool_pump: {want: surplus, power_w: 800}}"
TAKE = """\
domoticz:
  take: [{idx: 22, setting: force_minutes/pool_pump, kind: switch, when_on: "60", when_off: "0"}]
"""


def on_loopback(broker: Broker, folder: Path) -> Path:
    """The same house, with addresses of this machine and ports that are free."""
    text = (ROOT / "services" / "simulator" / "demo.yaml").read_text()
    text = re.sub(r"^mqtt: .*$", f"mqtt: {{host: 127.0.0.1, port: {broker.port}}}", text, flags=re.MULTILINE)
    text = re.sub(r"host: (simulator|0\.0\.0\.0)", "host: 127.0.0.1", text)
    ports = {number: str(free_port()) for number in set(re.findall(r"port: (\d{4,5})\b", text)) - {str(broker.port)}}
    text = re.sub(r"(?<=port: )(\d{4,5})\b", lambda found: ports.get(found[1], found[1]), text)
    file = folder / "ballast.yaml"
    file.write_text(text)
    return file


def of(device: str) -> Callable[[Heard], bool]:
    """Whether a message is this device's state."""
    return lambda heard: heard.topic == f"ems/{device}/state"


@pytest.mark.e2e
@pytest.mark.real_time
async def test_the_demonstrations_sockets_and_roof_are_read(broker: Broker, tmp_path: Path) -> None:
    epoch_ms = SystemClock().wall_ms()
    config = on_loopback(broker, tmp_path)
    async with (
        guest(broker.settings, "ems/+/+/state") as witness,
        process("simulator", config, rate=RATE, epoch_ms=epoch_ms),
        process("homewizard", config, rate=RATE, epoch_ms=epoch_ms),
    ):
        heater = orjson.loads((await witness.hears(of("switch/water_heater"))).payload)
        bike = orjson.loads((await witness.hears(of("switch/ebike"))).payload)
        roof = orjson.loads((await witness.hears(of("pv/roof"))).payload)
    assert (heater["on"], bike["on"]) == (False, False)
    assert roof["production_w"] > 100


@pytest.mark.e2e
@pytest.mark.real_time
async def test_the_demonstrations_relays_are_read_and_domoticz_is_told(broker: Broker, tmp_path: Path) -> None:
    epoch_ms = SystemClock().wall_ms()
    config = on_loopback(broker, tmp_path)
    async with (
        guest(broker.settings, "ems/+/+/state", "domoticz/in") as witness,
        process("simulator", config, rate=RATE, epoch_ms=epoch_ms),
        process("relay", config, rate=RATE, epoch_ms=epoch_ms),
        process("domoticz", config, rate=RATE, epoch_ms=epoch_ms),
        process("p1", config, rate=RATE, epoch_ms=epoch_ms),
    ):
        for name in ("pool_pump", "towel_rail", "dehumidifier"):
            state = orjson.loads((await witness.hears(of(f"switch/{name}"))).payload)
            assert (state["on"], state["quality"]) == (False, "good")
        told = orjson.loads((await witness.hears(lambda heard: b'"idx":12' in heard.payload)).payload)
    assert told["svalue"].count(";") == 5


@pytest.mark.e2e
@pytest.mark.real_time
async def test_a_switch_of_domoticz_forces_a_relay_on(broker: Broker, tmp_path: Path) -> None:
    """From its page to the relay and back: domoticz asks, the balancer grants and orders, the relay obeys."""
    epoch_ms = SystemClock().wall_ms()
    config = on_loopback(broker, tmp_path)
    text = config.read_text().replace("order: [garage_battery, cellar_battery]", ORDER)
    config.write_text(text.replace("domoticz:\n", TAKE))
    names = ("simulator", "relay", "domoticz", "p1", "balancer")
    async with AsyncExitStack() as stack:
        witness = await stack.enter_async_context(guest(broker.settings, "ems/#"))
        for name in names:
            await stack.enter_async_context(process(name, config, rate=RATE, epoch_ms=epoch_ms))
        await witness.hears(of("switch/pool_pump"))
        await witness.hears(lambda heard: heard.topic == "ems/balancer/main/decision/pool_pump")
        await witness.say("domoticz/out", orjson.dumps({"idx": 22, "nvalue": 1, "svalue1": ""}))
        await witness.hears(lambda heard: of("switch/pool_pump")(heard) and orjson.loads(heard.payload)["on"])
        forced = "ems/balancer/main/setting/force_minutes/pool_pump"
        await witness.hears(lambda heard: heard.topic == forced and heard.payload == b"60")


@pytest.mark.e2e
@pytest.mark.real_time
async def test_the_demonstrations_annex_is_read_and_balances_by_itself(broker: Broker, tmp_path: Path) -> None:
    """At whatever hour this runs: from ten in the evening its schedule may be at work."""
    epoch_ms = SystemClock().wall_ms()
    config = on_loopback(broker, tmp_path)
    async with (
        guest(broker.settings, "ems/+/+/state", "ems/battery/+/info") as witness,
        process("simulator", config, rate=RATE, epoch_ms=epoch_ms),
        process("victron", config, rate=RATE, epoch_ms=epoch_ms) as bridge,
    ):
        info = await witness.hears(lambda heard: heard.topic == "ems/battery/annex_battery/info")
        assert "reserve" in orjson.loads(info.payload)["capabilities"]
        battery = orjson.loads((await witness.hears(of("battery/annex_battery"))).payload)
        assert battery["mode"] in ("self_consumption", "schedule")
        assert battery["schedule_on"] is True
        for device in ("meter/annex_meter", "pv/annex_roof", "switch/annex_backup"):
            await witness.hears(of(device))
        bridge.terminate()
        assert await bridge.wait() == 0

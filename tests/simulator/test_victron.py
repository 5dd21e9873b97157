"""The simulated GX behaves as the real one does: silent without a keepalive, mute about refusals, alive by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import Battery, BatteryModel, House, Steps
from services.simulator.victron import PORTAL, GxFake, Program
from services.simulator.victron import packets as mqtt
from services.simulator.victron.dbus import SETTINGS, Dbus
from services.simulator.victron.ess import Ess
from services.simulator.victron.installation import FLOOR, MINIMUM, STATE, installation, slot

PARIS = ZoneInfo("Europe/Paris")
SETPOINT = "hub4/0/Overrides/Setpoint"
RELAY = "system/0/Relay/0/State"


def ess(soc_pct: float = 60.0) -> Ess:
    """An ESS that no clock drives."""
    return Ess(Dbus(installation()), Battery(BatteryModel(capacity_wh=10_000, max_charge_w=4000), soc_pct))


def at(local: str) -> datetime:
    """An instant in Paris."""
    return datetime.fromisoformat(local).replace(tzinfo=PARIS)


class Listener:
    """Somebody on the GX's broker, without one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.heard: list[tuple[str, bytes]] = []
        battery = Battery(BatteryModel(), 60)
        house = ClockedHouse(House(Steps(500), Steps(300), {"battery": battery}), clock)
        self.gx = Program(house, battery, clock, PARIS, lambda topic, payload: self.heard.append((topic, payload)))
        self._life = asyncio.create_task(self.gx.run())

    async def leave(self) -> None:
        """Switch it off."""
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)

    def say(self, topic: str, payload: str = "") -> None:
        """Tell it something."""
        self.gx.hear(topic, payload.encode())

    def write(self, path: str, value: object) -> None:
        """Write a value."""
        self.say(f"W/{PORTAL}/{path}", orjson.dumps({"value": value}).decode())

    def since(self, count: int) -> dict[str, object]:
        """What was said after the first `count` words: the newest of each path."""
        return {
            topic.removeprefix(f"N/{PORTAL}/"): orjson.loads(payload) if payload else None
            for topic, payload in self.heard[count:]
        }


@pytest.fixture
async def listener(clock: Clock) -> AsyncIterator[Listener]:
    """Somebody who listens to a GX."""
    there = Listener(clock)
    yield there
    await there.leave()


@pytest.mark.virtual
async def test_without_a_keepalive_it_says_nothing_and_after_one_it_goes_on_for_a_minute(listener: Listener) -> None:
    await listener.clock.sleep(30)
    assert listener.heard == []
    listener.say(f"R/{PORTAL}/keepalive")
    assert len(listener.heard) > 60
    assert listener.heard[-1][0] == f"N/{PORTAL}/full_publish_completed"
    await listener.clock.sleep(59)
    count = len(listener.heard)
    assert sum(topic.endswith("/heartbeat") for topic, _ in listener.heard) >= 19
    await listener.clock.sleep(60)
    assert len(listener.heard) - count <= 3


@pytest.mark.virtual
async def test_a_suppressed_keepalive_repeats_nothing_and_a_nonce_comes_back(listener: Listener) -> None:
    listener.say(f"R/{PORTAL}/keepalive", '{"keepalive-options":[{"full-publish-completed-echo":"abc"}]}')
    assert orjson.loads(listener.heard[-1][1])["full-publish-completed-echo"] == "abc"
    count = len(listener.heard)
    listener.say(f"R/{PORTAL}/keepalive", '{"keepalive-options":["suppress-republish"]}')
    assert len(listener.heard) == count


@pytest.mark.virtual
async def test_a_read_says_a_leaf_or_all_below_a_path(listener: Listener) -> None:
    listener.say(f"R/{PORTAL}/keepalive")
    count = len(listener.heard)
    listener.say(f"R/{PORTAL}/{slot(0, 'Soc')}")
    assert listener.since(count) == {slot(0, "Soc"): {"max": 100, "min": 0, "value": 80}}
    listener.say(f"R/{PORTAL}/{slot(0, 'Soc').removesuffix('/Soc')}")
    assert len(listener.since(count)) == 5


@pytest.mark.virtual
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (MINIMUM, 120),
        (MINIMUM, None),
        (MINIMUM, 20),
        (f"{SETTINGS}CGwacs/DoesNotExist", 1),
        ("system/0/Relay/1/State", 1),
        ("system/0/Dc/Battery/Soc", 100),
        (RELAY, 2),
        (MINIMUM, True),
    ],
)
async def test_what_it_does_not_take_it_refuses_without_a_word(listener: Listener, path: str, value: object) -> None:
    listener.say(f"R/{PORTAL}/keepalive")
    await listener.clock.sleep(1)
    count = len(listener.heard)
    listener.write(path, value)
    assert path not in listener.since(count)
    assert listener.gx.dbus.flash.changes == 0


@pytest.mark.virtual
async def test_bad_words_and_another_portals_are_nothing(listener: Listener) -> None:
    for topic, payload in ((f"W/{PORTAL}/{MINIMUM}", "30"), (f"W/aaaaaaaaaaaa/{MINIMUM}", '{"value":30}'), ("W", "")):
        listener.say(topic, payload)
    assert listener.gx.dbus[MINIMUM] == 20


@pytest.mark.virtual
async def test_settings_wear_its_flash_in_bursts_and_overrides_do_not(listener: Listener) -> None:
    flash = listener.gx.dbus.flash
    listener.write(SETPOINT, 1500)
    assert (flash.changes, listener.gx.dbus[SETPOINT]) == (0, 1500)
    listener.write(MINIMUM, 25)
    listener.write(slot(0, "Soc"), 80.9)  # cut to 80, which it has
    listener.write(slot(0, "Soc"), 95)
    assert (flash.changes, flash.writes) == (2, 1)
    await listener.clock.sleep(3)
    listener.write(RELAY, 1)
    assert (flash.changes, flash.writes) == (4, 2)  # the relay, and where it stands after a restart


@pytest.mark.virtual
async def test_an_override_lapses_and_a_restart_forgets_it(listener: Listener) -> None:
    listener.write(SETPOINT, 1500)
    await listener.clock.sleep(59)
    assert listener.gx.dbus[SETPOINT] == 1500
    await listener.clock.sleep(3)
    assert listener.gx.dbus[SETPOINT] is None
    listener.write(SETPOINT, 1500)
    listener.write(MINIMUM, 25)
    listener.gx.restart()
    assert (listener.gx.dbus[SETPOINT], listener.gx.dbus[MINIMUM]) == (None, 25)


@pytest.mark.virtual
async def test_a_device_that_goes_leaves_empty_words(listener: Listener) -> None:
    listener.say(f"R/{PORTAL}/keepalive")
    count = len(listener.heard)
    listener.gx.lose("pvinverter/36")
    assert listener.since(count)["pvinverter/36/Ac/Power"] is None
    await listener.clock.sleep(2)
    assert listener.since(count)["system/0/Ac/PvOnGrid/L1/Power"] == {"value": None}


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-20T21:59:59", False),
        ("2026-11-20T22:00:00", True),
        ("2026-11-21T05:59:59", True),
        ("2026-11-21T06:00:00", False),
        ("2026-10-25T05:59:59", True),  # the night in which the clocks go back
        ("2026-03-29T05:59:59", True),
    ],
)
def test_a_schedule_goes_by_the_clock_on_the_wall(local: str, is_open: bool) -> None:
    system = ess(soc_pct=50)
    system.look(0.0, at(local))
    assert system.charges is is_open
    assert (system.battery.goal_w == 4000) is is_open


def test_a_schedule_of_one_weekday_goes_on_after_midnight_and_a_negative_one_is_off() -> None:
    system = ess(soc_pct=50)
    system.dbus.write(slot(0, "Day"), 5, 0.0)  # a Friday
    system.look(0.0, at("2026-11-21T01:00:00"))
    assert system.charges
    system.look(1.0, at("2026-11-21T22:30:00"))
    assert not system.charges
    system.dbus.write(slot(0, "Day"), -7, 0.0)
    system.look(2.0, at("2026-11-20T23:00:00"))
    assert not system.charges


def test_charging_begins_again_five_percent_below_the_target_or_with_another_target() -> None:
    system, night = ess(soc_pct=80), at("2026-11-20T23:00:00")
    system.look(0.0, night)
    assert not system.charges
    system.battery.energy_wh = 7600
    system.look(1.0, night)
    assert not system.charges
    system.dbus.write(slot(0, "Soc"), 79, 2.0)
    system.look(2.0, night)
    assert system.charges


@pytest.mark.parametrize(
    ("soc_pct", "may_discharge", "state"),
    [(30, True, 2), (20, False, 5), (14, False, 8)],
    ids=["free", "limit", "deep"],
)
def test_the_minimum_holds_and_far_below_it_the_grid_charges(soc_pct: float, may_discharge: bool, state: int) -> None:
    system = ess(soc_pct)
    system.look(0.0, at("2026-11-20T12:00:00"))
    system.look(1.0, at("2026-11-20T12:00:01"))
    assert system.battery.may_discharge is may_discharge
    assert system.dbus[STATE] == state
    assert (system.battery.goal_w > 0) is (state == 8)


def test_battery_life_raises_its_floor_once_on_a_day_that_hits_it_and_lowers_it_when_full() -> None:
    system = ess(soc_pct=19)
    for second in range(3):
        system.look(float(second), at(f"2026-11-20T12:00:0{second}"))
    assert system.dbus[FLOOR] == 15
    system.battery.energy_wh = 9600
    system.look(4.0, at("2026-11-20T15:00:00"))
    assert (system.dbus[FLOOR], system.dbus[STATE]) == (10, 4)


def test_without_battery_life_the_minimum_alone_counts() -> None:
    system = ess(soc_pct=19)
    system.dbus.write(STATE, 10, 0.0)
    system.dbus.write(FLOOR, 50, 0.0)
    system.look(0.0, at("2026-11-20T12:00:00"))
    assert (system.limit_pct, system.dbus[STATE]) == (20, 11)


def test_in_external_control_only_a_fresh_word_counts() -> None:
    system, noon = ess(), at("2026-11-20T12:00:00")
    system.dbus.write(f"{SETTINGS}CGwacs/Hub4Mode", 3, 0.0)
    system.dbus.write("vebus/274/Hub4/L1/AcPowerSetpoint", -700, 0.0)
    system.look(10.0, noon)
    assert system.battery.goal_w == -700
    system.look(61.0, noon)
    assert system.battery.goal_w == 0


@asynccontextmanager
async def visitor(fake: GxFake) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare socket at its broker."""
    reader, writer = await asyncio.open_connection("127.0.0.1", fake.broker.port)
    yield reader, writer
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "rubbish", [b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff\xff", b"\x10\x02\x00\x09", b"\xc0\x00"]
)
async def test_its_broker_survives_whatever_knocks(clock: Clock, rubbish: bytes) -> None:
    battery = Battery(BatteryModel(), 60)
    house = ClockedHouse(House(Steps(500), Steps(300), {"battery": battery}), clock)
    async with GxFake(house, battery, clock, PARIS) as fake, visitor(fake) as (reader, writer):
        writer.write(rubbish)
        writer.write_eof()
        await reader.read()
        assert fake.broker.guests == 0


@given(st.text(min_size=1, max_size=200), st.binary(max_size=300))
def test_a_word_can_be_read_as_it_was_written(topic: str, payload: bytes) -> None:
    async def read() -> mqtt.Published:
        reader = asyncio.StreamReader()
        reader.feed_data(mqtt.word(topic, payload))
        _, body = await mqtt.packet(reader)
        return mqtt.published(body)

    assert asyncio.run(read()) == mqtt.Published(topic, payload, None)

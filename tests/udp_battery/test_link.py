"""The way to one battery: one question in flight, quiet in between, only its own answers come out."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import Clock
from common.errors import DeviceUnreachable
from services.simulator.marstek import VENUS_A_147, VENUS_E3_150, VENUS_E_MINI_301, Faults, MarstekFake, Model
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from services.udp_battery import wire
from services.udp_battery.link import Line, Port, PortTaken, WrongDevice, open_port, resolve
from tests.virtual import virtually

MAC = "02005e10c0de"


def cells() -> Battery:
    return Battery(BatteryModel(), soc_pct=50)


@dataclass
class Wire:
    """A fake battery and the line to it."""

    fake: MarstekFake
    line: Line
    port: Port


@asynccontextmanager
async def wired(
    clock: Clock, faults: Faults | None = None, *, model: Model = VENUS_E3_150, seed: int = 0
) -> AsyncIterator[Wire]:
    """A fake at 127.0.1.11 and a line to it from the same port number, as in a real house."""
    fake = MarstekFake(cells(), clock, model, faults or perfect(), host="127.0.1.11", seed=seed, mac=MAC)
    async with fake, open_port("127.0.0.1", fake.address[1], clock) as port:
        yield Wire(fake, port.line(fake.address, MAC), port)


async def test_an_answer_comes_back(clock: Clock) -> None:
    async with wired(clock) as to:
        reply = await to.line.ask(wire.GET_MODE, 2.5)
        assert reply.mac == MAC
        assert reply.result is not None
        assert wire.reading(reply.result).mode == "Auto"


async def test_the_first_question_goes_out_at_once(clock: Clock) -> None:
    async with wired(clock) as to:
        before_s = clock.monotonic()
        await to.line.ask(wire.GET_MODE, 2.5)
        assert to.fake.journal.asked()[0].at_s == before_s


async def test_the_next_question_waits_for_two_seconds_of_quiet(clock: Clock) -> None:
    """Checklist 1."""
    async with wired(clock) as to:
        await to.line.ask(wire.GET_MODE, 2.5)
        answered_s = clock.monotonic()
        await to.line.ask(wire.GET_MODE, 2.5)
        assert to.fake.journal.asked()[1].at_s - answered_s == pytest.approx(2.0)


async def test_silence_is_unreachable_after_its_timeout(clock: Clock) -> None:
    async with wired(clock, Faults(is_silent=True)) as to:
        before_s = clock.monotonic()
        with pytest.raises(DeviceUnreachable):
            await to.line.ask(wire.GET_MODE, 2.5)
        assert clock.monotonic() - before_s == pytest.approx(2.5)


async def test_each_question_has_an_id_of_its_own(clock: Clock) -> None:
    """Checklist 3: a repeated write has a new id."""
    async with wired(clock) as to:
        for _ in range(3):
            await to.line.ask(wire.GET_MODE, 2.5)
        numbers = [asked.number for asked in to.fake.journal.asked()]
        assert len(set(numbers)) == 3
        assert all(isinstance(number, int) and 1 <= number <= 65535 for number in numbers)


async def test_the_second_copy_of_an_answer_is_dropped(clock: Clock) -> None:
    """Checklist 2: old firmware sends every answer twice."""
    async with wired(clock, model=VENUS_A_147) as to:
        first = await to.line.ask(wire.GET_MODE, 2.5)
        second = await to.line.ask(wire.GET_STATUS, 2.5)
        assert first.result is not None
        assert second.result is not None
        assert "mode" in first.result
        assert "bat_cap" in second.result


async def test_a_busy_battery_is_told_from_a_silent_one(clock: Clock) -> None:
    """Checklist 2: an error with id 0 belongs to the question in flight."""
    async with wired(clock, Faults(loss_in=0, loss_out=0, busy=1.0)) as to:
        reply = await to.line.ask(wire.GET_MODE, 2.5)
        assert reply.is_busy


async def test_another_battery_at_the_address_is_refused(clock: Clock) -> None:
    """Checklist 5."""
    async with wired(clock) as to:
        to.fake.mac = "02005e10ffff"
        with pytest.raises(WrongDevice, match=r"…c0de.*…ffff"):
            await to.line.ask(wire.GET_MODE, 2.5)


def noise(port: int, number: int) -> list[bytes]:
    """What else arrives on a LAN while a question with this id is in flight."""
    own_echo = orjson.dumps({"id": number, "method": "Marstek.GetDevice", "params": {"ble_mac": "0"}})
    late = orjson.dumps({"id": number % 65535 + 1, "src": f"VenusE-{MAC}", "result": {"mode": "Manual"}})
    return [b"", b"\x00\xff", b"[]", b"[" * 1400, b'{"id":true}', b'{"id":"1","result":{}}', own_echo, late, b"{" * 9]


async def test_noise_late_answers_and_our_own_broadcasts_are_dropped(clock: Clock) -> None:
    """Checklist 2."""
    async with open_port("127.0.0.1", 0, clock) as port:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as battery:
            battery.bind(("127.0.1.12", 0))
            battery.settimeout(1)
            line = port.line(battery.getsockname(), None)
            question = asyncio.ensure_future(line.ask(wire.GET_MODE, 2.5))
            await clock.sleep(0)
            data, source = battery.recvfrom(2000)
            number = orjson.loads(data)["id"]
            for datagram in noise(source[1], number):
                battery.sendto(datagram, source)
            battery.sendto(orjson.dumps({"id": number, "src": "", "result": {"mode": "Passive"}}), source)
            reply = await question
            assert reply.result == {"mode": "Passive"}


async def test_an_answer_from_a_stranger_does_not_count(clock: Clock) -> None:
    async with wired(clock, Faults(is_silent=True)) as to, open_port("127.0.1.99", 0, clock) as stranger:
        heard = []
        to.port.overheard = lambda reply, source: heard.append(source[0])
        question = asyncio.ensure_future(to.line.ask(wire.GET_MODE, 2.5))
        await clock.sleep(0.1)
        number = to.fake.journal.asked()[0].number
        forged = orjson.dumps({"id": number, "src": f"VenusE-{MAC}", "result": {"mode": "Manual"}})
        stranger.send(forged, ("127.0.0.1", to.fake.address[1]))
        with pytest.raises(DeviceUnreachable):
            await question
        assert heard == ["127.0.1.99"]


async def test_a_battery_that_hears_only_its_own_port_is_heard(clock: Clock) -> None:
    """The E mini: it ignores other source ports and answers by broadcast, matched by the address it comes from."""
    fake = MarstekFake(
        cells(), clock, VENUS_E_MINI_301, perfect(), host="127.0.1.11", mac=MAC, broadcast_to="127.255.255.255"
    )
    async with fake, open_port("127.255.255.255", fake.address[1], clock) as port:
        line = port.line(fake.address, MAC)
        reply = await line.ask(wire.GET_DEVICE, 2.5)
        assert wire.identity(reply).version == 301
    assert [asked.fate for asked in fake.journal.asked()] == ["answered"]


async def test_a_port_that_is_taken_is_said_plainly(clock: Clock) -> None:
    async with open_port("127.0.0.1", 0, clock):
        pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(PortTaken, match=r"UDP port \d+ of this machine cannot be used"):
            async with open_port("127.0.0.1", other.getsockname()[1], clock):
                pass


async def test_a_second_copy_of_a_question_goes_out_only_if_asked_for(clock: Clock) -> None:
    async with wired(clock, Faults(is_silent=True)) as to:
        with pytest.raises(DeviceUnreachable):
            await to.line.ask(wire.GET_MODE, 2.5, copy_after_s=0.5)
        first, second = to.fake.journal.asked()
        assert second.at_s - first.at_s == pytest.approx(0.5)
        assert first.number == second.number


async def test_a_battery_that_moved_is_found_by_its_mac(clock: Clock) -> None:
    """Checklist 5."""
    async with wired(clock) as to:
        await to.fake.move("127.0.1.12")
        everywhere = [(f"127.0.1.{last}", to.fake.address[1]) for last in range(11, 15)]
        assert await to.port.seek(to.line, everywhere)
        assert to.line.address == to.fake.address
        reply = await to.line.ask(wire.GET_MODE, 2.5)
        assert reply.mac == MAC


async def test_only_the_battery_that_is_sought_may_claim_the_line(clock: Clock) -> None:
    async with wired(clock) as to:
        to.fake.mac = "02005e10ffff"
        old = to.line.address
        await to.fake.move("127.0.1.12")
        assert not await to.port.seek(to.line, [to.fake.address])
        assert to.line.address == old


async def test_a_search_disturbs_nobody(clock: Clock) -> None:
    """A broadcast is a datagram to every battery: it waits for a lull, and all have their quiet after it."""
    async with wired(clock) as to:
        other = to.port.line(("127.0.1.12", to.fake.address[1]), "02005e10c0d1")
        question = asyncio.ensure_future(to.line.ask(wire.GET_MODE, 2.5))
        await clock.sleep(0)
        searching = asyncio.ensure_future(other.seek([to.fake.address]))
        await question
        answered_s = clock.monotonic()
        await clock.sleep(2.6)
        again = asyncio.ensure_future(to.line.ask(wire.GET_STATUS, 2.5))
        await asyncio.gather(searching, again)
        _, shout, second = to.fake.journal.asked()
        assert shout.method == "Marstek.GetDevice"
        assert shout.at_s >= answered_s + 2
        assert second.at_s >= shout.at_s + 2


async def test_a_search_gives_up_where_there_is_never_a_lull(clock: Clock) -> None:
    async with wired(clock, Faults(is_silent=True)) as to:
        other = to.port.line(None, "02005e10c0d1")

        async def chatter() -> None:
            while True:
                await reached(to.line, 1, 60)

        talking = asyncio.create_task(chatter())
        await clock.sleep(0.1)
        assert not await other.seek([to.fake.address])
        talking.cancel()
        assert [asked.method for asked in to.fake.journal.asked()] == ["ES.GetMode"]


async def test_of_two_lines_to_one_address_the_answer_goes_to_the_one_it_names(clock: Clock) -> None:
    """For a moment after two batteries swapped addresses."""
    async with wired(clock) as to:
        stale = to.port.line(to.fake.address, "02005e10c0d1")
        reply = await to.line.ask(wire.GET_MODE, 2.5)
        assert reply.mac == MAC
        with pytest.raises(DeviceUnreachable):
            await stale.ask(wire.GET_MODE, 2.5)


async def test_answers_may_come_from_another_port_than_the_one_that_was_asked(clock: Clock) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
    ):
        ear.bind(("127.0.1.12", 0))
        ear.settimeout(1)
        mouth.bind(("127.0.1.12", 0))
        async with open_port("127.0.0.1", 0, clock) as port:
            line = port.line(ear.getsockname(), None)
            question = asyncio.ensure_future(line.ask(wire.GET_MODE, 2.5))
            await clock.sleep(0)
            data, source = ear.recvfrom(2000)
            mouth.sendto(orjson.dumps({"id": orjson.loads(data)["id"], "src": "", "result": {"mode": "UPS"}}), source)
            assert (await question).result == {"mode": "UPS"}


async def test_names_are_resolved_and_unknown_ones_named(clock: Clock) -> None:
    assert await resolve("192.168.1.11", 30000, clock) == ("192.168.1.11", 30000)
    assert await resolve("localhost", 30000, clock) == ("127.0.0.1", 30000)
    with pytest.raises(DeviceUnreachable, match="nobody knows"):
        await resolve("no-such-battery.invalid", 30000, clock)


def share_reached(seed: int, attempts: int, timeout_s: float) -> float:
    """The share of requests that got through, out of many."""

    async def scene(clock: Clock) -> float:
        async with wired(clock, Faults(), seed=seed) as to:
            got = [await reached(to.line, attempts, timeout_s) for _ in range(120)]
            return sum(got) / len(got)

    return virtually(scene)


async def reached(line: Line, attempts: int, timeout_s: float) -> bool:
    for _ in range(attempts):
        try:
            await line.ask(wire.GET_MODE, timeout_s)
        except DeviceUnreachable:
            continue
        return True
    return False


@pytest.mark.parametrize(("attempts", "timeout_s", "least"), [(3, 2.5, 0.95), (5, 3.0, 0.98)])
def test_with_30_percent_of_exchanges_lost_enough_gets_through(attempts: int, timeout_s: float, least: float) -> None:
    """F25, checklist 3."""
    shares = [share_reached(seed, attempts, timeout_s) for seed in range(4)]
    assert sum(shares) / len(shares) >= least


@settings(max_examples=25, deadline=None)
@given(
    starts_s=st.lists(st.floats(0, 8), min_size=2, max_size=6),
    loss=st.floats(0, 0.6),
    doubles=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_never_two_in_flight_and_always_two_seconds_of_quiet(
    starts_s: list[float], loss: float, doubles: bool, seed: int
) -> None:
    """Checklist 1, whoever asks whenever."""

    async def scene(clock: Clock) -> None:
        faults = Faults(loss_in=loss, loss_out=loss / 2, doubles=float(doubles))
        async with wired(clock, faults, seed=seed) as to:

            async def ask_at(start_s: float) -> None:
                await clock.sleep(start_s)
                await reached(to.line, 1, 2.5)

            async with asyncio.TaskGroup() as tasks:
                for start_s in starts_s:
                    tasks.create_task(ask_at(start_s))
            asked = to.fake.journal.asked()
            assert len(asked) == len(starts_s)
            for earlier, later in pairwise(asked):
                free_s = 2.0 if earlier.fate == "answered" else 2.5  # a question without an answer is in flight so long
                assert later.at_s - earlier.at_s >= free_s - 1e-6
            assert not any(entry.fate == "too_soon" for entry in asked)

    virtually(scene)

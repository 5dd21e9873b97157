"""A wish and its answer: granted, refused with the reason, or nobody there."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.asking import Answer, ask, refusal
from common.clock import Clock
from common.contract import ALERT, SETTING, SETTING_REQUEST, Alert
from common.memory_bus import MemoryBroker
from common.watcher import Watcher

pytestmark = pytest.mark.virtual
REFUSAL = ALERT.at("ems-balancer", "setting")


class House:
    """Somebody who asks, and a balancer that answers as it is told to."""

    def __init__(self, broker: MemoryBroker, clock: Clock) -> None:
        self.clock = clock
        self.balancer = broker.plug("ems-balancer", "b0", clock)
        self.bus = broker.plug("ems-web", "w0", clock)
        self.watcher = Watcher(self.bus)
        self.refuses: str | None = None
        self.is_deaf = False

    async def answer(self) -> None:
        """For ever."""
        async for received in await self.balancer.listen(SETTING_REQUEST):
            name, value = received.topic.removeprefix("balancer/main/set/"), received.payload.decode()
            await self.clock.sleep(0.2)
            if self.is_deaf:
                continue
            if self.refuses is not None:
                await self.refuse(name, self.refuses)
            else:
                await self.balancer.clear(REFUSAL)
                await self.balancer.publish(SETTING.at("main", *name.split("/")), value or "file")

    async def refuse(self, name: str, why: str) -> None:
        """As the balancer does."""
        alert = Alert(severity="warning", since_ms=1, text=refusal(name, why))
        await self.balancer.publish(REFUSAL, alert)

    async def ask(self, setting: str, value: str) -> tuple[Answer, float]:
        """The answer, and after how many seconds it came."""
        began_s = self.clock.monotonic()
        answer = await ask(self.bus, self.watcher.scene, setting, value, self.clock)
        return answer, self.clock.monotonic() - began_s


@pytest.fixture
async def house(memory_broker: MemoryBroker, clock: Clock) -> AsyncIterator[House]:
    made = House(memory_broker, clock)
    tasks = [asyncio.create_task(work) for work in (made.watcher.run(), made.answer())]
    await clock.sleep(0.1)
    yield made
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_granted_is_told_at_once(house: House) -> None:
    answer, took_s = await house.ask("force_minutes/boiler", "60")
    assert answer == Answer(True, "force_minutes/boiler is now 60.")
    assert took_s < 0.5


async def test_what_is_refused_is_told_with_the_reason(house: House) -> None:
    house.refuses = "'x' is none of auto, manual, off"
    answer, took_s = await house.ask("mode", "x")
    assert answer == Answer(False, "The setting mode was refused: 'x' is none of auto, manual, off")
    assert took_s < 0.5


async def test_the_same_refusal_again_is_one_too(house: House) -> None:
    """It stands already, so that nothing new is heard."""
    house.refuses = "no"
    await house.ask("mode", "x")
    assert (await house.ask("mode", "x"))[0] == Answer(False, "The setting mode was refused: no")


async def test_an_old_refusal_is_not_taken_for_an_answer(house: House) -> None:
    await house.refuse("mode", "long ago")
    await house.clock.sleep(1)
    house.is_deaf = True
    answer, _ = await house.ask("away", "on")
    assert not answer.granted
    assert "did not answer" in answer.text


async def test_who_asks_at_the_same_time_gets_his_own_answer(house: House) -> None:
    asking = asyncio.create_task(house.ask("away", "on"))
    await house.clock.sleep(0.1)
    await house.refuse("mode", "no")
    assert (await asking)[0] == Answer(True, "away is now on.")


async def test_what_is_so_already_is_granted(house: House) -> None:
    await house.ask("target_grid_w", "50")
    assert (await house.ask("target_grid_w", "50"))[0] == Answer(True, "target_grid_w is 50 already.")


async def test_a_balancer_that_is_not_there_is_told_and_not_waited_for_long(house: House) -> None:
    house.is_deaf = True
    answer, took_s = await house.ask("mode", "off")
    assert not answer.granted
    assert "See whether it runs" in answer.text
    assert took_s < 4


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("Mode!", "auto", "'Mode!' is no name of a setting."),
        ("a/b/c", "auto", "'a/b/c' is no name of a setting."),
        ("", "auto", "'' is no name of a setting."),
        ("mode", "x" * 401, "A value has at most 400 characters."),
    ],
)
async def test_what_cannot_be_asked_is_not_asked(house: House, setting: str, value: str, text: str) -> None:
    answer, took_s = await house.ask(setting, value)
    assert answer == Answer(False, text)
    assert took_s == 0

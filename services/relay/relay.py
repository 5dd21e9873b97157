"""What is done about one switch: hear what it says, carry out the order in force, say what became of it."""

import asyncio
from collections import deque
from typing import Final

from common import switching
from common.errors import BrokerLost
from common.messaging import Inbox, Received
from common.report import Report
from common.service import shielded
from services.relay.contact import Contact
from services.relay.dialects.dialect import Heard
from services.relay.keeper import Keeper
from services.relay.metering import Metering
from services.relay.switches import SwitchSettings
from services.relay.telling import Teller
from services.relay.voice import OrderDesk, Voice

TICK_S: Final = 1.0
"""Pace of looking after an order …"""
IDLE_S: Final = 5.0
"""… and of what comes with time where there is none."""
READING_LASTS_S: Final = 180.0
LAST_WORDS_S: Final = 8.0
"""Most that an orderly stop waits for a switch to be in its safe state."""
MOST_WAITING: Final = 200


class Relay:
    """One switch. Its order is on the actuator's desk."""

    def __init__(
        self,
        report: Report,
        settings: SwitchSettings,
        contact: Contact,
        actuator: OrderDesk,
        keeper: Keeper,
        *,
        member_of: str | None = None,
    ) -> None:
        self._clock = report.bus.clock
        self.turned_s = self._clock.monotonic()
        """When its loop last went round."""
        self._report, self._settings, self._contact = report, settings, contact
        self._actuator, self._keeper = actuator, keeper
        lasts_s = max(READING_LASTS_S, 5 * settings.poll_s)
        self._metering = Metering(settings.max_power_w, lasts_s, keeper.odometer(settings.max_power_w))
        self._teller = Teller(report, settings, contact, keeper)
        self._voice = Voice(report, settings, contact.dialect, actuator, self._metering, member_of=member_of)
        self._waiting: deque[Received] = deque(maxlen=MOST_WAITING)
        self._measured_ms: int | None = None

    async def run(self) -> None:
        """Until cancelled; then its safe state, if our orders put it where it is."""
        await self._voice.introduce()
        pump = asyncio.create_task(self._pump(await self._contact.open()))
        try:
            while True:
                self.turned_s = self._clock.monotonic()
                await self._turn()
                await self._wait()
        except asyncio.CancelledError:
            await shielded(self._farewell(), self._clock, LAST_WORDS_S)
            raise
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    def forget(self) -> None:
        """The connection was lost: how it stands is unknown until it says so."""
        self._contact.lost()
        self._teller.forget()
        self._actuator.changed.set()

    @property
    def seen(self) -> bool | None:
        """Where it stands; None: unknown."""
        return self._teller.memory.seen

    @property
    def is_there(self) -> bool | None:
        """Whether it can be switched now; None while that is not known."""
        return self._contact.is_there()

    @property
    def safe_position(self) -> bool | None:
        """Where it goes without an order."""
        return self._settings.safe_position

    async def _pump(self, inbox: Inbox) -> None:
        async for received in inbox:
            self._waiting.append(received)
            self._actuator.changed.set()

    @property
    def _ordered(self) -> bool | None:
        """The position of the order in force."""
        return switching.ordered_position(self._actuator.order)

    async def _turn(self) -> None:
        """Look at the desk, at what was heard and at the clock; do and say what follows."""
        self._actuator.changed.clear()
        self._notice()
        await self._hear(self._ordered)
        is_there = self._contact.is_there()
        self._teller.look(is_there)
        await self._speak(is_there)
        await self._say(is_there)

    async def _speak(self, is_there: bool | None) -> None:
        """Ask it and tell it. What does not reach the broker is tried again at the next turn."""
        try:
            await self._contact.ask()
            if is_there is not False and await self._teller.tell(self._ordered):
                self._measured_ms = self._clock.wall_ms()
        except BrokerLost:
            self._report.count("broker")
        await self._teller.keep()
        await self._keeper.count(self._metering.odometer)

    async def _say(self, is_there: bool | None) -> None:
        memory, ordered, voice = self._teller.memory, self._ordered, self._voice
        if is_there is not None:
            await voice.present(is_there)
        await voice.answer(memory, ordered, is_there=is_there)
        await voice.warn(memory, lacks_timer=self._teller.lacks_timer)
        if is_there and memory.seen is not None and self._measured_ms is not None:
            await voice.state(memory.seen, self._measured_ms)

    def _notice(self) -> None:
        now_s = self._clock.monotonic()
        self._teller.memory = switching.noticed(self._teller.memory, self._ordered, self._settings, now_s)

    async def _hear(self, ordered: bool | None) -> None:
        while self._waiting:
            said = self._contact.read(self._waiting.popleft())
            if said is not None:
                await self._take(said, ordered)

    async def _take(self, said: Heard, ordered: bool | None) -> None:
        now_s, teller = self._clock.monotonic(), self._teller
        teller.timer_s = teller.timer_s if said.off_timer_s is None else said.off_timer_s
        if said.is_closed is not None:
            position = self._contact.position(said.is_closed)
            teller.memory = switching.saw(teller.memory, position, ordered, self._settings, now_s)
            self._metering.switched(position)
            self._measured_ms = self._clock.wall_ms()
        doubts = self._metering.heard(said, now_s)
        has_measured = said.power_w is not None or said.import_wh is not None
        await self._report.doubts(doubts, has_measured=has_measured)

    async def _wait(self) -> None:
        """Until there is news, or a moment has passed."""
        is_busy = self._actuator.order is not None or self._teller.memory.is_ours
        try:
            async with self._clock.timeout(TICK_S if is_busy else IDLE_S):
                await self._actuator.changed.wait()
        except TimeoutError:
            return

    async def _farewell(self) -> None:
        """The safe state, if our orders put it where it is; its timer goes on should it not hear us."""
        teller = self._teller
        teller.memory = switching.noticed(teller.memory, None, self._settings, self._clock.monotonic())
        await self._hear(None)
        while teller.memory.is_ours and self._contact.is_there() is not False:
            if await teller.tell(None):
                break
            await self._wait()
            self._actuator.changed.clear()
            await self._hear(None)
        await teller.set_timer(None, None)
        await teller.keep()
        if teller.memory.seen is not None and self._measured_ms is not None:
            await self._voice.state(teller.memory.seen, self._measured_ms)
        await self._actuator.control("manual" if teller.memory.by_hand_s is not None else "safe")

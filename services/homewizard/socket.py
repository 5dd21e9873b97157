"""What is done about an energy socket: carry out the order in force, read back, say what became of it."""

from typing import Final

from common.actuator import Actuator
from common.contract import SWITCH_STATE
from common.errors import DeviceLocked, DeviceRefused
from common.homewizard import WrongDevice
from common.homewizard.report import Report
from common.homewizard.troubles import Trouble
from common.lease import Lease
from services.homewizard import facts, states, switching, wire
from services.homewizard.config import SocketSettings
from services.homewizard.keeper import Keeper
from services.homewizard.ledger import Ledger
from services.homewizard.line import Line
from services.homewizard.visits import Care

STATE: Final = "/api/v1/state"
NOT_A_SWITCH: Final = "a socket takes switch and nothing else"


class SocketCare(Care):
    """One socket. Its order is on the actuator's desk."""

    def __init__(self, report: Report, settings: SocketSettings, actuator: Actuator, keeper: Keeper) -> None:
        super().__init__(report, actuator.changed)
        self._settings = settings
        self._actuator = actuator
        self._keeper = keeper
        self._clock = report.bus.clock
        self._ledger = Ledger(settings.max_power_w)
        self._memory = keeper.socket()
        self._last: Lease | None = None
        self._has_lapsed = False

    async def look(self, line: Line, *, is_steady: bool) -> None:
        """Where it stands, whether it must be told, where it stands then; and what flows through it."""
        self._notice()
        await self._see(line, is_steady=is_steady)
        if await self._tell(line):
            await self._see(line, is_steady=True)
        await self._answer()
        await self._publish(line)
        await self._keeper.keep_socket(self._memory)

    async def unreachable(self, trouble: Trouble, *, is_offline: bool) -> None:
        """Nobody can switch it now."""
        self._notice()
        if (order := self._actuator.order) is not None:
            await self._actuator.done(order, "failed" if trouble.is_sure else "timeout", detail=trouble.text)
        if is_offline:
            await self._actuator.control("offline")

    async def farewell(self, line: Line) -> None:
        """Its safe state, if our orders put it where it is. What was last heard of it may be older than what it did."""
        await self._see(line, is_steady=False, is_last=True)
        self._memory = switching.noticed(self._memory, None, self._settings, self._clock.monotonic())
        await self._clock.sleep(self._memory.tried_s + switching.WRITES_APART_S - self._clock.monotonic())
        if await self._tell(line, is_last=True):
            await self._see(line, is_steady=True, is_last=True)
        await self._keeper.keep_socket(self._memory)
        await self._actuator.control("manual" if self._memory.by_hand_s is not None else "safe")

    @property
    def _ordered(self) -> bool | None:
        """The position of the order in force."""
        order = self._actuator.order
        return order.command.on if order is not None and order.command.action == "switch" else None

    def _notice(self) -> None:
        """Look at the desk; and how did the last order end?"""
        order = self._actuator.order
        if order is not self._last:
            self._has_lapsed = order is None and self._last is not None and self._last.ends_s <= self._clock.monotonic()
        self._last = order
        self._memory = switching.noticed(self._memory, self._ordered, self._settings, self._clock.monotonic())

    async def _see(self, line: Line, *, is_steady: bool, is_last: bool = False) -> None:
        seen = wire.position(await line.read(STATE))
        ordered = None if is_last else self._ordered
        now_s = self._clock.monotonic()
        self._memory = switching.saw(self._memory, seen, ordered, self._settings, now_s, is_steady=is_steady)

    async def _tell(self, line: Line, *, is_last: bool = False) -> bool:
        """Write, if it stands where it should not. Returns whether it was told anything."""
        now_s = self._clock.monotonic()
        ordered = None if is_last else self._ordered
        wanted = switching.wish(self._memory, ordered, self._settings, now_s)
        if wanted is None or not switching.may_write(self._memory, wanted, now_s):
            return False
        await self._keeper.keep_socket(self._memory)  # that it is our doing must be known before it is done
        if switching.is_worn_out(self._memory, self._settings, now_s):
            self.report.made_safe("max_on")
        is_refused = False
        try:
            await line.write(STATE, wire.switch(wanted))
        except (DeviceLocked, WrongDevice):
            raise
        except DeviceRefused:
            is_refused = True
        self.report.wrote("refused" if is_refused else "written")
        self._memory = switching.told(self._memory, self._clock.monotonic(), is_refused=is_refused)
        return True

    async def _answer(self) -> None:
        """Say what became of the order, and who controls the socket."""
        order, ordered, now_s = self._actuator.order, self._ordered, self._clock.monotonic()
        if order is not None and ordered is None:
            await self._actuator.done(order, "failed", detail=NOT_A_SWITCH)
        elif order is not None and ordered is not None:
            said = switching.outcome(self._memory, ordered, self._settings, order.since_s, now_s)
            if said is not None:
                await self._actuator.done(order, said[0], detail=said[1])
        if (reserve := self._actuator.reserve) is not None:
            await self._actuator.done(reserve, "failed", detail=NOT_A_SWITCH)
        mode = switching.authority(self._memory, ordered, self._settings, has_lapsed=self._has_lapsed)
        if mode is not None:
            await self._actuator.control(mode)
        await self._warn(ordered, now_s)

    async def _warn(self, ordered: bool | None, now_s: float) -> None:
        memory, alert = self._memory, self.report.alert
        wanted = switching.wish(memory, ordered, self._settings, now_s)
        is_locked = switching.is_denied(memory, wanted)
        await alert("locked", is_locked, "should be off and cannot: its switch lock is on.", "Unlock it in the app.")
        advice = "Switch it in the vendor's app. If it does not move there either, its relay is worn out."
        await alert("stuck", memory.is_in_vain, "takes its orders and does not move.", advice)
        advice = "Is the load stuck on, or wanted for longer? Then raise its `max_on_s`."
        rests = now_s < memory.rests_until_s
        await alert("max_on", rests, "was on for as long as its max_on_s allows; it rests now.", advice)

    async def _publish(self, line: Line) -> None:
        flow = wire.flow(await line.measurement())
        measured_ms = self._clock.wall_ms()
        reading, doubts = self._ledger.judge(flow, self._clock.monotonic())
        await self.report.info(facts.socket(line.facts, self._settings))
        await self.report.doubts(doubts)
        seen = self._memory.seen
        assert seen is not None  # it has just been looked at
        await self.report.bus.publish(
            SWITCH_STATE.at(self.report.device), states.switch_state(reading, seen), measured_ms
        )

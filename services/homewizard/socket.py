"""What is done about an energy socket: carry out the order in force, read back, say what became of it."""

from typing import Final

from common import switching
from common.actuator import Actuator
from common.contract import SWITCH_STATE
from common.contract.devices import Authority
from common.homewizard.report import Report
from common.lease import Answer, Lease
from common.switching import ordered_position
from services.homewizard import facts, locking, states, wire
from services.homewizard.config import SocketSettings
from services.homewizard.keeper import Keeper
from services.homewizard.ledger import Ledger
from services.homewizard.line import Line
from services.homewizard.locking import Memory
from services.homewizard.ordered import OrderedCare

STATE: Final = "/api/v1/state"
NOT_A_SWITCH: Final = "a socket takes switch and nothing else"


class SocketCare(OrderedCare):
    """One socket."""

    def __init__(self, report: Report, settings: SocketSettings, actuator: Actuator, keeper: Keeper) -> None:
        super().__init__(report, actuator, keeper)
        self._settings = settings
        self._ledger = Ledger(settings.max_power_w)
        self._memory = keeper.recall(Memory)

    async def look(self, line: Line, *, is_steady: bool) -> None:
        """Where it stands, whether it must be told, where it stands then; and what flows through it."""
        self._notice()
        await self._see(line, is_steady=is_steady)
        if await self._tell(line):
            await self._see(line, is_steady=True)
        await self._answer(NOT_A_SWITCH)
        await self._warn()
        await self._publish(line)
        await self._keeper.keep(self._memory)

    async def farewell(self, line: Line) -> None:
        """Its safe state, if our orders put it where it is. What was last heard of it may be older than what it did."""
        await self._see(line, is_steady=False, is_last=True)
        self._memory = switching.noticed(self._memory, None, self._settings, self._clock.monotonic())
        await self._clock.sleep(self._memory.told_s + locking.WRITES_APART_S - self._clock.monotonic())
        if await self._tell(line, is_last=True):
            await self._see(line, is_steady=True, is_last=True)
        await self._keeper.keep(self._memory)
        await self._actuator.control("manual" if self._memory.by_hand_s is not None else "safe")

    @property
    def _ordered(self) -> bool | None:
        """The position of the order in force."""
        return ordered_position(self._actuator.order)

    def _notice(self) -> None:
        self._memory = switching.noticed(self._memory, self._ordered, self._settings, self._clock.monotonic())

    async def _see(self, line: Line, *, is_steady: bool, is_last: bool = False) -> None:
        seen = wire.position(await line.read(STATE))
        ordered = None if is_last else self._ordered
        now_s = self._clock.monotonic()
        self._memory = locking.saw(self._memory, seen, ordered, self._settings, now_s, is_steady=is_steady)

    async def _tell(self, line: Line, *, is_last: bool = False) -> bool:
        """Write, if it stands where it should not. Returns whether it was told anything."""
        now_s = self._clock.monotonic()
        ordered = None if is_last else self._ordered
        wanted = switching.wish(self._memory, ordered, self._settings, now_s)
        if wanted is None or not locking.may_write(self._memory, wanted, now_s):
            return False
        await self._keeper.keep(self._memory)  # that it is our doing must be known before it is done
        if switching.is_worn_out(self._memory, self._settings, now_s):
            self.report.made_safe("max_on")
        is_taken = await self._write(line, STATE, wire.switch(wanted))
        self._memory = locking.told(self._memory, wanted, self._clock.monotonic(), is_refused=not is_taken)
        return True

    def _outcome(self, order: Lease) -> Answer | None:
        ordered = ordered_position(order)
        if ordered is None:
            return "failed", NOT_A_SWITCH
        return locking.outcome(self._memory, ordered, self._settings, order.since_s, self._clock.monotonic())

    def _authority(self) -> Authority | None:
        has_lapsed = self._actuator.has_lapsed
        return switching.authority(self._memory, self._ordered, self._settings, has_lapsed=has_lapsed)

    async def _warn(self) -> None:
        memory, alert, now_s = self._memory, self.report.alert, self._clock.monotonic()
        wanted = switching.wish(memory, self._ordered, self._settings, now_s)
        is_locked = locking.is_denied(memory, wanted)
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
        position = self._memory.position
        assert position is not None  # it has just been looked at
        state = states.switch_state(reading, position)
        await self.report.bus.publish(SWITCH_STATE.at(self.report.device), state, measured_ms)

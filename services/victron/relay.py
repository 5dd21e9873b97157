"""What is done about one relay of a GX: switch it as ordered, seldom and only on difference, and read back.

The GX keeps a relay's position in its flash and has no timer that would open it: should Ballast die, it stays.
"""

from dataclasses import replace
from typing import Final

from common import switching
from common.actuator import Actuator
from common.contract import SWITCH_STATE, DeviceInfo, SwitchState
from common.contract.devices import Authority, Outcome
from common.keeping import Keeper
from common.lease import Answer
from common.report import Report
from common.switching import Memory, ordered_position
from services.victron import wire
from services.victron.battery import AWAY, SPENT
from services.victron.config import RelaySettings
from services.victron.device import Gx
from services.victron.purse import Purse

APART_S: Final = 60.0
"""Between two writes."""
ASKED_S: Final = 3.0
"""A position that was not seen by then is asked for."""
SAID_S: Final = 20.0
MANUAL: Final = 2
NOT_A_SWITCH: Final = "a relay takes switch and nothing else"
OTHER_FUNCTION: Final = 'its function is not "Manual"'


class RelayCare:
    """One relay. Its order is on the actuator's desk."""

    def __init__(
        self, report: Report, settings: RelaySettings, gx: Gx, actuator: Actuator, *, keeper: Keeper, purse: Purse
    ) -> None:
        self._report, self._settings, self._gx = report, settings, gx
        self._actuator, self._keeper, self._purse = actuator, keeper, purse
        self._clock = report.bus.clock
        self._path, self._function = wire.relay(settings.number), wire.relay_function(settings.number)
        self._memory = keeper.recall(Memory)
        self._asked_s = 0.0
        self._is_spent = False
        self._said: tuple[SwitchState, float] | None = None

    @property
    def is_manual(self) -> bool:
        """It may be switched at all: its owner has given it no other function."""
        return self._gx.mirror.number(self._function) == MANUAL

    @property
    def is_home(self) -> bool:
        """Nothing of ours is left on it, as far as it is ours to switch."""
        return not (self._memory.is_ours and self.is_manual)

    async def act(self, *, is_last: bool = False) -> None:
        """See where it stands, and have it stand where it should. Raises DeviceUnreachable."""
        ordered, now_s = None if is_last else self._ordered, self._clock.monotonic()
        self._memory = switching.noticed(self._memory, ordered, self._settings, now_s)
        position = self._gx.mirror.number(self._path) if self._gx.is_fresh and self.is_manual else None
        if position is None:
            self._memory = replace(self._memory, seen=None, settled=None)
            return
        self._memory = switching.saw(self._memory, position == 1, ordered, self._settings, now_s)
        await self._keeper.keep(self._memory)
        await self._tell(ordered, now_s)

    async def say(self) -> None:
        """Say whether it is there, how it stands, what became of its order, and what its owner should know."""
        await self._introduce()
        if self._gx.is_fresh or self._gx.is_gone:
            await self._report.availability(self._gx.is_fresh and self.is_manual)
        await self._actuator.answer(self._outcome())
        await self._actuator.refuse_reserve(NOT_A_SWITCH)
        if (mode := self._authority()) is not None:
            await self._actuator.control(mode)
        await self._warn()
        if self._memory.seen is not None:
            await self._state(self._memory.seen)

    async def let_go(self) -> None:
        """Say that nobody switches it any more."""
        await self._actuator.control("manual" if self._memory.by_hand_s is not None else "safe")

    @property
    def _ordered(self) -> bool | None:
        return ordered_position(self._actuator.order)

    async def _tell(self, ordered: bool | None, now_s: float) -> None:
        wanted = switching.wish(self._memory, ordered, self._settings, now_s)
        self._is_spent = False
        if wanted is None or wanted is self._memory.seen:
            return
        since_s, is_way_home = now_s - self._memory.told_s, ordered is None and self._memory.said is not wanted
        if since_s < APART_S and not is_way_home:
            await self._ask(since_s, now_s)
            return
        if not self._purse.allows(is_last=ordered is None):
            self._is_spent = True
            return
        self._memory = switching.told(self._memory, wanted, now_s)
        await self._keeper.keep(self._memory)  # that it is our doing must be known before it is done
        await self._purse.spend()
        await self._gx.write(self._path, float(wanted))
        self._report.wrote("relay")

    async def _ask(self, since_s: float, now_s: float) -> None:
        if min(since_s, now_s - self._asked_s) >= ASKED_S:
            self._asked_s = now_s
            await self._gx.ask(self._path)

    def _outcome(self) -> Answer | None:
        memory, ordered = self._memory, self._ordered
        if ordered is None:
            return "failed", NOT_A_SWITCH
        reasons: tuple[tuple[bool, Outcome, str], ...] = (
            (not self._gx.is_fresh, "timeout", AWAY),
            (not self.is_manual, "failed", OTHER_FUNCTION),
            (memory.by_hand_s is not None, "failed", switching.BY_HAND),
            (self._is_spent, "failed", SPENT),
            (memory.is_in_vain, "failed", "the GX takes its orders and does not move it"),
        )
        found = next(((outcome, text) for holds, outcome, text in reasons if holds), None)
        if found is not None:
            return found
        if ordered and switching.wish(memory, ordered, self._settings, self._clock.monotonic()) is False:
            return "failed", switching.RESTS
        return ("applied", "") if memory.seen is ordered else None

    def _authority(self) -> Authority | None:
        if self._gx.is_gone:
            return "offline"
        return switching.authority(self._memory, self._ordered, self._settings, has_lapsed=self._actuator.has_lapsed)

    async def _introduce(self) -> None:
        await self._report.info(
            DeviceInfo(
                vendor="Victron",
                model=f"GX relay {self._settings.number}",
                phase=self._settings.phase,
                poll_s=SAID_S,
                stale_after_s=3 * SAID_S,
                safe_state=self._settings.safe_state,
                capabilities=("switch",),
                refresh_s=APART_S,
            )
        )

    async def _warn(self) -> None:
        memory, alert = self._memory, self._report.alert
        is_other = self._gx.is_fresh and not self.is_manual
        advice = f'In the GX: Settings, Relay, function of relay {self._settings.number}: "Manual".'
        await alert("function", is_other, "has another function in the GX and is not switched.", advice)
        advice = "Switch it in the GX's own pages. If it does not move there either, its relay is worn out."
        await alert("stuck", memory.is_in_vain, "takes its orders and does not move.", advice)
        rests = self._clock.monotonic() < memory.rests_until_s
        advice = "Is it wanted for longer? Then raise its `max_on_s`."
        await alert("max_on", rests, "was on for as long as its max_on_s allows; it rests now.", advice)

    async def _state(self, seen: bool) -> None:
        now_s, state = self._clock.monotonic(), SwitchState(on=seen)
        if self._said is None or state != self._said[0] or now_s - self._said[1] >= SAID_S:
            self._said = state, now_s
            await self._report.bus.publish(SWITCH_STATE.at(self._report.device), state, self._gx.heard_ms)

"""What is done about a group of Plug-In Batteries: open and close its gates as ordered, read back, say what came of it.

The meter they hang on steers them; `/api/batteries` is there. No battery is ever told anything.
"""

from typing import Final

from common.actuator import Actuator
from common.contract import BATTERY_STATE, BatteryState
from common.contract.devices import Authority, Mode
from common.contract.envelope import Quality
from common.homewizard.report import Report
from common.lease import Answer, Lease
from common.switching import Lasting
from services.homewizard import facts, gating
from services.homewizard.config import GroupSettings
from services.homewizard.group import PATH, Group, group, steering
from services.homewizard.herd import Herd
from services.homewizard.keeper import Keeper
from services.homewizard.line import Line
from services.homewizard.ordered import OrderedCare

NOT_A_MODE: Final = "these batteries take set_mode and nothing else: no set-points, no reserve"
LOOKS_APART_S: Final = 0.2
"""Between a PUT and the look at what it did."""


class GroupCare(OrderedCare):
    """One group."""

    def __init__(self, report: Report, settings: GroupSettings, herd: Herd, actuator: Actuator, keeper: Keeper) -> None:
        super().__init__(report, actuator, keeper)
        self._settings = settings
        self._herd = herd
        self._memory = gating.Memory(is_ours=keeper.recall(Lasting).is_ours)

    async def look(self, line: Line, *, is_steady: bool) -> None:
        """What it does, whether it must be told, what it does then."""
        self._notice()
        await self._see(line, self._ordered)
        if await self._tell(line, self._ordered):
            await self._clock.sleep(LOOKS_APART_S)
            await self._see(line, self._ordered)
        await self._answer(NOT_A_MODE)
        await self._warn()
        await self._publish(line)
        await self._keep()

    async def farewell(self, line: Line) -> None:
        """Back to following its meter, if our orders put it where it is."""
        await self._see(line, None)
        for _ in range(2):  # leaving a full charge takes two
            wait_s = self._memory.wrote_s + gating.WRITES_APART_S - self._clock.monotonic()
            if self._memory.is_ours:
                await self._clock.sleep(wait_s)
            if await self._tell(line, None):
                await self._see(line, None)
        await self._keep()
        await self._actuator.control("safe" if self._memory.is_ours else "autonomous")

    @property
    def _ordered(self) -> Mode | None:
        """The mode of the order in force."""
        return _ordered_mode(self._actuator.order)

    async def _keep(self) -> None:
        await self._keeper.keep(Lasting(is_ours=self._memory.is_ours))

    def _notice(self) -> None:
        self._memory = gating.noticed(self._memory, self._ordered)

    async def _see(self, line: Line, ordered: Mode | None) -> None:
        seen = group(await line.read(PATH))
        soc_pct = self._herd.soc_pct(self.report.device)
        self._memory = gating.saw(self._memory, seen, ordered, self._clock.monotonic(), soc_pct=soc_pct)

    async def _tell(self, line: Line, ordered: Mode | None) -> bool:
        """Write, if it is not in the mode in which it should be. Returns whether it was told anything."""
        now_s, seen = self._clock.monotonic(), self._memory.seen
        wanted = gating.wish(self._memory, ordered)
        if wanted is None or seen is None or not gating.may_write(self._memory, wanted, ordered, now_s):
            return False
        await self._keep()  # that it is our doing must be known before it is done
        is_taken = await self._write(line, PATH, steering(wanted, seen))
        self._memory = gating.told(self._memory, wanted, self._clock.monotonic(), is_refused=not is_taken)
        return True

    def _outcome(self, order: Lease) -> Answer | None:
        ordered = _ordered_mode(order)
        return ("failed", NOT_A_MODE) if ordered is None else gating.outcome(self._memory, ordered, order.since_s)

    def _authority(self) -> Authority | None:
        return gating.authority(self._memory, self._ordered, has_lapsed=self._actuator.has_lapsed)

    async def _warn(self) -> None:
        advice = "Does something else control it: the app, the vendor's cloud, another program?"
        await self.report.alert("follow", self._memory.is_in_vain, "does not stay in the mode it was told.", advice)

    async def _publish(self, line: Line) -> None:
        seen, device, bus = self._memory.seen, self.report.device, self.report.bus
        assert seen is not None  # it has just been looked at
        is_empty = seen.count == 0
        text, advice = "has no batteries.", "Are they on, and do they show in the app under the same meter?"
        await self.report.alert("empty", is_empty, text, advice)
        await self.report.info(facts.batteries(line.facts, self._settings, seen, self._herd.capacity_wh(device)))
        await bus.publish(BATTERY_STATE.at(device), self._state(seen))

    def _state(self, seen: Group) -> BatteryState:
        """What it does together: what its batteries say, if all of them do, else what its meter believes."""
        measured_w = self._herd.power_w(self.report.device)
        is_doubtful = seen.mode == "charge_full" and not seen.power_w  # some firmware tells 0 then
        told_w = None if is_doubtful else seen.power_w
        power_w = told_w if measured_w is None else measured_w
        quality: Quality = "good" if measured_w is not None else "estimated"
        return BatteryState(
            power_w=power_w,
            soc_pct=self._herd.soc_pct(self.report.device),
            mode=seen.mode,
            target_w=seen.target_w,
            batteries=seen.count,
            quality=quality if power_w is not None else "bad",
        )


def _ordered_mode(order: Lease | None) -> Mode | None:
    """What an order asks for; None without one, and for one that a group does not take."""
    return order.command.mode if order is not None and order.command.action == "set_mode" else None

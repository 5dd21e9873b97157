"""What is done about a group of Plug-In Batteries: open and close its gates as ordered, read back, say what came of it.

The meter they hang on steers them; `/api/batteries` is there. No battery is ever told anything.
"""

from typing import Final

from common.actuator import Actuator
from common.contract import BATTERY_STATE, BatteryState
from common.contract.devices import Mode
from common.contract.envelope import Quality
from common.errors import DeviceLocked, DeviceRefused
from common.homewizard import NotOffered, WrongDevice
from common.homewizard.report import Report
from common.homewizard.troubles import Trouble
from common.lease import Lease
from services.homewizard import facts, gating
from services.homewizard.config import GroupSettings
from services.homewizard.group import PATH, Group, group, steering
from services.homewizard.herd import Herd
from services.homewizard.keeper import Keeper
from services.homewizard.line import Line
from services.homewizard.visits import Care

NOT_A_MODE: Final = "these batteries take set_mode and nothing else: no set-points, no reserve"
LOOKS_APART_S: Final = 0.2
"""Between a PUT and the look at what it did."""


class GroupCare(Care):
    """One group. Its order is on the actuator's desk."""

    def __init__(self, report: Report, settings: GroupSettings, herd: Herd, actuator: Actuator, keeper: Keeper) -> None:
        super().__init__(report, actuator.changed)
        self._settings = settings
        self._actuator = actuator
        self._keeper = keeper
        self._herd = herd
        self._clock = report.bus.clock
        self._memory = keeper.group()
        self._last: Lease | None = None
        self._has_lapsed = False

    async def look(self, line: Line, *, is_steady: bool) -> None:
        """What it does, whether it must be told, what it does then."""
        self._notice()
        await self._see(line, self._ordered)
        if await self._tell(line, self._ordered):
            await self._clock.sleep(LOOKS_APART_S)
            await self._see(line, self._ordered)
        await self._answer()
        await self._publish(line)
        await self._keeper.keep_group(self._memory)

    async def unreachable(self, trouble: Trouble, *, is_offline: bool) -> None:
        """Nobody can steer it now."""
        self._notice()
        if (order := self._actuator.order) is not None:
            await self._actuator.done(order, "failed" if trouble.is_sure else "timeout", detail=trouble.text)
        if is_offline:
            await self._actuator.control("offline")

    async def farewell(self, line: Line) -> None:
        """Back to following its meter, if our orders put it where it is."""
        await self._see(line, None)
        for _ in range(2):  # leaving a full charge takes two
            wait_s = self._memory.wrote_s + gating.WRITES_APART_S - self._clock.monotonic()
            if self._memory.is_ours:
                await self._clock.sleep(wait_s)
            if await self._tell(line, None):
                await self._see(line, None)
        await self._keeper.keep_group(self._memory)
        await self._actuator.control("safe" if self._memory.is_ours else "autonomous")

    @property
    def _ordered(self) -> Mode | None:
        """The mode of the order in force."""
        order = self._actuator.order
        return order.command.mode if order is not None and order.command.action == "set_mode" else None

    def _notice(self) -> None:
        """Look at the desk; and how did the last order end?"""
        order = self._actuator.order
        if order is not self._last:
            self._has_lapsed = order is None and self._last is not None and self._last.ends_s <= self._clock.monotonic()
        self._last = order
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
        await self._keeper.keep_group(self._memory)  # that it is our doing must be known before it is done
        is_refused = False
        try:
            await line.write(PATH, steering(wanted, seen))
        except (DeviceLocked, WrongDevice, NotOffered):
            raise
        except DeviceRefused:
            is_refused = True
        self.report.wrote("refused" if is_refused else "written")
        self._memory = gating.told(self._memory, wanted, self._clock.monotonic(), is_refused=is_refused)
        return True

    async def _answer(self) -> None:
        """Say what became of the order, and who controls the group."""
        order, ordered = self._actuator.order, self._ordered
        if order is not None and ordered is None:
            await self._actuator.done(order, "failed", detail=NOT_A_MODE)
        elif order is not None and ordered is not None:
            said = gating.outcome(self._memory, ordered, order.since_s)
            if said is not None:
                await self._actuator.done(order, said[0], detail=said[1])
        if (reserve := self._actuator.reserve) is not None:
            await self._actuator.done(reserve, "failed", detail=NOT_A_MODE)
        mode = gating.authority(self._memory, ordered, has_lapsed=self._has_lapsed)
        if mode is not None:
            await self._actuator.control(mode)
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

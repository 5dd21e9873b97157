"""What is said of one switch: whether it is there, what became of its order, who controls it, how it stands."""

import asyncio
from typing import Final, Protocol

from common import switching
from common.contract import SWITCH_STATE, DeviceInfo, SwitchState
from common.contract.devices import Authority
from common.lease import Answer, Lease
from common.report import Report
from common.switching import Memory
from services.relay import feeding
from services.relay.dialects.dialect import Dialect
from services.relay.metering import Metering, Reading
from services.relay.switches import SwitchSettings

SAID_S: Final = 20.0
"""The state is said again so often."""
OFFLINE_S: Final = 60.0
"""A device that is away for so long is worth an alert."""
MOST_TOPICS: Final = 10
"""As many as `info` has room for."""
NOT_A_SWITCH: Final = "a switch takes switch and nothing else"
NOT_THERE: Final = "it is not there"


class OrderDesk(Protocol):
    """Where the order for one switch lies: an `Actuator`, or what a pilot wire hands on."""

    changed: asyncio.Event

    @property
    def order(self) -> Lease | None:
        """The order in force."""
        ...

    @property
    def has_lapsed(self) -> bool:
        """None is, because the last one was not renewed."""
        ...

    async def answer(self, became: Answer | None) -> None:
        """Tell what became of it."""
        ...

    async def refuse_reserve(self, why: str) -> None:
        """Tell that a reserve is nothing for it."""
        ...

    async def control(self, mode: Authority) -> None:
        """Tell who controls it."""
        ...


class Voice:
    """The voice of one switch."""

    def __init__(
        self,
        report: Report,
        settings: SwitchSettings,
        dialect: Dialect,
        actuator: OrderDesk,
        metering: Metering,
        *,
        member_of: str | None = None,
    ) -> None:
        self._member_of = member_of
        self._report, self._settings, self._dialect = report, settings, dialect
        self._actuator, self._metering = actuator, metering
        self._clock = report.bus.clock
        self._said: tuple[SwitchState, float] | None = None
        self._gone_s: float | None = None

    async def introduce(self) -> None:
        """What it is and can."""
        period_s = max(self._settings.poll_s, SAID_S)
        await self._report.info(
            DeviceInfo(
                vendor=self._dialect.vendor,
                model="switch",
                phase=self._settings.phase,
                poll_s=period_s,
                stale_after_s=3 * period_s,
                safe_state=self._settings.safe_state,
                capabilities=("switch",),
                refresh_s=feeding.APART_S,
                member_of=self._member_of,
                topics=self._topics(),
            )
        )

    def _topics(self) -> tuple[str, ...]:
        every = (*self._dialect.tells, *self._dialect.hears, *self._settings.sources())
        return tuple(dict.fromkeys(every))[:MOST_TOPICS]

    async def present(self, is_there: bool) -> None:
        """Whether it is there; and an alert once it has been away for long."""
        now_s = self._clock.monotonic()
        await self._report.availability(is_there)
        if is_there:
            self._gone_s = None
        elif self._gone_s is None:
            self._gone_s = now_s
        is_long = self._gone_s is not None and now_s - self._gone_s >= OFFLINE_S
        advice = "Check its power, the Wi-Fi, and its topic in ballast.yaml against MQTT Explorer."
        await self._report.alert("silent", is_long, "is not there, or says nothing.", advice)

    async def answer(self, memory: Memory, ordered: bool | None, *, is_there: bool | None) -> None:
        """What became of the order in force, and who controls it."""
        await self._actuator.answer(self._outcome(memory, ordered, is_there=is_there))
        await self._actuator.refuse_reserve(NOT_A_SWITCH)
        has_lapsed = self._actuator.has_lapsed
        mode = switching.authority(memory, ordered, self._settings, has_lapsed=has_lapsed)
        if is_there is False:
            await self._actuator.control("offline")
        elif mode is not None:
            await self._actuator.control(mode)

    def _outcome(self, memory: Memory, ordered: bool | None, *, is_there: bool | None) -> Answer | None:
        if ordered is None:
            return "failed", NOT_A_SWITCH
        if is_there is False:
            return "failed", NOT_THERE
        tells = self._dialect.tells_state
        return feeding.outcome(memory, ordered, self._settings, self._clock.monotonic(), tells=tells)

    async def warn(self, memory: Memory, *, lacks_timer: bool) -> None:
        """What its owner should know."""
        alert, rests = self._report.alert, self._clock.monotonic() < memory.rests_until_s
        advice = "Switch it in its own page. If it does not move there either, its relay is worn out."
        await alert("stuck", memory.is_in_vain, "takes its orders and does not move.", advice)
        text = "does not tell its off-timer: should Ballast die under an order, it stays on."
        await alert("no_timer", lacks_timer, text, "Update its firmware, or write `dead_man_s: null` to do without.")
        advice = "Is it wanted for longer? Then raise its `max_on_s`."
        await alert("max_on", rests, "was on for as long as its max_on_s allows; it rests now.", advice)

    async def state(self, seen: bool, measured_ms: int) -> None:
        """How it stands: when that has changed, and now and then."""
        now_s = self._clock.monotonic()
        state = self._state(seen, self._metering.reading(now_s))
        if self._said is None or state != self._said[0] or now_s - self._said[1] >= SAID_S:
            self._said = state, now_s
            told_ms = measured_ms if self._dialect.is_asked else self._clock.wall_ms()
            await self._report.bus.publish(SWITCH_STATE.at(self._report.device), state, told_ms)

    def _state(self, seen: bool, reading: Reading) -> SwitchState:
        is_sure = self._dialect.tells_state and (self._dialect.is_asked or self._dialect.tells_online)
        return SwitchState(
            on=seen,
            power_w=reading.power_w,
            energy_import_wh=reading.import_wh,
            energy_export_wh=reading.export_wh,
            quality="good" if is_sure else "estimated",
        )

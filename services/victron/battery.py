"""What is done about the battery behind a GX: carry out order and reserve, read back, say what came of them."""

from dataclasses import replace
from typing import Final

from common.actuator import Actuator
from common.contract import Command
from common.contract.devices import Authority
from common.lease import Answer, Lease, Limits
from common.report import Report
from services.victron import reserve, steering, wire
from services.victron.alarms import MASTERS, Doing
from services.victron.config import SystemSettings
from services.victron.device import Gx
from services.victron.keeper import Keeper
from services.victron.purse import Purse
from services.victron.reserve import KNOBS, PATHS, Knob, seen_value
from services.victron.situation import HANDS_OFF, Master, Situation

TAKES: Final = "this battery takes set_power and set_reserve"
AWAY: Final = "the GX cannot be reached"
NOT_READY: Final = "the GX does not tell grid, battery and charge yet"
ISLANDED: Final = "the grid is away; the house runs on the battery"
NOT_STEERED: Final = "its owner wants no set-points: `steers: false`"
RIVAL: Final = "another program writes the set-point of the GX"
NO_ESS: Final = "there is no ESS on this GX"
SPENT: Final = "no more settings may be written today: `flash_writes_per_day`"


class BatteryCare:
    """One battery. Its orders are on the actuator's desk."""

    def __init__(
        self, report: Report, settings: SystemSettings, gx: Gx, actuator: Actuator, *, keeper: Keeper, purse: Purse
    ) -> None:
        self.report, self._settings, self._gx = report, settings, gx
        self._actuator, self._keeper, self._purse = actuator, keeper, purse
        self._clock = report.bus.clock
        self.wheel = keeper.wheel()
        self.reserve = keeper.reserve(self._clock.monotonic())
        self.is_spent = False
        """A setting waits for tomorrow."""

    def doing(self) -> Doing:
        """What there may be to warn of."""
        command = self._asked
        return Doing(
            reserve=self.reserve,
            wants_target=command is not None and command.charge_target_pct is not None,
            is_spent=self.is_spent,
            has_rival=self.wheel.has_rival,
            is_in_vain=self.wheel.is_in_vain(self._clock.monotonic()),
        )

    def permitted(self, seen: Situation) -> Limits:
        """What may be ordered now."""
        return steering.permitted(self._settings, seen)

    def hindrance(self, seen: Situation) -> str | None:
        """Why set-points are not carried out now."""
        if not self._gx.is_fresh:
            return AWAY
        reasons = (
            (not self._settings.steers, NOT_STEERED),
            (seen.is_islanded, ISLANDED),
            (seen.master is not None, _under(seen.master)),
            (self.wheel.has_rival, RIVAL),
            (not seen.is_known, NOT_READY),
        )
        return next((text for holds, text in reasons if holds), None)

    async def act(self, seen: Situation) -> None:
        """Notice what was seen and what is wanted, and write what follows. Raises DeviceUnreachable."""
        now_s, command = self._clock.monotonic(), self._asked
        self.reserve = reserve.noticed(self.reserve, command, now_s)
        if not self._gx.is_fresh:
            self.wheel = steering.lost(self.wheel)
            return
        self.wheel = steering.saw(self.wheel, seen.override_w, now_s)
        is_kept = command is not None or now_s - self.reserve.free_s < reserve.GRACE_S
        for knob in KNOBS:
            setting = reserve.saw(self.reserve[knob], seen_value(seen, knob), is_kept=is_kept)
            self.reserve = self.reserve.having(knob, setting)
        await self._keeper.keep(self.wheel, self.reserve)
        await self._steer(seen, now_s)
        await self._set(seen, now_s, is_last=command is None)

    async def answer(self, seen: Situation) -> None:
        """Say what became of order and reserve, and who controls the battery."""
        order, lease = self._actuator.order, self._actuator.reserve
        if order is not None:
            await self._actuator.answer(self._order_became(order, seen), seen.battery_w)
        if lease is not None and (became := self._reserve_became(lease, seen)) is not None:
            await self._actuator.done(lease, became[0], detail=became[1])
        power_w = self.power_w(seen)
        await self._actuator.control(self._authority(seen), power_w)

    def power_w(self, seen: Situation) -> float | None:
        """What the battery is to have by the order in force; None if it balances by itself."""
        order = self._actuator.order
        if order is None or order.power_w is None or self.hindrance(seen) is not None:
            return None
        return self.permitted(seen).clamp(order.power_w)

    async def farewell(self, seen: Situation) -> None:
        """Take back what was ordered. Call again with each new look. Raises DeviceUnreachable."""
        now_s = self._clock.monotonic()
        self.wheel = steering.saw(self.wheel, seen.override_w, now_s)
        if steering.due(self.wheel, None, seen.override_w, now_s):
            await self._override(None)
        if self._settings.on_stop == "restore" and not self._is_hands_off(seen):
            self._hand_back(seen, now_s)
            await self._set(seen, now_s, is_last=True)
        await self._keeper.keep(self.wheel, self.reserve)

    @property
    def is_home(self) -> bool:
        """Nothing of ours is left on the GX, as far as that was wanted."""
        is_restored = self._settings.on_stop == "keep" or not any(self.reserve[knob].is_ours for knob in KNOBS)
        return not self.wheel.is_ours and is_restored

    async def let_go(self) -> None:
        """Say that nobody steers it any more."""
        await self._actuator.control("autonomous" if self.is_home else "safe")

    @property
    def _asked(self) -> Command | None:
        lease = self._actuator.reserve
        return lease.command if lease is not None else None

    def _hand_back(self, seen: Situation, now_s: float) -> None:
        """Want the owner's values back at once, whatever was written a moment ago."""
        self.reserve = replace(self.reserve, free_s=now_s - reserve.GRACE_S)
        self.reserve = reserve.noticed(self.reserve, None, now_s)
        for knob in KNOBS:
            setting = reserve.saw(self.reserve[knob], seen_value(seen, knob), is_kept=False)
            if setting.tries == 0 and setting.is_ours:
                setting = replace(setting, wrote_s=now_s - reserve.APART_S)
            self.reserve = self.reserve.having(knob, setting)

    async def _steer(self, seen: Situation, now_s: float) -> None:
        power_w = self.power_w(seen)
        wanted_w = steering.setpoint_w(power_w, seen) if power_w is not None else None
        if seen.master == "dynamic_ess":
            return  # the override is its own
        if steering.due(self.wheel, wanted_w, seen.override_w, now_s):
            await self._override(wanted_w)
        elif steering.wants_look(self.wheel, seen.override_w, now_s):
            self.wheel = replace(self.wheel, asked_s=now_s)
            await self._gx.ask(wire.SETPOINT)

    async def _override(self, wanted_w: float | None) -> None:
        self.wheel = steering.told(self.wheel, wanted_w, self._clock.monotonic())
        await self._keeper.keep(self.wheel, self.reserve)  # that it is our doing must be known before it is done
        await self._gx.write(wire.SETPOINT, wanted_w)
        self.report.wrote("override")

    def _is_hands_off(self, seen: Situation) -> bool:
        """Somebody else's settings are at work, or there is nothing to set."""
        return not seen.has_ess or seen.master in HANDS_OFF

    async def _set(self, seen: Situation, now_s: float, *, is_last: bool) -> None:
        self.is_spent = False
        if self._is_hands_off(seen):
            return
        for knob in KNOBS:
            await self._set_one(knob, seen_value(seen, knob), now_s, is_last=is_last)

    async def _set_one(self, knob: Knob, value: float | None, now_s: float, *, is_last: bool) -> None:
        setting, path = self.reserve[knob], PATHS[knob]
        if reserve.is_due(setting, value, now_s) and setting.wanted is not None:
            if not self._purse.allows(is_last=is_last):
                self.is_spent = True
                return
            self.reserve = self.reserve.having(knob, reserve.told(setting, value, now_s))
            await self._keeper.keep(self.wheel, self.reserve)
            await self._purse.spend()
            await self._gx.write(path, setting.wanted)
            self.report.wrote("setting")
        elif reserve.wants_look(setting, value, now_s):
            self.reserve = self.reserve.having(knob, replace(setting, asked_s=now_s))
            await self._gx.ask(path)

    def _order_became(self, order: Lease, seen: Situation) -> Answer | None:
        if order.command.action != "set_power":
            return "failed", TAKES
        hindrance = self.hindrance(seen)
        if hindrance is not None:
            return ("timeout" if hindrance is AWAY else "failed"), hindrance
        power_w = self.permitted(seen).clamp(order.power_w or 0.0)
        return steering.outcome(self.wheel, order, power_w, seen, self._clock.monotonic())

    def _reserve_became(self, lease: Lease, seen: Situation) -> Answer | None:
        if not self._gx.is_fresh:
            return "timeout", AWAY
        if not seen.has_ess:
            return "failed", NO_ESS
        if seen.master is not None and seen.master in HANDS_OFF:
            return "failed", _under(seen.master)
        if self.is_spent:
            return "failed", SPENT
        return reserve.outcome(self.reserve, lease.command, seen)

    def _authority(self, seen: Situation) -> Authority:
        if self._gx.is_gone:
            return "offline"
        if self.power_w(seen) is not None:
            return "leased"
        if self.wheel.has_rival or (seen.master is not None and seen.master in HANDS_OFF):
            return "manual"
        return "safe" if self._actuator.has_lapsed or self.wheel.is_ours else "autonomous"


def _under(master: Master | None) -> str:
    return f"the battery is under {MASTERS[master]}" if master is not None else ""

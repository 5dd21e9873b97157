"""How one switch is told: what it should do, when it is said again, and the off-timer that is its dead man."""

from dataclasses import replace
from typing import Final

from common import switching
from common.report import Report
from common.switching import Memory
from services.relay import feeding
from services.relay.contact import Contact
from services.relay.keeper import Keeper
from services.relay.switches import SwitchSettings

TIMER_S: Final = 5.0
"""A device has so long to tell what its off-timer is set to."""


class Teller:
    """Tells one switch, and remembers what is known about it."""

    def __init__(self, report: Report, settings: SwitchSettings, contact: Contact, keeper: Keeper) -> None:
        self._report, self._settings, self._contact, self._keeper = report, settings, contact, keeper
        self._clock = report.bus.clock
        self.memory: Memory = keeper.recall(Memory)
        self.timer_s: float | None = None
        """What its off-timer is set to; None: it has not said so."""
        self._timer_before_s = keeper.timer_before_s
        self._since_s = self._clock.monotonic()
        self._there_s: float | None = None
        """Since when it is there without a break."""

    def forget(self) -> None:
        """The connection was lost: how it stands is unknown until it says so."""
        self.memory = feeding.lost(self.memory)
        self.timer_s = None
        self._since_s = self._clock.monotonic()

    def look(self, is_there: bool | None) -> None:
        """Note whether it can be switched now; None: unknown."""
        if is_there is False:
            self.memory = feeding.lost(self.memory)
        if not is_there:
            self._there_s = None
        elif self._there_s is None:
            self._there_s = self._clock.monotonic()

    @property
    def lacks_timer(self) -> bool:
        """Its off-timer is to be set, and it does not tell of one: it may have missed one question, not the next."""
        is_wanted = self._settings.hold_s is not None and self._contact.dialect.sets_timer
        if not is_wanted or self.timer_s is not None or self._there_s is None:
            return False
        return self._clock.monotonic() - self._there_s >= self._settings.poll_s + TIMER_S

    async def keep(self) -> None:
        """Write down what must outlive a restart."""
        await self._keeper.keep(self.memory)
        await self._keeper.keep_timer(self._timer_before_s)

    async def tell(self, ordered: bool | None) -> bool:
        """Say what it should do, if it does not, or if its timer is to be fed. Raises BrokerLost.

        Returns whether it now counts as carried out because nobody will ever say so.
        """
        now_s = self._clock.monotonic()
        wanted = switching.wish(self.memory, ordered, self._settings, now_s)
        hold_s = self._settings.hold_s if ordered is not None and self._is_closing(wanted) else None
        if hold_s is not None and self._awaits_timer(now_s):
            return False
        is_newly_set = await self.set_timer(hold_s, wanted)
        is_due = is_newly_set or feeding.is_due(self.memory, wanted, self._feed_s(hold_s), now_s)
        if wanted is None or not is_due:
            return False
        await self.keep()  # that it is our doing must be known before it is done
        if switching.is_worn_out(self.memory, self._settings, now_s):
            self._report.made_safe("max_on")
        await self._contact.switch(wanted, hold_s)
        self._report.wrote("written")
        is_believed = not self._contact.dialect.tells_state
        if is_believed:
            self.memory = replace(self.memory, seen=wanted)
        self.memory = switching.told(self.memory, wanted, self._clock.monotonic())
        return is_believed

    async def set_timer(self, hold_s: float | None, wanted: bool | None) -> bool:
        """Where the off-timer is a setting: ours while it is to be closed, its owner's own again afterwards.

        Returns whether it is ours now and was not before: only the next closing starts it.
        """
        if not self._contact.dialect.sets_timer or self.timer_s is None:
            return False
        if hold_s is not None and self.timer_s != hold_s:
            self._timer_before_s = self.timer_s if self._timer_before_s is None else self._timer_before_s
            await self._change_timer(hold_s)
            return True
        if self._timer_before_s is not None and not self._is_closing(wanted) and not self.memory.is_ours:
            before_s, self._timer_before_s = self._timer_before_s, None
            await self._change_timer(before_s)
        return False

    async def _change_timer(self, hold_s: float) -> None:
        await self.keep()
        await self._contact.set_timer(hold_s)
        self.timer_s = hold_s  # until it says otherwise

    def _awaits_timer(self, now_s: float) -> bool:
        """Nothing is closed before its off-timer is known; but firmware that does not tell it is not waited for."""
        return self._contact.dialect.sets_timer and self.timer_s is None and now_s - self._since_s < TIMER_S

    def _is_closing(self, wanted: bool | None) -> bool:
        return wanted is not None and self._contact.position(True) is wanted

    def _feed_s(self, hold_s: float | None) -> float | None:
        """How often an order that has been carried out is said again."""
        if hold_s is not None:
            return hold_s / feeding.FEEDS
        return None if self._contact.dialect.tells_state else feeding.REPEAT_S

"""What the owner should know about prices and those who tell of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from common.alerts import Alerts
from common.contract import TariffState
from services.tempo.pulse import Pulse
from services.tempo.telling import InForce

LONGEST_NAME: Final = 32
LATE_HOUR: Final = 21
GRACE_S: Final = 90.0
UNSURE: Final = ("assumed", "unknown")


class Alarms:
    """The alerts of this service."""

    def __init__(self, alerts: Alerts, contract: InForce, pulses: Sequence[Pulse]) -> None:
        self._alerts, self._contract, self._pulses = alerts, contract, pulses
        self._first_s: float | None = None

    async def look(self, state: TariffState, now: datetime, now_s: float) -> None:
        """Raise and clear them; at first the sources are given time to answer."""
        self._first_s = now_s if self._first_s is None else self._first_s
        if now_s - self._first_s < GRACE_S:
            return
        await self._days(state, now)
        await self._sources(now_s)
        text = "the prices in use are older than seven months; there must be newer ones."
        advice = "Write those of your bill under `contract.prices` in ballast.yaml, or update Ballast."
        await self._alerts.say("old_prices", self._contract.is_old(now), text, advice)

    async def _days(self, state: TariffState, now: datetime) -> None:
        say = self._alerts.say
        taken = f"; it is taken to be {state.label}" if state.label else ""
        text = f"nobody tells what energy costs now{taken}."
        await say("today_unknown", state.certainty in UNSURE, text, "Look at the alerts about its sources.")
        taken = f"; it is taken to be {state.tomorrow_label}" if state.tomorrow_label else ""
        is_late = state.tomorrow_certainty == "assumed" or (
            state.tomorrow_certainty == "unknown" and now.astimezone(self._contract.hours.zone).hour >= LATE_HOUR
        )
        text = f"it is late, and nobody tells what energy costs tomorrow{taken}."
        await say("tomorrow_unknown", is_late, text, "Look it up yourself; the sources are asked again.")
        text = (
            "the sources contradict each other about today or tomorrow. The dearer word counts; for today the meter's."
        )
        await say(
            "disputed", state.disputed, text, "Compare with your supplier; the meter's colour is the one you pay."
        )

    async def _sources(self, now_s: float) -> None:
        silent = [pulse for pulse in self._pulses if pulse.is_silent(now_s)]
        for pulse in self._pulses:
            text = f"{pulse.name} has told nothing useful for a while. {pulse.why}".rstrip()
            name = f"silent-{pulse.name}"[:LONGEST_NAME]
            await self._alerts.say(name, pulse in silent, text, pulse.advice)
        are_all = bool(self._pulses) and len(silent) == len(self._pulses)
        text = "no source of prices answers any more. What is known stays; what is not is taken as the worst it may be."
        if are_all:
            await self._alerts.set("no_source", text, "Check the internet connection and the meter's box.", error=True)
        else:
            await self._alerts.clear("no_source")

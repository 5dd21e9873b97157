"""From what was heard to what may be said: understood, new, believed. Pure; others ask what it must know."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from common.contract import MeterState
from services.p1 import wire
from services.p1.freshness import Freshness, Mark
from services.p1.heard import Heard
from services.p1.pace import Pace
from services.p1.plausibility import Ledger


@dataclass(frozen=True, slots=True)
class Reading:
    """A new reading."""

    state: MeterState | None
    """What of it can be true; None if nothing."""
    doubts: tuple[str, ...]
    """Fields that were left out as impossible."""
    measured_ms: int


@dataclass(frozen=True, slots=True)
class Question:
    """The values stand still: does the meter's clock?"""

    heard: Heard
    telegram: wire.Telegram


class Judge:
    """Everything remembered about the readings of one meter."""

    def __init__(self, zone: ZoneInfo, max_power_w: float, now_s: float) -> None:
        self.pace = Pace()
        self.ledger = Ledger(max_power_w)
        self.freshness = Freshness(now_s)
        self._zone = zone

    def hear(self, heard: Heard) -> Reading | Question | None:
        """The reading, if it is a new one; or what must be asked first. Raises NoTelegram, DeviceUnintelligible."""
        telegram = wire.telegram(heard.document, self._zone, heard.arrived_ms)
        self.pace.expect(telegram.protocol, heard.each_s)
        if heard.is_first:
            self.freshness.reconnected()
            self.pace.interrupted()
        verdict = self.freshness.judge(_mark(telegram), heard.arrived_s)
        if verdict == "new":
            self.pace.saw_new(heard.arrived_s)
            return self._reading(heard, telegram.state)
        if telegram.stamp is None and self.freshness.is_time_to_ask(heard.arrived_s, self.pace.meter_s):
            return Question(heard, telegram)
        return None

    def settle(self, question: Question, stamp: str | None) -> Reading | None:
        """The reading behind a question, when the meter's clock is known; a meter without one can only be believed."""
        heard, state = question.heard, question.telegram.state
        if stamp is None:
            self.freshness.believe(heard.arrived_s)
            state = state.model_copy(update={"quality": "estimated"})
        elif self.freshness.judge(replace(_mark(question.telegram), stamp=stamp), heard.arrived_s) != "new":
            return None
        self.pace.interrupted()  # it came when it was asked for, not when the meter sent it
        return self._reading(heard, state)

    def _reading(self, heard: Heard, state: MeterState) -> Reading:
        judged = self.ledger.judge(state, heard.arrived_s, heard.arrived_ms)
        return Reading(judged.state, judged.doubts, heard.arrived_ms)


def _mark(telegram: wire.Telegram) -> Mark:
    return Mark(telegram.state, telegram.stamp)

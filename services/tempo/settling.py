"""From what is known of a day to what is taken to be true of it: the worst it may be, never blue by default. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time

from services.tempo.calendar import DAY, RedSeason, worst
from services.tempo.hours import Hours
from services.tempo.knowledge import Knowledge
from services.tempo.timeline import NOT_TOLD, Settled


@dataclass(frozen=True, slots=True)
class Settling:
    """How a Tempo contract settles its days."""

    hours: Hours
    red_season: RedSeason
    assume_at: time
    """On the evening before: from then on a day that nobody told of is taken as the worst that it may be."""

    def settle(self, day: date, knowledge: Knowledge, now: datetime) -> Settled:
        """What holds of a day."""
        verdict = knowledge.verdict(day)
        if verdict.colour is not None:
            label, severity = verdict.colour.label, int(verdict.colour)
            return Settled(severity=severity, certainty=verdict.certainty, label=label, source=verdict.source)
        if not self.is_late(day, now):
            return NOT_TOLD
        colour = worst(day, knowledge.colours(), self.red_season)
        return Settled(severity=int(colour), certainty="assumed", label=colour.label)

    def is_late(self, day: date, now: datetime) -> bool:
        """Whether a day ought to be known by now."""
        return now >= self.hours.instant(day - DAY, self.assume_at)

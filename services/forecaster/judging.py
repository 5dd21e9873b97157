"""How good the forecasts are: as metrics, and as words where they are bad for long."""

from collections.abc import Iterator
from typing import Final

from common import metrics
from common.alerts import Alerts
from services.forecaster.core.score import ENOUGH, KINDS, LEADS, WINDOW_S, Kind, Lead, Score, score
from services.forecaster.ledger import Past

BAD_SKILL: Final = -0.25
"""A quarter worse than "as yesterday", for a week."""
WORDS: Final = {"pv": "the sun", "load": "the house"}
ADVICE: Final = {
    "pv": "Look at planes, direction and place under forecaster.sites, and whether the meter counts all of the roof.",
    "load": "Look whether all that Ballast commands stands under forecaster.apart.",
}


def scores(past: Past, now_s: float) -> Iterator[tuple[Kind, Lead, Score]]:
    """Of the last week, by kind and lead; nothing where nothing was measured."""
    measured = {
        "pv": {row.start_s: row.pv_w for row in past.quarters if row.pv_w is not None},
        "load": {row.start_s: row.load_w for row in past.quarters if row.load_w is not None},
    }
    for kind in KINDS:
        for lead, lead_s in LEADS.items():
            told = (each.expected for each in past.told if (each.kind, each.lead) == (kind, lead))
            recent = (each for each in told if now_s - each.start_s < WINDOW_S)
            if (found := score(recent, measured[kind], lead_s)) is not None:
                yield kind, lead, found


async def judge(past: Past, now_s: float, account: str, alerts: Alerts) -> None:
    """Show the scores; say so if a forecast is bad for long, and when it is over."""
    for kind, lead, found in scores(past, now_s):
        labels = (account, kind, lead)
        metrics.FORECAST_ERROR.labels(*labels).set(found.mae_w)
        metrics.FORECAST_BIAS.labels(*labels).set(found.bias_w)
        metrics.FORECAST_PINBALL.labels(*labels).set(found.pinball_w)
        metrics.FORECAST_SKILL.labels(*labels).set(found.skill)
        if lead == "day" and found.quarters >= ENOUGH:
            text = f"For days the forecast of {WORDS[kind]} was worse than 'as yesterday': off by {found.mae_w:.0f} W."
            await alerts.say(f"poor_{kind}", found.skill < BAD_SKILL, text, ADVICE[kind])

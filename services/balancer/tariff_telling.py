"""What is said about dear days: each relay in a message of its own, and what batteries shall hold as metrics."""

from contextlib import suppress
from typing import Final

from common import metrics
from common.contract import Decision
from services.balancer.mind import Mind
from services.balancer.tariff import missing, relay_on

RELAY: Final = {
    True: ("dear_hours", "is on: these are peak hours of a dear day"),
    False: ("other_hours", "is off: these are no peak hours of a dear day"),
    None: ("untold", "left alone: nobody tells what energy costs now"),
}
"""Rule and words, by whether these are dear hours."""
ASLEEP: Final = ("off_season", "left alone: it is not the season of dear days")


def tell_relays(mind: Mind) -> dict[str, Decision]:
    """What each relay is told, and why."""
    return {name: _decision(mind, name) for name in mind.config.tariff_relays}


def _decision(mind: Mind, name: str) -> Decision:
    if (absence := missing(mind, name)) is not None:
        return Decision(rule="absent", reason=f"left alone: it {absence.why}")
    rule, reason = ASLEEP if mind.tariff.course is None else RELAY[relay_on(mind, name)]
    return Decision(rule=rule, reason=f"dry run: {reason}" if mind.book.dry_run else reason)


def count_tariff(mind: Mind, account: str) -> None:
    """What batteries shall hold, as metrics; none while that is their owner's affair alone."""
    for name in mind.tariff.batteries:
        reserve = mind.tariff.reserve_of(name)
        if reserve is None:
            for gauge in (metrics.TARIFF_TARGET, metrics.TARIFF_MIN_SOC):
                with suppress(KeyError):
                    gauge.remove(name, account)
            continue
        metrics.TARIFF_TARGET.labels(name, account).set(reserve.charge_target_pct / 100)
        metrics.TARIFF_MIN_SOC.labels(name, account).set(reserve.min_soc_pct / 100)

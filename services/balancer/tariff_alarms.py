"""What about dear days an owner should know. Pure."""

from collections.abc import Iterator
from typing import Final

from services.balancer.load_alarms import LONGEST_NAME, Alarm
from services.balancer.mind import Mind
from services.balancer.tariff import missing

FAILED: Final = ("failed", "timeout", "rejected")


def tariff_alarms(mind: Mind) -> dict[str, Alarm]:
    """Everything that is wrong about dear days now, by the name of its alert."""
    return {name[:LONGEST_NAME]: alarm for name, alarm in _found(mind)}


def _found(mind: Mind) -> Iterator[tuple[str, Alarm]]:
    desk = mind.tariff
    if desk.course is not None and desk.course.is_guessed:
        text = "Nobody tells what energy costs on the coming day: it is taken for a very dear one."
        yield "tariff", Alarm(text, "Look at the service tempo, its sources and its alerts.")
    for name, ack in desk.answers.items():
        if name in desk.standing and ack.outcome in FAILED:
            text = f"{name} did not take what it is to hold on dear days: {ack.detail or ack.outcome}."
            yield f"tariff_{name}", Alarm(text, "Look at the alerts of its bridge, and at the device.", name)
    for name in mind.config.tariff_relays:
        absence = missing(mind, name)
        if absence is not None and absence.advice is not None:
            text = f"{name} {absence.why}, so it is not told the peak hours of dear days."
            yield f"absent_{name}", Alarm(text, "Look at its name under tariff_policy.relays, and at its bridge.", name)

"""What an owner should know about the loads. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from services.balancer.loads.steps import SURE
from services.balancer.mind import Mind
from services.balancer.sharing import asked
from services.balancer.switchboard import UNFILLED_WH

LONGEST_NAME = 32


class Alarm(NamedTuple):
    """One thing that is wrong at the moment."""

    text: str
    advice: str
    device: str | None = None


def load_alarms(mind: Mind, now_s: float) -> dict[str, Alarm]:
    """Everything that is wrong with loads now, by the name of its alert."""
    return {name[:LONGEST_NAME]: alarm for load in mind.config.loads for name, alarm in _of(mind, load, now_s)}


def _of(mind: Mind, name: str, now_s: float) -> Iterator[tuple[str, Alarm]]:
    if (lacks_wh := mind.switchboard.unfilled_wh.get(name)) is not None:
        text = f"{name} did not get all it needs in time: {lacks_wh:,.0f} Wh were missing."
        advice = "Look at what kept it: its plug, the connection, or a ready_by that leaves too little time."
        yield f"unfilled_{name}", Alarm(text, advice, name)
    if (missing_wh := _cold_wh(mind, name, now_s)) > UNFILLED_WH:
        text = f"{name} stays cold: of what the sun did not bring {missing_wh:,.0f} Wh are still missing."
        advice = "Look at its alerts, its fuse and what the connection bears; it is heated as soon as possible."
        yield f"cold_{name}", Alarm(text, advice, name)
    if mind.policy(name).want == "thermostat" and asked(mind, name, now_s) is None:
        text = f"{name} is off: {mind.policy(name).request}, whose wish it follows, has said nothing lately."
        advice = "Look at that thermostat and at relay.requests; force_minutes has it on meanwhile."
        yield f"wish_{name}", Alarm(text, advice, name)
    if _is_fickle(mind, name):
        text = f"{name} draws something else each time it is on, as far as the house's meter shows."
        yield f"power_{name}", Alarm(text, "Write its power_w under balancer.devices, or give it a meter.", name)


def _cold_wh(mind: Mind, name: str, now_s: float) -> float:
    """What a water heater lacks although it should have it by now."""
    warmth = mind.switchboard.book(name).warmth
    return warmth.owed_wh if warmth.due_s is not None and now_s > warmth.due_s else 0.0


def _is_fickle(mind: Mind, name: str) -> bool:
    """Whether nobody has said what a load draws, it has no meter, and the house's meter cannot tell either."""
    book, policy = mind.switchboard.book(name), mind.policy(name)
    is_told = policy.power_w or book.told_w or book.rated.power_w
    return not is_told and len(book.steps.sizes_w) >= SURE and not book.steps.is_sure

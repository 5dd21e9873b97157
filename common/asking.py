"""A person's wish on its way to the balancer, and what became of it."""

from dataclasses import dataclass
from typing import Final

from common.clock import Clock
from common.contract import SETTING_REQUEST, Alert
from common.errors import BrokerLost
from common.messaging import Bus
from common.same import is_same
from common.scene import Scene

PATIENCE_S: Final = 3.0
"""The balancer answers within a tick of its own."""
LOOK_S: Final = 0.05
MOST_CHARACTERS: Final = 400
"""Of a value: an order may name many devices."""
SILENT: Final = "The balancer did not answer. See whether it runs: nothing was changed."


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish."""

    granted: bool
    text: str
    """For the person who asked."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What was known when it was asked."""

    value: str | None
    refusal: Alert | None


def refusal(setting: str, why: object) -> str:
    """How the balancer says, in an alert, that it does not grant a wish."""
    return f"The setting {setting} was refused: {why}"


async def ask(bus: Bus, scene: Scene, setting: str, value: str, clock: Clock) -> Answer:
    """Ask the balancer for a setting, such as `mode` or `force_minutes/boiler`; an empty value takes one back.

    `scene` is kept up to date by somebody else meanwhile.
    """
    if len(value) > MOST_CHARACTERS:
        return Answer(False, f"A value has at most {MOST_CHARACTERS} characters.")
    before = _Before(scene.settings.get(setting), _refusal(scene, setting))
    try:
        topic = SETTING_REQUEST.at("main", *setting.split("/"))
    except ValueError:
        return Answer(False, f"{setting[:64]!r} is no name of a setting.")
    try:
        await bus.publish(topic, value)
    except BrokerLost as lost:
        return Answer(False, f"The broker cannot be reached, so nobody was asked: {lost}")
    deadline_s = clock.monotonic() + PATIENCE_S
    while (answer := _told(scene, setting, before)) is None and clock.monotonic() < deadline_s:
        await clock.sleep(LOOK_S)
    return answer or _silent(scene, setting, value, before)


def _told(scene: Scene, setting: str, before: _Before) -> Answer | None:
    """The balancer's answer, as soon as it can be told from what was known before."""
    refused, value = _refusal(scene, setting), scene.settings.get(setting)
    if refused is not None and refused != before.refusal:
        return Answer(False, refused.text)
    if value is not None and value != before.value:
        return Answer(True, f"{setting} is now {value}.")
    return None


def _silent(scene: Scene, setting: str, value: str, before: _Before) -> Answer:
    """Nothing has changed: it was so already, was refused in the same words as before, or nobody heard."""
    known, refused = scene.settings.get(setting), _refusal(scene, setting)
    if refused is not None:
        return Answer(False, refused.text)
    if known is not None and (is_same(known, value) or before.refusal is not None):
        return Answer(True, f"{setting} is {known} already.")
    return Answer(False, SILENT)


def _refusal(scene: Scene, setting: str) -> Alert | None:
    """The balancer's alert about this setting, if it stands."""
    about = ((topic, alert) for topic, alert in scene.alerts.items() if alert.text.startswith(refusal(setting, "")))
    return next((alert for topic, alert in about if topic.endswith("balancer/setting")), None)

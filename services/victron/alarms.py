"""What its owner should know about a GX: the words for it, and when it is so. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from common.errors import BrokerRefused
from services.victron.reserve import KNOBS, NAMES, Reserve
from services.victron.situation import HANDS_OFF, Master, Situation

CLOCK_S: Final = 60.0
MASTERS: Final[Mapping[Master, str]] = {
    "dynamic_ess": "Victron's Dynamic ESS",
    "external": "external control",
    "keep_charged": 'the mode "keep batteries charged"',
    "schedule": "its own schedule",
}
Standing = Mapping[str, str | None]
"""Alarms by name: None where all is well, else the word that the sentence lacks."""


class Alarm(NamedTuple):
    """One of them; the text goes on where the battery's name ends, `{what}` is filled in."""

    kind: str
    text: str
    advice: str


ALARMS: Final = (
    Alarm(
        "password",
        "does not let us in at {what}: bad password.",
        "Write the password of the GX's own pages as `password`. It is tried seldom: the GX shuts out who hammers.",
    ),
    Alarm(
        "certificate",
        "shows another certificate at {what} than at the first visit; nothing is said to it.",
        "If you replaced or reset the GX, delete its `victron-….pem` in the data folder and restart. Else something "
        "else answers there.",
    ),
    Alarm(
        "silent",
        "does not answer at {what}.",
        "Check its power and network, its `host`, and that MQTT access is on in the GX (Settings, Integrations).",
    ),
    Alarm(
        "old",
        "runs a Venus OS without a heartbeat; what it says cannot be trusted to be live.",
        "Update the GX to Venus OS 3.50 or later.",
    ),
    Alarm(
        "clock",
        "has a clock that is {what} s off; its schedules follow that clock.",
        "Let the GX have the time from the internet, or set it (Settings, Date & time).",
    ),
    Alarm(
        "no_ess",
        "has no ESS: nothing can be ordered.",
        "Install the ESS assistant with VEConfigure, or give the battery to another bridge.",
    ),
    Alarm(
        "master",
        "is under {what}; Ballast only looks on.",
        "Switch that off in the GX or in VRM, or take the battery out of the balancer's `order`.",
    ),
    Alarm(
        "rival",
        "is given set-points by another program; Ballast holds back while it is.",
        "Let one program steer: Node-RED, an automation, or Ballast.",
    ),
    Alarm(
        "schedule",
        "has its first charge schedule switched off: it is not charged to its target.",
        "In the GX: Settings, ESS, Scheduled charge levels: switch on schedule 1 for your off-peak hours.",
    ),
    Alarm(
        "contested",
        "has {what} changed by somebody else again and again; it is left so.",
        "Do VRM, an app or an automation set it as well? Let one of them do it.",
    ),
    Alarm("refused", "does not take {what}.", "Try to set it in the GX's own pages."),
    Alarm(
        "override",
        "does not keep the set-point it is given.",
        "Update the GX to Venus OS 3.50 or later, or set `steers: false` and let ESS balance.",
    ),
    Alarm(
        "budget",
        "has had as many settings written today as it may; the rest waits.",
        "Look who keeps changing its settings. If it must be so, raise `flash_writes_per_day`.",
    ),
    Alarm(
        "islanded",
        "has lost the grid: the house runs on the battery, and Ballast leaves it alone.",
        "It resumes by itself when the grid is back.",
    ),
)
BY_KIND: Final = {alarm.kind: alarm for alarm in ALARMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How the GX is reached."""

    where: str
    """Host and port."""
    is_fresh: bool
    is_gone: bool
    is_old: bool
    refusal: BrokerRefused | None
    clock_off_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What we do with it."""

    reserve: Reserve
    wants_target: bool
    is_spent: bool
    has_rival: bool
    is_in_vain: bool


def of_contact(contact: Contact) -> Standing:
    """What is wrong with the way to it."""
    refusal, where = contact.refusal, contact.where
    is_off = contact.is_fresh and abs(contact.clock_off_s) > CLOCK_S
    return {
        "password": where if refusal is not None and not refusal.is_stranger else None,
        "certificate": where if refusal is not None and refusal.is_stranger else None,
        "silent": where if contact.is_gone and not (contact.is_old or refusal) else None,
        "old": _told(contact.is_old),
        "clock": f"{contact.clock_off_s:.0f}" if is_off else None,
    }


def of_system(seen: Situation, doing: Doing) -> Standing:
    """What is wrong with the ESS, or keeps it from us. Only while it is heard."""
    contested = [NAMES[knob] for knob in KNOBS if doing.reserve[knob].is_contested]
    refused = [NAMES[knob] for knob in KNOBS if doing.reserve[knob].is_in_vain]
    return {
        "no_ess": _told(not seen.has_ess),
        "master": MASTERS[seen.master] if seen.master in HANDS_OFF else None,
        "rival": _told(doing.has_rival),
        "schedule": _told(doing.wants_target and seen.schedule_on is False),
        "contested": " and ".join(contested) or None,
        "refused": " and ".join(refused) or None,
        "override": _told(doing.is_in_vain),
        "budget": _told(doing.is_spent),
        "islanded": _told(seen.is_islanded),
    }


def sentences(kind: str, what: str | None) -> tuple[str, str]:
    """Text and advice of an alarm."""
    alarm = BY_KIND[kind]
    return alarm.text.format(what=what), alarm.advice


def _told(is_wrong: bool) -> str | None:
    """For a sentence that lacks nothing."""
    return "" if is_wrong else None

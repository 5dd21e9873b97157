"""What its owner should know about a GX, each as a name, whether it is so, and two sentences. Pure."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from common.errors import BrokerRefused
from services.victron.reserve import KNOBS, NAMES, Reserve
from services.victron.situation import Situation

CLOCK_S: Final = 60.0


class Alarm(NamedTuple):
    """One of them; the text goes on where the battery's name ends."""

    kind: str
    is_wrong: bool
    text: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How the GX is reached."""

    host: str
    port: int
    pin: str
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


def of_contact(contact: Contact) -> tuple[Alarm, ...]:
    """What is wrong with the way to it."""
    where, refusal = f"{contact.host}:{contact.port}", contact.refusal
    is_stranger, is_locked = (refusal is not None and refusal.is_stranger is kind for kind in (True, False))
    is_silent = contact.is_gone and not (contact.is_old or refusal)
    return (
        Alarm(
            "password",
            is_locked,
            f"does not let us in at {where}: bad password.",
            "Write the password of the GX's own pages as `password`. It is tried seldom: the GX shuts out who hammers.",
        ),
        Alarm(
            "certificate",
            is_stranger,
            f"shows another certificate at {where} than at the first visit; nothing is said to it.",
            f"If you replaced or reset the GX, delete {contact.pin} and restart. Else something else answers there.",
        ),
        Alarm(
            "silent",
            is_silent,
            f"does not answer at {where}.",
            "Check its power and network, its `host`, and that MQTT access is on in the GX (Settings, Integrations).",
        ),
        Alarm(
            "old",
            contact.is_old,
            "runs a Venus OS without a heartbeat; what it says cannot be trusted to be live.",
            "Update the GX to Venus OS 3.50 or later.",
        ),
        Alarm(
            "clock",
            contact.is_fresh and abs(contact.clock_off_s) > CLOCK_S,
            f"has a clock that is {contact.clock_off_s:.0f} s off; its schedules follow that clock.",
            "Let the GX have the time from the internet, or set it (Settings, Date & time).",
        ),
    )


def of_system(seen: Situation, doing: Doing) -> tuple[Alarm, ...]:
    """What is wrong with the ESS, or keeps it from us. Only while it is heard."""
    contested = [NAMES[knob] for knob in KNOBS if doing.reserve[knob].is_contested]
    refused = [NAMES[knob] for knob in KNOBS if doing.reserve[knob].is_in_vain]
    return (
        Alarm(
            "no_ess",
            not seen.has_ess,
            "has no ESS: nothing can be ordered.",
            "Install the ESS assistant with VEConfigure, or give the battery to another bridge.",
        ),
        Alarm(
            "master",
            seen.master in ("dynamic_ess", "external", "keep_charged"),
            f"is under {_MASTERS.get(seen.master or '', '')}; Ballast only looks on.",
            "Switch that off in the GX or in VRM, or take the battery out of the balancer's `order`.",
        ),
        Alarm(
            "rival",
            doing.has_rival,
            "is given set-points by another program; Ballast holds back while it is.",
            "Let one program steer: Node-RED, an automation, or Ballast.",
        ),
        Alarm(
            "schedule",
            doing.wants_target and seen.schedule_on is False,
            "has its first charge schedule switched off: it is not charged to its target.",
            "In the GX: Settings, ESS, Scheduled charge levels: switch on schedule 1 for your off-peak hours.",
        ),
        Alarm(
            "contested",
            bool(contested),
            f"has {' and '.join(contested)} changed by somebody else again and again; it is left so.",
            "Do VRM, an app or an automation set it as well? Let one of them do it.",
        ),
        Alarm(
            "refused",
            bool(refused),
            f"does not take {' and '.join(refused)}.",
            "Try to set it in the GX's own pages.",
        ),
        Alarm(
            "override",
            doing.is_in_vain,
            "does not keep the set-point it is given.",
            "Update the GX to Venus OS 3.50 or later, or set `steers: false` and let ESS balance.",
        ),
        Alarm(
            "budget",
            doing.is_spent,
            "has had as many settings written today as it may; the rest waits.",
            "Look who keeps changing its settings. If it must be so, raise `flash_writes_per_day`.",
        ),
        Alarm(
            "islanded",
            seen.is_islanded,
            "has lost the grid: the house runs on the battery, and Ballast leaves it alone.",
            "It resumes by itself when the grid is back.",
        ),
    )


_MASTERS: Final = {
    "dynamic_ess": "Victron's Dynamic ESS",
    "external": "external control",
    "keep_charged": 'the mode "keep batteries charged"',
}

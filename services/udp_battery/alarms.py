"""What the owner of a battery should know, in a sentence and with advice. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.udp_battery.limits import Caps
from services.udp_battery.memory import Memory

UNLOCK: Final = (
    "Unlock the full power in the Marstek app and restart Ballast, or set max_discharge_w and max_charge_w to "
    "what it gives."
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong."""

    kind: str
    text: str
    advice: str


def alarms(device: str, memory: Memory, caps: Caps, now_s: float, *, was_reset: bool, stranger: str) -> Iterator[Alarm]:
    """Everything that is wrong with a battery now."""
    if memory.contact.is_missing(now_s):
        yield Alarm(
            "silent",
            f"{device} has given no usable answer for a minute or more.",
            "Is it on, and on the network? Is Open API still on in the Marstek app, with the same port?",
        )
    if memory.is_disobedient:
        yield Alarm(
            "follow",
            f"{device} acknowledges its orders and does not follow them.",
            "Does something else control it (the app, the cloud, another program)? If the app limits how far it may "
            "discharge, set reserve_soc_pct to the same.",
        )
    if min(caps.charge_w, caps.discharge_w) < math.inf:
        yield Alarm("limit", f"{device} {_limited(caps)}.", UNLOCK)
    if was_reset:
        yield Alarm(
            "reset",
            f"{device} has gone to Manual mode by itself.",
            "Old firmware now and then resets its settings: check in the Marstek app that Open API is on and 2500 W "
            "unlocked, and update the firmware (150 or later; Venus C and E 2.0: 156).",
        )
    if stranger:
        yield Alarm(
            "device",
            f"{device}: {stranger}. It gets no orders.",
            "Reserve the battery's address in the router. If you have replaced the battery, set its new mac.",
        )


def _limited(caps: Caps) -> str:
    parts = []
    if caps.discharge_w < math.inf:
        parts.append(f"gives no more than {caps.discharge_w:.0f} W")
    if caps.charge_w < math.inf:
        parts.append(f"takes no more than {caps.charge_w:.0f} W")
    return " and ".join(parts)

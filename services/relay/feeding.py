"""When a switch on MQTT is told, and told again: until it moves, and while its off-timer is to be fed. Pure."""

import math
from dataclasses import replace
from typing import Final

from common.lease import Answer
from common.switching import AGAIN_S, BY_HAND, RESTS, Memory, wish
from services.relay.switches import SwitchSettings

APART_S: Final = 3.0
"""Time an order is given to show."""
REPEAT_S: Final = 60.0
"""What cannot say how it stands is told again so often."""
FEEDS: Final = 3
"""Times that an off-timer is fed within its own time."""


def is_due(memory: Memory, wanted: bool | None, feed_s: float | None, now_s: float) -> bool:
    """Whether to say it now. `feed_s`: an order that has been carried out is repeated so often."""
    if wanted is None:
        return False
    if memory.seen is not wanted and memory.said is not wanted:  # another word than the last one never waits
        return True
    pause_s: float | None = AGAIN_S if memory.is_in_vain else APART_S
    if memory.seen is wanted:
        pause_s = feed_s
    return pause_s is not None and now_s - memory.told_s >= pause_s


def lost(memory: Memory) -> Memory:
    """It was out of reach, or we were: where it stands is unknown, and whatever moved it was nobody's hand."""
    return replace(memory, seen=None, settled=None, tries=0, told_s=-math.inf, said=None)


def outcome(memory: Memory, ordered: bool, settings: SwitchSettings, now_s: float, *, tells: bool) -> Answer | None:
    """What has become of the order in force; None while that is not known. `tells`: it says how it stands."""
    if memory.by_hand_s is not None:
        return "failed", BY_HAND
    if ordered and wish(memory, ordered, settings, now_s) is False:
        return "failed", RESTS
    if memory.seen is ordered:
        return "applied", "" if tells else "said, and not verified: it has no state topic"
    return ("failed", "it takes its orders and does not move") if memory.is_in_vain else None

"""What a switch should do, and what was seen of it: orders, the safe state, somebody's hand, the longest time on. Pure.

Positions are the load's: True is on. What our orders did is taken back to the safe state when none is left; what
somebody else did is left alone.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from common.contract.devices import Authority, Outcome
from services.relay.switches import SwitchSettings

TRIES: Final = 3
"""Orders in vain after which it counts as not obeying …"""
AGAIN_S: Final = 60.0
"""… and is told only so often."""
APART_S: Final = 3.0
"""Time an order is given to show."""
REPEAT_S: Final = 60.0
"""What cannot say how it stands is told again so often."""
FEEDS: Final = 3
"""Times that an off-timer is fed within its own time."""
Answer = tuple[Outcome, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known about one switch. Instants are monotonic."""

    seen: bool | None = None
    """Where it stands; None: unknown."""
    is_ours: bool = False
    """Our orders put it where it is: without one it goes to its safe state. Outlives a restart."""
    settled: bool | None = None
    """The position that was last wanted and seen; a switch found elsewhere was moved by somebody."""
    by_hand_s: float | None = None
    """Since when somebody's hand rules. Outlives a restart."""
    was_free: bool = False
    """No order was in force at some time since then: an order that comes now knows of the hand."""
    on_since_s: float | None = None
    """Since when our orders have kept it on. Outlives a restart."""
    rests_until_s: float = -math.inf
    """After the longest time on. Outlives a restart."""
    tries: int = 0
    """Orders since it last stood where it was wanted."""
    told_s: float = -math.inf
    said: bool | None = None
    """What it was told then."""

    @property
    def is_in_vain(self) -> bool:
        """It was told often enough."""
        return self.tries >= TRIES


def noticed(memory: Memory, ordered: bool | None, settings: SwitchSettings, now_s: float) -> Memory:
    """After a look at the desk: `ordered` is the position of the order in force, None without one."""
    if (since_s := memory.by_hand_s) is not None:
        memory = replace(memory, was_free=memory.was_free or ordered is None)
        is_over = now_s - since_s >= settings.by_hand_h * 3600
        if is_over or (ordered is not None and memory.was_free):
            memory = replace(memory, by_hand_s=None, was_free=False, settled=None)
    if memory.by_hand_s is None and ordered is not None:
        is_kept_on = ordered and memory.seen is True and memory.on_since_s is None
        return replace(memory, is_ours=True, on_since_s=now_s if is_kept_on else memory.on_since_s)
    return replace(memory, is_ours=False) if ordered is None and settings.safe_state == "keep" else memory


def wish(memory: Memory, ordered: bool | None, settings: SwitchSettings, now_s: float) -> bool | None:
    """Where it should stand now; None: wherever it is."""
    if memory.by_hand_s is not None:
        return None
    if is_worn_out(memory, settings, now_s):
        return False
    wanted = settings.safe_position if ordered is None and memory.is_ours else ordered
    return False if wanted and now_s < memory.rests_until_s else wanted


def is_worn_out(memory: Memory, settings: SwitchSettings, now_s: float) -> bool:
    """Our orders have kept it on for as long as they may."""
    if memory.on_since_s is None or settings.max_on_s is None:
        return False
    return now_s - memory.on_since_s >= settings.max_on_s


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


def told(memory: Memory, wanted: bool, now_s: float, *, is_believed: bool = False) -> Memory:
    """After an order. `is_believed`: nobody will say what became of it, so it is taken as carried out."""
    if is_believed:
        memory = replace(memory, seen=wanted)
    tries = memory.tries if memory.seen is wanted else memory.tries + 1
    return replace(memory, tries=tries, told_s=now_s, said=wanted)


def saw(memory: Memory, seen: bool, ordered: bool | None, settings: SwitchSettings, now_s: float) -> Memory:
    """After it has said how it stands."""
    wanted = wish(memory, ordered, settings, now_s)
    is_moved = memory.settled is not None and seen is not memory.settled and seen is not wanted
    if memory.by_hand_s is not None:
        is_back = memory.settled is not None and seen is memory.settled
        memory = replace(memory, by_hand_s=None, was_free=False) if is_back else memory
    elif is_moved and settings.by_hand == "respect":
        memory = replace(memory, by_hand_s=now_s, was_free=ordered is None, is_ours=False, on_since_s=None)
    elif wanted is None or seen is wanted:
        is_home = ordered is None and wanted is not None
        memory = replace(memory, settled=seen, tries=0, is_ours=memory.is_ours and not is_home)
    return replace(_timed(memory, seen, ordered, settings, now_s), seen=seen)


def lost(memory: Memory) -> Memory:
    """It was out of reach, or we were: where it stands is unknown, and whatever moved it was nobody's hand."""
    return replace(memory, seen=None, settled=None, tries=0, told_s=-math.inf, said=None)


def _timed(memory: Memory, seen: bool, ordered: bool | None, settings: SwitchSettings, now_s: float) -> Memory:
    """How long our orders have kept it on."""
    if not seen:
        rests_until_s = now_s + settings.rest_s if is_worn_out(memory, settings, now_s) else memory.rests_until_s
        return replace(memory, on_since_s=None, rests_until_s=rests_until_s)
    if ordered and memory.by_hand_s is None and memory.on_since_s is None:
        return replace(memory, on_since_s=now_s)
    return memory


def outcome(memory: Memory, ordered: bool, settings: SwitchSettings, now_s: float, *, tells: bool) -> Answer | None:
    """What has become of the order in force; None while that is not known. `tells`: it says how it stands."""
    if memory.by_hand_s is not None:
        return "failed", "somebody has switched it by hand; it is left so"
    if ordered and wish(memory, ordered, settings, now_s) is False:
        return "failed", "it has been on for as long as max_on_s allows, and rests"
    if memory.seen is ordered:
        return "applied", "" if tells else "said, and not verified: it has no state topic"
    return ("failed", "it takes its orders and does not move") if memory.is_in_vain else None


def authority(memory: Memory, ordered: bool | None, settings: SwitchSettings, *, has_lapsed: bool) -> Authority | None:
    """Who controls it; None before it has said anything. `has_lapsed`: the last order was not renewed."""
    if memory.seen is None:
        return None
    if memory.by_hand_s is not None:
        return "manual"
    if ordered is not None:
        return "leased"
    is_safe = memory.is_ours or (has_lapsed and settings.safe_state != "keep")
    return "safe" if is_safe else "autonomous"

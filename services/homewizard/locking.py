"""What a socket has beyond other switches: a lock of its owner's, and a no of its own. Pure."""

import math
from dataclasses import dataclass, replace
from typing import Final

from common import switching
from common.lease import Answer
from services.homewizard.config import SocketSettings
from services.homewizard.wire import Position

WRITES_APART_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(switching.Memory):
    """What is known about one socket."""

    seen_s: float = -math.inf
    position: Position | None = None
    """As it told last."""
    is_refused: bool = False
    """It said no to the last write."""


def is_denied(memory: Memory, wanted: bool | None) -> bool:
    """Its owner has locked it where it is not wanted."""
    return wanted is False and memory.position is not None and memory.position.switch_lock


def may_write(memory: Memory, wanted: bool | None, now_s: float) -> bool:
    """Whether it must be told, and may be told now."""
    if wanted is None or memory.seen in (None, wanted) or is_denied(memory, wanted):
        return False
    return now_s - memory.told_s >= (switching.AGAIN_S if memory.is_in_vain else WRITES_APART_S)


def told(memory: Memory, wanted: bool, now_s: float, *, is_refused: bool) -> Memory:
    """After a write."""
    return replace(switching.told(memory, wanted, now_s), is_refused=is_refused)


def saw(
    memory: Memory, seen: Position, ordered: bool | None, settings: SocketSettings, now_s: float, *, is_steady: bool
) -> Memory:
    """After a look at the socket. `is_steady`: it could be reached all the time since the last look."""
    memory = switching.saw(memory, seen.power_on, ordered, settings, now_s, is_steady=is_steady)
    return replace(memory, position=seen, seen_s=now_s, is_refused=memory.is_refused and memory.tries > 0)


def outcome(memory: Memory, ordered: bool, settings: SocketSettings, since_s: float, now_s: float) -> Answer | None:
    """What has become of the order accepted at `since_s`; None while that is not known."""
    if memory.seen is None or memory.seen_s < since_s:
        return None
    if memory.seen is ordered:
        return "applied", ""
    rests = ordered and memory.by_hand_s is None and switching.wish(memory, ordered, settings, now_s) is False
    reasons = (
        (is_denied(memory, ordered), "its switch lock is on: it cannot be switched off"),
        (memory.by_hand_s is not None, switching.BY_HAND),
        (rests, switching.RESTS),
        (memory.is_refused, "the socket said no"),
        (memory.is_in_vain, "the socket says yes and does not move"),
    )
    return next((("failed", why) for holds, why in reasons if holds), None)

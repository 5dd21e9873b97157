"""What a socket should do, and what was seen of it: orders, the safe state, the longest time on, somebody's hand. Pure.

An order rules while it is in force, except over a hand at the button and beyond the longest time on. What our
orders did is taken back to the safe state when none is left; what somebody else did is left alone.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from common.contract.devices import Authority, Outcome
from services.homewizard.config import SocketSettings
from services.homewizard.wire import Position

TRIES: Final = 3
"""Writes in vain after which it counts as not obeying …"""
AGAIN_S: Final = 60.0
"""… and is told only so often."""
WRITES_APART_S: Final = 1.0
Answer = tuple[Outcome, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known about one socket. Instants are monotonic."""

    seen: Position | None = None
    seen_s: float = -math.inf
    is_ours: bool = False
    """Our orders put it where it is: without one it goes to its safe state. Outlives a restart."""
    settled: bool | None = None
    """The position that was last wanted and seen; a socket found elsewhere was moved by somebody."""
    by_hand_s: float | None = None
    """Since when somebody's hand rules. Outlives a restart."""
    was_free: bool = False
    """No order was in force at some time since then: an order that comes now knows of the hand."""
    on_since_s: float | None = None
    """Since when our orders have kept it on. Outlives a restart."""
    rests_until_s: float = -math.inf
    """After the longest time on. Outlives a restart."""
    tries: int = 0
    """Writes since it last stood where it was wanted."""
    tried_s: float = -math.inf
    is_refused: bool = False
    """It said no to the last write."""

    @property
    def is_in_vain(self) -> bool:
        """It was told often enough."""
        return self.tries >= TRIES


def noticed(memory: Memory, ordered: bool | None, settings: SocketSettings, now_s: float) -> Memory:
    """After a look at the desk: `ordered` is the position of the order in force, None without one."""
    if (since_s := memory.by_hand_s) is not None:
        memory = replace(memory, was_free=memory.was_free or ordered is None)
        is_over = now_s - since_s >= settings.by_hand_h * 3600
        if is_over or (ordered is not None and memory.was_free):
            memory = replace(memory, by_hand_s=None, was_free=False, settled=None)
    if memory.by_hand_s is None and ordered is not None:
        return replace(memory, is_ours=True)
    if ordered is None and settings.safe_state == "keep":
        return replace(memory, is_ours=False)
    return memory


def wish(memory: Memory, ordered: bool | None, settings: SocketSettings, now_s: float) -> bool | None:
    """Where it should stand now; None: wherever it is."""
    if memory.by_hand_s is not None:
        return None
    if is_worn_out(memory, settings, now_s):
        return False
    wanted = ordered
    if ordered is None and memory.is_ours:
        wanted = {"off": False, "on": True, "keep": None}[settings.safe_state]
    return False if wanted and now_s < memory.rests_until_s else wanted


def is_worn_out(memory: Memory, settings: SocketSettings, now_s: float) -> bool:
    """Our orders have kept it on for as long as they may."""
    if memory.on_since_s is None or settings.max_on_s is None:
        return False
    return now_s - memory.on_since_s >= settings.max_on_s


def is_denied(memory: Memory, wanted: bool | None) -> bool:
    """Its owner has locked it where it is not wanted."""
    return wanted is False and memory.seen is not None and memory.seen.switch_lock


def may_write(memory: Memory, wanted: bool | None, now_s: float) -> bool:
    """Whether it must be told, and may be told now."""
    if wanted is None or memory.seen is None or memory.seen.power_on is wanted or is_denied(memory, wanted):
        return False
    return now_s - memory.tried_s >= (AGAIN_S if memory.is_in_vain else WRITES_APART_S)


def told(memory: Memory, now_s: float, *, is_refused: bool) -> Memory:
    """After a write."""
    return replace(memory, tries=memory.tries + 1, tried_s=now_s, is_refused=is_refused)


def saw(
    memory: Memory, seen: Position, ordered: bool | None, settings: SocketSettings, now_s: float, *, is_steady: bool
) -> Memory:
    """After a look at the socket. `is_steady`: it could be reached all the time since the last look."""
    wanted = wish(memory, ordered, settings, now_s)
    if memory.by_hand_s is not None:
        memory = _still_by_hand(memory, seen)
    elif _was_moved(memory, seen, wanted) and is_steady and settings.by_hand == "respect":
        memory = replace(memory, by_hand_s=now_s, was_free=ordered is None, is_ours=False, on_since_s=None)
    elif wanted is None or seen.power_on is wanted:
        is_home = ordered is None and wanted is not None
        memory = replace(
            memory, settled=seen.power_on, tries=0, is_refused=False, is_ours=memory.is_ours and not is_home
        )
    return replace(_timed(memory, seen, ordered, settings, now_s), seen=seen, seen_s=now_s)


def _was_moved(memory: Memory, seen: Position, wanted: bool | None) -> bool:
    return memory.settled is not None and seen.power_on is not memory.settled and seen.power_on is not wanted


def _still_by_hand(memory: Memory, seen: Position) -> Memory:
    """Switched back: as if nothing had been."""
    if memory.settled is not None and seen.power_on is memory.settled:
        return replace(memory, by_hand_s=None, was_free=False)
    return memory


def _timed(memory: Memory, seen: Position, ordered: bool | None, settings: SocketSettings, now_s: float) -> Memory:
    """How long our orders have kept it on."""
    if not seen.power_on:
        rests_until_s = now_s + settings.rest_s if is_worn_out(memory, settings, now_s) else memory.rests_until_s
        return replace(memory, on_since_s=None, rests_until_s=rests_until_s)
    if ordered and memory.by_hand_s is None and memory.on_since_s is None:
        return replace(memory, on_since_s=now_s)
    return memory


def outcome(memory: Memory, ordered: bool, settings: SocketSettings, since_s: float, now_s: float) -> Answer | None:
    """What has become of the order accepted at `since_s`; None while that is not known."""
    seen = memory.seen
    if seen is None or memory.seen_s < since_s:
        return None
    if seen.power_on is ordered:
        return "applied", ""
    rests = ordered and memory.by_hand_s is None and wish(memory, ordered, settings, now_s) is False
    reasons = (
        (is_denied(memory, ordered), "its switch lock is on: it cannot be switched off"),
        (memory.by_hand_s is not None, "somebody has switched it by hand; it is left so"),
        (rests, "it has been on for as long as max_on_s allows, and rests"),
        (memory.is_refused, "the socket said no"),
        (memory.is_in_vain, "the socket says yes and does not move"),
    )
    return next((("failed", why) for holds, why in reasons if holds), None)


def authority(memory: Memory, ordered: bool | None, settings: SocketSettings, *, has_lapsed: bool) -> Authority | None:
    """Who controls the socket; None before it has said anything. `has_lapsed`: the last order was not renewed."""
    if memory.seen is None:
        return None
    if memory.by_hand_s is not None:
        return "manual"
    if ordered is not None:
        return "leased"
    if memory.is_ours or (has_lapsed and settings.safe_state != "keep"):
        return "safe"
    return "autonomous"

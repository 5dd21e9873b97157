"""What a group of Plug-In Batteries should do, and what was seen of it: orders of mode, seldom and only on difference.

The batteries' own meter runs the fast loop; we open and close its gates. What our orders did is taken back to
`self_consumption` when none is left; what the owner, the app or the cloud did without an order is left alone. Pure.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from common.contract.devices import Authority, Mode
from common.lease import Answer
from services.homewizard.group import Group

ORDERS_APART_S: Final = 60.0
"""Between two changes that orders bring: permissions are settings, not set-points."""
WRITES_APART_S: Final = 5.0
"""Between any two writes."""
TRIES: Final = 4
"""Writes in vain after which it counts as not obeying; leaving a full charge takes two."""
HOME: Final[Mode] = "self_consumption"
FULL_PCT: Final = 97.0
"""A charge to full that ends below this was ended by somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known about one group. Instants are monotonic."""

    seen: Group | None = None
    seen_s: float = -math.inf
    is_ours: bool = False
    """Our orders put it where it is. Outlives a restart."""
    told: Mode | None = None
    """What it was told last."""
    told_s: float = -math.inf
    """When it was first told that."""
    wrote_s: float = -math.inf
    tries: int = 0
    """Writes since it last was where it was wanted."""
    is_settled: bool = False
    """It has been where it was told to be."""
    is_full: bool = False
    """A charge to full has ended by itself under the order that began it."""
    is_refused: bool = False
    """It said no to the last write."""

    @property
    def is_in_vain(self) -> bool:
        """It was told often enough."""
        return self.tries >= TRIES


def noticed(memory: Memory, ordered: Mode | None) -> Memory:
    """After a look at the desk."""
    is_full = memory.is_full and ordered == "charge_full"
    return replace(memory, is_ours=memory.is_ours or ordered is not None, is_full=is_full)


def wish(memory: Memory, ordered: Mode | None) -> Mode | None:
    """Where it should be now; None: wherever it is."""
    if ordered is None:
        return HOME if memory.is_ours else None
    if memory.seen is not None and ordered not in memory.seen.modes:
        return HOME  # what it cannot do must not leave it in what was ordered before
    return None if memory.is_full else ordered


def may_write(memory: Memory, wanted: Mode | None, ordered: Mode | None, now_s: float) -> bool:
    """Whether it must be told, and may be told now."""
    if wanted is None or memory.seen is None or memory.seen.mode == wanted:
        return False
    if now_s - memory.wrote_s < WRITES_APART_S:
        return False
    goes_on = memory.told == wanted and not memory.is_settled and not memory.is_in_vain
    is_hand_back = ordered is None and not memory.is_in_vain
    return goes_on or is_hand_back or now_s - memory.told_s >= ORDERS_APART_S


def told(memory: Memory, wanted: Mode, now_s: float, *, is_refused: bool) -> Memory:
    """After a write."""
    goes_on = memory.told == wanted and not memory.is_settled and not memory.is_in_vain
    return replace(
        memory,
        told=wanted,
        told_s=memory.told_s if goes_on else now_s,
        wrote_s=now_s,
        tries=memory.tries + 1 if memory.told == wanted else 1,
        is_settled=False,
        is_refused=is_refused,
    )


def saw(memory: Memory, seen: Group, ordered: Mode | None, now_s: float, *, soc_pct: float | None) -> Memory:
    """After a look at the group. `soc_pct`: of its batteries together, None if unknown."""
    is_full = memory.is_full or _has_filled(memory, seen, ordered, soc_pct)
    memory = replace(memory, seen=seen, seen_s=now_s, is_full=is_full)
    wanted = wish(memory, ordered)
    if wanted is None or seen.mode != wanted:
        return memory
    is_home = ordered is None
    return replace(memory, is_settled=True, tries=0, is_refused=False, is_ours=memory.is_ours and not is_home)


def _has_filled(memory: Memory, seen: Group, ordered: Mode | None, soc_pct: float | None) -> bool:
    """A charge to full has ended by itself under the order that began it."""
    if not ordered == memory.told == "charge_full" or not memory.is_settled:
        return False
    has_ended = memory.seen is not None and memory.seen.mode == "charge_full" != seen.mode
    return has_ended and (soc_pct is None or soc_pct >= FULL_PCT)


def outcome(memory: Memory, ordered: Mode, since_s: float) -> Answer | None:
    """What has become of the order accepted at `since_s`; None while that is not known."""
    seen = memory.seen
    if seen is None or memory.seen_s < since_s:
        return None
    if ordered not in seen.modes:
        return "failed", f"the firmware of its meter knows no {ordered}; it knows {', '.join(seen.modes)}"
    if memory.is_full:
        return "applied", "full; it follows its meter again"
    if seen.mode == ordered:
        return "applied", ""
    if memory.is_refused:
        return "failed", "its meter said no"
    return ("failed", f"its meter says yes and stays in {seen.mode}") if memory.is_in_vain else None


def authority(memory: Memory, ordered: Mode | None, *, has_lapsed: bool) -> Authority | None:
    """Who controls the group; None before it has said anything. `has_lapsed`: the last order was not renewed."""
    if memory.seen is None:
        return None
    if ordered is not None:
        return "leased"
    if memory.is_ours:
        return "safe"
    if memory.seen.mode != HOME:
        return "manual"
    return "safe" if has_lapsed else "autonomous"

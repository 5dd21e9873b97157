"""What a dimmer or switched load should be told next, and what became of it. Pure.

Nothing here acknowledges an order; the only proof is a status that came after it. So an order is said, looked for,
and said again; without one the device belongs at 0. What somebody else did while no order held is left alone.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from common.contract.devices import Authority
from common.lease import Answer
from services.pzem.wire import Status

APART_S: Final = 0.3
"""Shortest time between two words: the device is a small one."""
LOOK_S: Final = 1.0
"""A status that did not come by itself is asked for after so long …"""
AGAIN_S: Final = 2.0
"""… and the order said again after so long."""
TRIES: Final = 3
"""Words in vain after which it counts as not obeying …"""
SELDOM_S: Final = 10.0
"""… and is told only so often, for ever."""
GONE_S: Final = 30.0
"""Silent for so long, whatever it is asked, it is not there."""
TRUSTED_S: Final = 30.0
"""A status no older than this proves where it stands."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """The words of one kind of device."""

    asks: str | None = "status"
    """Makes it tell how it stands; None: it is told its level again instead, and answers that."""
    enables: str | None = None
    """Lets a disabled dimmer give anything at all, beginning with 0 %."""
    levels: tuple[str, str] | None = None
    """The two words of a switched load, for 0 and 100; None: whole percentages."""

    def level(self, percent: int) -> str:
        """The word for a level."""
        return str(percent) if self.levels is None else self.levels[percent >= 50]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known about one device. Instants are monotonic."""

    seen: Status | None = None
    seen_s: float = -math.inf
    wanted: int | None = None
    """The level that is being told."""
    said_s: float = -math.inf
    """When a level, or the word that enables it, was last said."""
    asked_s: float = -math.inf
    tries: int = 0
    """Words in vain since it last stood where it was wanted."""
    tried_s: float = -math.inf
    """When the first of them was said."""
    by_hand: bool = False
    """Somebody else set it while no order held."""
    is_settled: bool = False
    """It has been seen where it was wanted: what differs now was done by somebody, or it forgot."""

    @property
    def spoke_s(self) -> float:
        """When anything was last said."""
        return max(self.said_s, self.asked_s)

    def is_at(self, percent: int, now_s: float) -> bool:
        """A fresh status, later than our last word, shows it there."""
        is_proof = self.seen is not None and self.seen_s >= self.said_s and now_s - self.seen_s <= TRUSTED_S
        return is_proof and self.seen is not None and _stands(self.seen, percent)

    @property
    def is_heard(self) -> bool:
        """It has said something since the first of our words in vain."""
        return self.seen_s >= self.tried_s

    def is_gone(self, now_s: float) -> bool:
        """It has been silent for too long."""
        return now_s - self.seen_s > GONE_S


def _stands(seen: Status, percent: int) -> bool:
    """A disabled dimmer is off, whatever it stores."""
    return percent == 0 if not seen.is_enabled else int(seen.percent) == percent


def noticed(memory: Memory, ordered: int | None) -> Memory:
    """After a look at the desk. None: no order, so 0 is wanted, unless a hand rules."""
    by_hand = memory.by_hand and ordered is None
    wanted = None if by_hand else ordered or 0
    if wanted == memory.wanted and by_hand == memory.by_hand:
        return memory
    return replace(memory, wanted=wanted, by_hand=by_hand, tries=0, is_settled=False)


def saw(memory: Memory, status: Status, ordered: int | None, now_s: float) -> Memory:
    """After a status. Without an order, one that leaves 0 by itself was set by a hand."""
    is_off = _stands(status, 0)
    if memory.is_gone(now_s):  # what was said to nobody was not in vain
        memory = replace(memory, tries=0)
    is_quiet = now_s - memory.said_s > AGAIN_S
    by_hand = ordered is None and not is_off and (memory.by_hand or (memory.is_settled and is_quiet))
    memory = noticed(replace(memory, seen=status, seen_s=now_s, by_hand=by_hand), ordered)
    if memory.wanted is not None and memory.is_at(memory.wanted, now_s):
        return replace(memory, tries=0, is_settled=True)
    return memory


def forgot(memory: Memory) -> Memory:
    """The connection was lost, or the topic swept: where it stands now nobody knows."""
    return replace(memory, seen_s=-math.inf, is_settled=False, by_hand=False)


def next_word(memory: Memory, tongue: Tongue, poll_s: float, now_s: float) -> str | None:
    """What to say now, or None to wait."""
    if now_s - memory.spoke_s < APART_S:
        return None
    if memory.wanted is not None and not memory.is_at(memory.wanted, now_s) and _is_due(memory, now_s):
        return _order(memory, tongue, memory.wanted)
    return _question(memory, tongue, poll_s, now_s)


def _is_due(memory: Memory, now_s: float) -> bool:
    """A new order is said at once; one that was said is looked for first, then said again."""
    pauses_s = (AGAIN_S if memory.is_settled else 0.0, *[AGAIN_S] * (TRIES - 1), SELDOM_S)
    return now_s - memory.said_s >= pauses_s[min(memory.tries, TRIES)]


def _order(memory: Memory, tongue: Tongue, wanted: int) -> str:
    is_disabled = memory.seen is not None and not memory.seen.is_enabled
    return tongue.enables if tongue.enables and is_disabled and wanted else tongue.level(wanted)


def _question(memory: Memory, tongue: Tongue, poll_s: float, now_s: float) -> str | None:
    """Ask soon after an order, else seldom; who cannot be asked is told the same again."""
    is_proven = memory.seen_s >= memory.said_s
    wait_s = poll_s if is_proven or memory.tries >= TRIES else LOOK_S
    if now_s - max(memory.spoke_s, memory.seen_s if is_proven else -math.inf) < wait_s:
        return None
    if tongue.asks is None and memory.wanted is not None:
        return tongue.level(memory.wanted)
    return tongue.asks


def said(memory: Memory, tongue: Tongue, word: str, now_s: float) -> Memory:
    """As a word is being said: its answer may be here before the broker's receipt."""
    if word == tongue.asks:
        return replace(memory, asked_s=now_s)
    if word == tongue.enables and memory.seen is not None:
        return replace(memory, seen=replace(memory.seen, is_enabled=True), said_s=now_s)
    tried_s = memory.tried_s if memory.tries else now_s
    return replace(memory, said_s=now_s, tries=memory.tries + 1, tried_s=tried_s)


def outcome(memory: Memory, wanted: int, now_s: float) -> Answer | None:
    """What became of an order to stand at `wanted`; None while that is open."""
    if memory.is_at(wanted, now_s):
        return "applied", ""
    if memory.tries < TRIES or now_s - memory.said_s < AGAIN_S:
        return None
    if memory.seen is None or not memory.is_heard:
        return "timeout", "it says nothing"
    return "failed", f"it was told {memory.tries} times and stands at {memory.seen.percent:g} %"


def authority(memory: Memory, ordered: int | None, now_s: float) -> Authority | None:
    """Who controls it; None while nobody knows."""
    if memory.seen is None and not memory.tries:
        return None
    if memory.seen is None or memory.is_gone(now_s):
        return "offline"
    if memory.by_hand:
        return "manual"
    return "leased" if ordered is not None else "safe"

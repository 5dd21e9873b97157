"""What a switched device should do: orders, the safe state, somebody's hand, the longest time on. Pure.

Positions are the load's: True is on. An order rules while it is in force, except over a hand and beyond the longest
time on. What our orders did is taken back to the safe state when none is left; what somebody else did is left alone.
How a device is told, and what became of it, is the bridge's business.
"""

import math
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BeforeValidator, Field

from common.config import Settings
from common.contract.devices import Authority
from common.lease import Lease

TRIES: Final = 3
"""Orders in vain after which it counts as not obeying …"""
AGAIN_S: Final = 60.0
"""… and is told only so often."""
BY_HAND: Final = "somebody has switched it by hand; it is left so"
RESTS: Final = "it has been on for as long as max_on_s allows, and rests"


def _word(value: object) -> object:
    """YAML takes `off` and `on` for false and true."""
    return {False: "off", True: "on"}[value] if isinstance(value, bool) else value


class SwitchedSettings(Settings):
    """What an owner may set about everything that is switched on and off."""

    safe_state: Annotated[Literal["off", "on", "keep"], BeforeValidator(_word)] = Field(default="off", examples=["off"])
    """Where it goes when an order ends and none follows; `keep`: it stays as it is."""
    by_hand: Literal["respect", "override"] = Field(default="respect", examples=["respect"])
    """When somebody switches it by hand under an order: leave it so, or take it back to what was ordered."""
    by_hand_h: float = Field(default=12, gt=0, le=168, examples=[12])
    """For how long it is left so at most."""
    max_on_s: float | None = Field(default=None, ge=60, le=604_800, examples=[14_400])
    """Longest time our orders may keep it on without a break, whatever the balancer wants."""
    rest_s: float = Field(default=900, ge=0, le=86_400, examples=[900])
    """How long it then stays off at least."""

    @property
    def safe_position(self) -> bool | None:
        """Its safe state as a position; None: wherever it is."""
        return {"off": False, "on": True, "keep": None}[self.safe_state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What outlives a restart. Instants are monotonic."""

    is_ours: bool = False
    """Our orders put it where it is: without one it goes to its safe state."""
    by_hand_s: float | None = None
    """Since when somebody's hand rules."""
    on_since_s: float | None = None
    """Since when our orders have kept it on."""
    rests_until_s: float = -math.inf
    """After the longest time on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Lasting):
    """What is known about one device."""

    seen: bool | None = None
    """Where it stands; None: unknown."""
    settled: bool | None = None
    """The position that was last wanted and seen; a device found elsewhere was moved by somebody."""
    was_free: bool = False
    """No order was in force at some time since a hand rules: an order that comes now knows of it."""
    tries: int = 0
    """Orders since it last stood where it was wanted."""
    told_s: float = -math.inf
    said: bool | None = None
    """What it was told then."""

    @property
    def is_in_vain(self) -> bool:
        """It was told often enough."""
        return self.tries >= TRIES


M = TypeVar("M", bound=Memory)


def ordered_position(order: Lease | None) -> bool | None:
    """What an order asks for; None without one, and for one that a switch does not take."""
    return order.command.on if order is not None and order.command.action == "switch" else None


def noticed(memory: M, ordered: bool | None, settings: SwitchedSettings, now_s: float) -> M:
    """After a look at the desk: `ordered` is the position of the order in force, None without one."""
    memory = _handed_back(memory, ordered, settings, now_s)
    if memory.by_hand_s is None and ordered is not None:
        memory = replace(memory, is_ours=True)
    elif ordered is None and settings.safe_state == "keep":
        memory = replace(memory, is_ours=False)
    return memory if memory.seen is None else _timed(memory, memory.seen, ordered, settings, now_s)


def _handed_back(memory: M, ordered: bool | None, settings: SwitchedSettings, now_s: float) -> M:
    """A hand rules until its time is over, or until an order comes that knows of it."""
    if memory.by_hand_s is None:
        return memory
    is_over = now_s - memory.by_hand_s >= settings.by_hand_h * 3600
    if is_over or (ordered is not None and memory.was_free):
        return replace(memory, by_hand_s=None, was_free=False, settled=None)
    return replace(memory, was_free=memory.was_free or ordered is None)


def wish(memory: Memory, ordered: bool | None, settings: SwitchedSettings, now_s: float) -> bool | None:
    """Where it should stand now; None: wherever it is."""
    if memory.by_hand_s is not None:
        return None
    if is_worn_out(memory, settings, now_s):
        return False
    wanted = settings.safe_position if ordered is None and memory.is_ours else ordered
    return False if wanted and now_s < memory.rests_until_s else wanted


def is_worn_out(memory: Memory, settings: SwitchedSettings, now_s: float) -> bool:
    """Our orders have kept it on for as long as they may."""
    if memory.on_since_s is None or settings.max_on_s is None:
        return False
    return now_s - memory.on_since_s >= settings.max_on_s


def told(memory: M, wanted: bool, now_s: float) -> M:
    """After it was told. Where it stands there already, it was only told again."""
    return replace(memory, tries=memory.tries + (memory.seen is not wanted), told_s=now_s, said=wanted)


def saw(
    memory: M, seen: bool, ordered: bool | None, settings: SwitchedSettings, now_s: float, *, is_steady: bool = True
) -> M:
    """After it was seen to stand somewhere. `is_steady`: whatever moved it since the last time was not a restart."""
    wanted = wish(memory, ordered, settings, now_s)
    if memory.by_hand_s is not None:
        if seen is memory.settled:  # switched back: as if nothing had been
            memory = replace(memory, by_hand_s=None, was_free=False)
    elif is_steady and settings.by_hand == "respect" and _was_moved(memory, seen, wanted):
        memory = replace(memory, by_hand_s=now_s, was_free=ordered is None, is_ours=False, on_since_s=None)
    elif wanted is None or seen is wanted:
        is_home = ordered is None and wanted is not None
        memory = replace(memory, settled=seen, tries=0, is_ours=memory.is_ours and not is_home)
    return replace(_timed(memory, seen, ordered, settings, now_s), seen=seen)


def _was_moved(memory: Memory, seen: bool, wanted: bool | None) -> bool:
    return memory.settled not in (None, seen) and seen is not wanted


def _timed(memory: M, seen: bool, ordered: bool | None, settings: SwitchedSettings, now_s: float) -> M:
    """How long our orders have kept it on."""
    if not seen:
        rests_until_s = now_s + settings.rest_s if is_worn_out(memory, settings, now_s) else memory.rests_until_s
        return replace(memory, on_since_s=None, rests_until_s=rests_until_s)
    if ordered and memory.by_hand_s is None and memory.on_since_s is None:
        return replace(memory, on_since_s=now_s)
    return memory


def authority(
    memory: Memory, ordered: bool | None, settings: SwitchedSettings, *, has_lapsed: bool
) -> Authority | None:
    """Who controls it; None before it has said anything. `has_lapsed`: the last order was not renewed."""
    if memory.seen is None:
        return None
    if memory.by_hand_s is not None:
        return "manual"
    if ordered is not None:
        return "leased"
    is_safe = memory.is_ours or (has_lapsed and settings.safe_state != "keep")
    return "safe" if is_safe else "autonomous"

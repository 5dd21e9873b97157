"""What to say to the battery next, given what is wanted, what it is known to do, and the time. Pure.

Everything that may be late, lost or repeated is decided anew at each turn, so the newest order always wins, and an
order whose lease has ended is never sent.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from common.lease import Lease, Limits
from services.udp_battery.config import BatterySettings
from services.udp_battery.follow import Order
from services.udp_battery.memory import Chore, Memory

STARVING: Final = 2.0
"""A reading older than so many polls goes before the next order, or a busy balancer would make us blind."""
SEEK_AFTER: Final = 2
"""Failures in a row after which a battery may have got another address."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep this power until the lease ends."""

    power_w: int
    ends_s: float


@dataclass(frozen=True, slots=True)
class Rest:
    """Give and take nothing, for as long as nobody wants anything else."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow the house's meter by itself; without an order any other autonomous mode is as good."""

    is_ordered: bool


Goal = Hold | Rest | Follow | None
"""None: leave it alone."""


@dataclass(frozen=True, slots=True)
class Write:
    """Send an order."""

    order: Order


@dataclass(frozen=True, slots=True)
class Read:
    """Ask for mode and power, or do a chore."""

    what: Literal["mode"] | Chore


@dataclass(frozen=True, slots=True)
class Seek:
    """Ask everybody where the battery with this MAC lives now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to say until then, unless something changes."""

    until_s: float


Step = Write | Read | Seek | Wait


def goal(order: Lease | None, permitted: Limits, settings: BatterySettings, *, is_ours: bool) -> Goal:
    """What the battery should do: the order in force, else its safe state, else whatever it likes."""
    if order is not None and order.command.action == "set_power" and order.command.power_w is not None:
        return Hold(round(permitted.clamp(order.command.power_w)), order.ends_s)
    if order is not None and order.command.mode == "standby":
        return Hold(0, order.ends_s)
    if order is not None and order.command.mode == "self_consumption":
        return Follow(is_ordered=True)
    if not is_ours:
        return None
    return Follow(is_ordered=False) if settings.safe_state == "self_consumption" else Rest()


def is_reached(aim: Goal, memory: Memory) -> bool:
    """Whether the battery has said that it does this, or is seen to, and nothing since puts that into doubt."""
    if aim is None:
        return True
    if memory.is_unsure:
        return False
    said = memory.told.order if memory.told else None
    if isinstance(aim, Follow):
        return said.mode == "Auto" if said else _is_seen_following(aim, memory)
    wanted_w = aim.power_w if isinstance(aim, Hold) else 0
    return said is not None and said.mode == "Passive" and said.power_w == wanted_w


def next_step(
    aim: Goal, memory: Memory, settings: BatterySettings, *, now_s: float, quiet_at_s: float, poll_s: float
) -> Step:
    """The most urgent thing that is due, or how long to wait for one."""
    earliest_s = max(quiet_at_s, memory.contact.not_before_s)
    if now_s < earliest_s:
        return Wait(earliest_s)
    if memory.contact.failures >= SEEK_AFTER and memory.sought < memory.contact.failures:
        return Seek()
    later_s = math.inf
    for due_s, step in _turns(aim, memory, settings, now_s, poll_s):
        if due_s <= now_s:
            return step
        later_s = min(later_s, due_s)
    return Wait(later_s)


def write(aim: Goal, settings: BatterySettings, now_s: float) -> Order | None:
    """The order that says it, as of now. Its timer gets what is left of the lease, rounded up."""
    if isinstance(aim, Follow):
        return Order(mode="Auto")
    if isinstance(aim, Rest):
        return Order(mode="Passive", power_w=0, hold_s=settings.dead_man_max_s)
    if aim is None or aim.ends_s - now_s < settings.dead_man_min_s:
        return None
    left_s = math.ceil(round(aim.ends_s - now_s, 3))
    return Order(mode="Passive", power_w=aim.power_w, hold_s=min(settings.dead_man_max_s, left_s))


def _turns(
    aim: Goal, memory: Memory, settings: BatterySettings, now_s: float, poll_s: float
) -> Iterator[tuple[float, Step]]:
    """What could be said, most urgent first, each with when it is due."""
    asks = Read("mode")
    if not memory.contact.is_confirmed:
        if not memory.contact.has_answered:
            yield memory.chores["identity"].at_s, Read("identity")
        yield -math.inf, asks
        return
    last_s = memory.seen.at_s if memory.seen else -math.inf
    if memory.contact.vain_reads == 0:
        yield last_s + STARVING * poll_s, asks
    order = write(aim, settings, now_s)
    if order is not None:
        yield max(_write_due_s(aim, memory), memory.write_not_before_s), Write(order)
    look_s = memory.told.look_s if memory.told else math.inf
    yield look_s if look_s < math.inf else last_s + poll_s, asks  # a reading amid a change of power proves nothing
    for chore, due in memory.chores.items():
        yield due.at_s, Read(chore)


def _write_due_s(aim: Goal, memory: Memory) -> float:
    """When the battery must be told: now, when its timer is half through, or never."""
    if not is_reached(aim, memory):
        is_first_look = memory.seen is None and not isinstance(aim, Hold)
        return math.inf if is_first_look else -math.inf
    told = memory.told
    if aim is None or told is None:
        return math.inf
    if told.verdict == "again":
        return -math.inf
    gains = isinstance(aim, Hold) and aim.ends_s > told.ends_s + 1
    return told.fed_s + told.order.hold_s / 2 if gains else math.inf


def _is_seen_following(aim: Follow, memory: Memory) -> bool:
    """Found so, without having been told."""
    mode = memory.seen.mode if memory.seen else None
    return mode == "Auto" if aim.is_ordered else mode not in (None, "Passive")

"""A command is a lease: the ten rules by which a bridge accepts one, as one pure function.

Used by every bridge that can act. Time enters as two numbers: the wall clock decides whether a command is fresh,
the monotonic clock alone decides how long its lease lives, so that nobody can lengthen one by setting a clock.
"""

from dataclasses import dataclass, replace
from typing import Literal

from common.contract import COMMAND, Command, Envelope, decode
from common.contract.devices import Outcome, Reason
from common.errors import MessageRejected

MAX_TTL_S = 120.0
FUTURE_MS = 5_000
EPOCH_AHEAD_MS = 600_000
REMEMBERED = 16
"""Command ids kept to recognise a repetition."""
Answer = tuple[Outcome, str]
"""What has become of an order, and what there is to say about it."""


@dataclass(frozen=True, slots=True)
class Instant:
    """Now, on both clocks."""

    wall_ms: int
    monotonic_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a set-point, signed: the narrowest of the device's and the owner's. + charge, − discharge."""

    min_w: float
    max_w: float

    def clamp(self, power_w: float) -> float:
        """The nearest power within the bounds."""
        return min(self.max_w, max(self.min_w, power_w))


@dataclass(frozen=True, slots=True)
class Lease:
    """One accepted command and when it ends."""

    command: Command
    holder: str
    """Account that gave it."""
    power_w: float | None
    """Of `set_power`, after clamping."""
    since_s: float
    """Monotonic instant of acceptance."""
    ends_s: float
    """Monotonic instant at which the device must have let go."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a bridge remembers about the orders for one device. Epoch and holder outlive a restart."""

    epoch: int = 0
    """The highest accepted."""
    holder: str = ""
    """`src/boot` that first used this epoch."""
    seq: int = -1
    recent: tuple[str, ...] = ()
    order: Lease | None = None
    reserve: Lease | None = None

    def next_end(self) -> float | None:
        """The monotonic instant at which the next lease ends, if any is in force."""
        return min((lease.ends_s for lease in (self.order, self.reserve) if lease), default=None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a message that arrived on a command topic."""

    outcome: Literal["accepted", "duplicate", "rejected"]
    reason: Reason | None = None
    detail: str = ""
    command: Command | None = None
    lease: Lease | None = None
    """The new lease; None for a release."""


def accept(desk: Desk, payload: bytes, retained: bool, now: Instant, limits: Limits) -> tuple[Desk, Verdict]:
    """Judge one message by the contract's rules, in their order, and keep the lease if it is accepted."""
    if retained:  # rule 1
        return desk, Verdict("rejected", "retained", "commands are never retained")
    try:  # rule 2
        envelope, command = decode(COMMAND, payload)
    except MessageRejected as rejected:
        return desk, Verdict("rejected", "invalid", str(rejected)[:250])
    assert envelope is not None  # only plain scalars have none
    refusal = _refusal(desk, envelope, command, now.wall_ms)
    if refusal is not None:
        return desk, refusal
    return _granted(desk, envelope, command, now, limits)


def _refusal(desk: Desk, envelope: Envelope, command: Command, wall_ms: int) -> Verdict | None:
    """Rules 3 to 8."""
    holder = f"{envelope.src}/{envelope.boot}"
    age_s = (wall_ms - command.issued_at_ms) / 1000
    same_epoch = command.epoch == desk.epoch
    rules: tuple[tuple[bool, Reason | None, str], ...] = (
        (not 0 < command.ttl_s <= MAX_TTL_S, "ttl", f"ttl_s {command.ttl_s:g} is not above 0 and at most 120"),
        (command.epoch < desk.epoch, "fenced", f"epoch {command.epoch} is over; {desk.epoch} leads"),
        (same_epoch and holder != desk.holder, "fenced", f"epoch {desk.epoch} belongs to {desk.holder}"),
        (command.epoch > wall_ms + EPOCH_AHEAD_MS, "epoch", "epoch lies more than 10 min ahead of our clock"),
        (command.cmd_id in desk.recent, None, "seen before"),
        (same_epoch and envelope.seq <= desk.seq, "out_of_order", f"seq {envelope.seq} after {desk.seq}"),
        (command.issued_at_ms > wall_ms + FUTURE_MS, "future", f"issued {-age_s:.1f} s ahead of our clock"),
        (age_s >= command.ttl_s, "expired", f"{age_s:.1f} s old, lived {command.ttl_s:g} s"),
    )
    for broken, reason, detail in rules:
        if broken:
            return Verdict("rejected" if reason else "duplicate", reason, detail, command)
    return None


def _granted(desk: Desk, envelope: Envelope, command: Command, now: Instant, limits: Limits) -> tuple[Desk, Verdict]:
    """Rules 9 and 10."""
    clamped = limits.clamp(command.power_w) if command.power_w is not None else None
    age_s = max(0.0, (now.wall_ms - command.issued_at_ms) / 1000)
    lease = Lease(command, envelope.src, clamped, now.monotonic_s, now.monotonic_s + command.ttl_s - age_s)
    known = replace(
        desk,
        epoch=command.epoch,
        holder=f"{envelope.src}/{envelope.boot}",
        seq=envelope.seq,
        recent=(*desk.recent, command.cmd_id)[-REMEMBERED:],
    )
    if command.action == "release":
        return replace(known, order=None, reserve=None), Verdict("accepted", command=command)
    if command.action == "set_reserve":
        return replace(known, reserve=lease), Verdict("accepted", command=command, lease=lease)
    return replace(known, order=lease), Verdict("accepted", command=command, lease=lease)


def lapse(desk: Desk, monotonic_s: float) -> tuple[Desk, tuple[Lease, ...]]:
    """Let go of every lease that has ended. Returns those that did."""
    ended = tuple(lease for lease in (desk.order, desk.reserve) if lease and lease.ends_s <= monotonic_s)
    if not ended:
        return desk, ended
    return replace(
        desk,
        order=None if desk.order in ended else desk.order,
        reserve=None if desk.reserve in ended else desk.reserve,
    ), ended

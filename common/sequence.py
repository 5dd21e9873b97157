"""Old, repeated and out-of-order messages, told from fresh ones by `(boot, seq)` and `ts_ms`. Pure."""

from dataclasses import dataclass
from typing import Literal

from common.contract import Envelope

FORGET_AFTER_S = 60.0
"""A sender that was silent this long may come back with any clock: its host may have set the time."""
FUTURE_MS = 5_000
"""`ts_ms` this far ahead of our own clock is a mistake or an attack."""

Judgement = Literal["fresh", "repeated", "old", "future"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest message of one topic that was used."""

    boot: str
    seq: int
    ts_ms: int
    arrived_s: float
    """On our own monotonic clock."""


def judge(last: Mark | None, envelope: Envelope, arrived_s: float, wall_ms: int) -> Judgement:
    """Whether a message may be used after `last`.

    Within one boot the sequence number decides. A message of another boot is fresh if it was measured later, or
    if the sender has been silent so long that its clock may have been set meanwhile.
    """
    if envelope.ts_ms > wall_ms + FUTURE_MS:
        return "future"
    if last is None:
        return "fresh"
    if envelope.boot == last.boot:
        return "fresh" if envelope.seq > last.seq else ("repeated" if envelope.seq == last.seq else "old")
    silent = arrived_s - last.arrived_s > FORGET_AFTER_S
    return "fresh" if envelope.ts_ms > last.ts_ms or silent else "old"


def gap(last: Mark | None, envelope: Envelope) -> int:
    """Messages of the same boot that lie between `last` and this one and never came."""
    same = last is not None and envelope.boot == last.boot
    return max(0, envelope.seq - last.seq - 1) if same and last else 0

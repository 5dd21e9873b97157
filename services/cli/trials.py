"""The orders a foreign bridge is tried with, right ones and wrong ones, and the answers that are due. Pure.

None of them moves a device from where it would go by itself, and none outlives a bridge that takes it for right:
even the epoch that lies too far ahead is over a minute after a balancer could have used it.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import orjson

from common.contract import Ack, BatteryState, DeviceInfo, LoadState, Payload, SwitchState
from common.contract.devices import Mode
from common.lease import EPOCH_AHEAD_MS, FUTURE_MS

IDLE_W: Final = 50.0
"""What a battery at rest may still draw or give."""
RESTFUL: Final[tuple[Mode, ...]] = ("self_consumption", "standby", "off", "frost_free")
"""Modes that ask nothing of a device, the most usual first."""
BROKEN: Final = '{"v": 1, "epoch": NaN'
Json = dict[str, object]


class Trial(NamedTuple):
    """An order, what is the matter with it, and what a bridge has to answer."""

    what: str
    text: str
    cmd_id: str | None
    """None: it cannot be read, so the answer cannot name it."""
    outcome: str = "rejected"
    reason: str | None = None

    def is_answered_by(self, ack: Ack) -> bool:
        """Whether that is the answer."""
        outcomes = (self.outcome, "applied") if self.outcome == "accepted" else (self.outcome,)
        return ack.outcome in outcomes and ack.reason == self.reason and self.cmd_id in (None, ack.cmd_id)


class Orders:
    """Makes orders of one epoch. `wall_ms` is the clock they are dated by, `ttl_s` the life of each."""

    def __init__(self, account: str, wall_ms: Callable[[], int], epoch: int, action: Json, ttl_s: float) -> None:
        self.epoch, self.ttl_s = epoch, ttl_s
        self._account, self._wall_ms, self._action, self._seq = account, wall_ms, action, 0

    def never_right(self) -> Iterator[Trial]:
        """What no bridge takes, whatever it took before."""
        yield Trial("an order that is no JSON", BROKEN, None, reason="invalid")
        yield self._trial("an order without an action", "invalid", action=None)._replace(cmd_id=None)
        yield self._trial("a lease of 0 s", "ttl", ttl_s=0)
        yield self._trial("a lease of 121 s", "ttl", ttl_s=121)

    def right(self, what: str = "a right order") -> Trial:
        """One that has to be taken."""
        return self._trial(what, None)._replace(outcome="accepted")

    def wrong_after(self) -> Iterator[Trial]:
        """What is wrong because a right one was taken."""
        over_ms, ahead_ms = round(1000 * self.ttl_s) + 1000, 2 * FUTURE_MS
        yield self._trial("an order of an older epoch", "fenced", epoch=self.epoch - 1)
        yield self._trial("the same epoch of another holder", "fenced", boot="other")
        yield self._trial("an order that comes late, by its seq", "out_of_order", seq=0)
        yield self._trial("an order from the future", "future", issued_at_ms=self._wall_ms() + ahead_ms)
        yield self._trial("an order that is over", "expired", issued_at_ms=self._wall_ms() - over_ms)

    def far_ahead(self) -> Trial:
        """One of an epoch that nobody can have by now. The last one: who takes it hears nobody else for a minute."""
        return self._trial("an epoch more than 10 min ahead", "epoch", epoch=self._wall_ms() + EPOCH_AHEAD_MS + 60_000)

    def _trial(self, what: str, reason: str | None, **other: object) -> Trial:
        self._seq += 1
        now_ms, cmd_id = self._wall_ms(), f"{self.epoch}-{self._seq}"
        made: Json = {"v": 1, "ts_ms": now_ms, "seq": self._seq, "boot": "check", "src": self._account}
        made |= {"cmd_id": cmd_id, "epoch": self.epoch, "issued_at_ms": now_ms, "ttl_s": self.ttl_s, **self._action}
        return Trial(what, orjson.dumps({**made, **other}).decode(), cmd_id, reason=reason)


def harmless(info: DeviceInfo, state: Payload | str | None) -> Json | None:
    """The order that leaves a device where it is safe; None if it can be told nothing of the kind."""
    if "switch" in info.capabilities:
        stays = isinstance(state, SwitchState) and state.on
        return {"action": "switch", "on": stays if info.safe_state == "keep" else info.safe_state == "on"}
    if "power" in info.capabilities:
        return {"action": "set_power", "power_w": 0.0}
    restful = next((mode for mode in RESTFUL if "mode" in info.capabilities and mode in info.modes), None)
    return {"action": "set_mode", "mode": restful} if restful else None


def is_safe(info: DeviceInfo, state: Payload | str) -> bool:
    """Whether a state is the one that was announced as safe, as far as a state can tell."""
    if isinstance(state, SwitchState) and info.safe_state in ("on", "off"):
        return state.on is (info.safe_state == "on")
    if isinstance(state, BatteryState) and info.safe_state == "idle":
        return state.power_w is not None and abs(state.power_w) <= IDLE_W
    if isinstance(state, LoadState) and info.safe_state == "off":
        return state.level_pct == 0 or (state.power_w is not None and abs(state.power_w) <= IDLE_W)
    return True

"""Whether a device is there: its last will, its gateway's word, and how long ago it said anything. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from services.relay.dialects.dialect import Dialect, Heard

PERIODS: Final = 3
"""Questions without an answer after which what can be asked is gone."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of it. Instants are monotonic."""

    since_s: float
    """When we began to listen."""
    heard_s: float | None = None
    """When it last said something of its own."""
    is_online: bool | None = None
    is_gateway_online: bool | None = None

    def heard(self, said: Heard, now_s: float, *, is_fresh: bool) -> "Presence":
        """After a message. `is_fresh`: said now, not kept by the broker."""
        found = self
        if said.is_online is not None:
            found = replace(found, is_online=said.is_online)
        if said.is_gateway_online is not None:
            found = replace(found, is_gateway_online=said.is_gateway_online)
        is_own = is_fresh and any(value is not None for value in (said.is_closed, said.power_w, said.import_wh))
        return replace(found, heard_s=now_s) if is_own else found

    def is_there(self, dialect: Dialect, poll_s: float, now_s: float) -> bool | None:
        """Whether it can be switched now; None while that is not known."""
        if self.is_online is False or self.is_gateway_online is False:
            return False
        if not dialect.is_asked:
            return True if self.is_online or not dialect.tells_online else self._doubt(poll_s, now_s)
        if self.heard_s is not None and now_s - self.heard_s <= PERIODS * poll_s:
            return True
        return False if self.heard_s is not None else self._doubt(poll_s, now_s)

    def _doubt(self, poll_s: float, now_s: float) -> bool | None:
        """Nothing was heard yet."""
        return False if now_s - self.since_s > PERIODS * poll_s else None

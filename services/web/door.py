"""Who may come in: one password for everybody, tickets that outlive a restart, and patience with guessing. Pure.

A ticket is its end and a seal that only the password makes: nothing is kept, and a new password ends all of them.
"""

import hashlib
import hmac
import ipaddress
from typing import Final

LASTS_S: Final = 30 * 86_400
PAUSE_S: Final = 1.0
"""After a wrong password nobody's is looked at for so long."""
MANY: Final = 10
"""So many wrong passwords …"""
LATELY_S: Final = 600.0
"""… within this time are worth an alert."""


class Door:
    """The door of one page. An empty password leaves it open."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._wrong_s: list[float] = []

    @property
    def is_open(self) -> bool:
        """Nobody needs a ticket."""
        return not self._password

    def is_pausing(self, now_s: float) -> bool:
        """Somebody has just been wrong."""
        return bool(self._wrong_s) and now_s - self._wrong_s[-1] < PAUSE_S

    def is_besieged(self, now_s: float) -> bool:
        """Somebody guesses."""
        return sum(now_s - wrong_s < LATELY_S for wrong_s in self._wrong_s) >= MANY

    def fits(self, password: str, now_s: float) -> bool:
        """Whether this is the password; a wrong one is noted."""
        if hmac.compare_digest(password.strip().encode(errors="replace"), self._password.encode()):
            return True
        self._wrong_s = [*self._wrong_s[-MANY:], now_s]
        return False

    def ticket(self, wall_ms: int) -> str:
        """For whoever had the password."""
        until_s = f"{wall_ms // 1000 + LASTS_S}"
        return f"{until_s}.{self._seal(until_s)}"

    def knows(self, ticket: str, wall_ms: int) -> bool:
        """Whether it is one of ours and still good."""
        until_s, _, seal = ticket.partition(".")
        if not hmac.compare_digest(seal.encode(errors="replace"), self._seal(until_s).encode()):
            return False
        return wall_ms < int(until_s) * 1000

    def _seal(self, until_s: str) -> str:
        return hmac.new(
            self._password.encode(), f"ballast page until {until_s}".encode(errors="replace"), hashlib.sha256
        ).hexdigest()


def is_plain(host: str) -> bool:
    """Whether a page was asked for by address, or as this machine: a name could be anybody's who points it at us."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name.lower() == "localhost":
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True

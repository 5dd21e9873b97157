"""Who may speak v2 to the dongle: users, their tokens, and the button that lets one in."""

import re
import secrets

from common.clock import Clock
from services.simulator.p1_meter.payloads import JsonObject

BUTTON_S = 30.0
ROOM = 8
_NAME = re.compile(r"local/[A-Za-z0-9\-_\\/# ]{1,40}")
Reply = tuple[int, JsonObject]


class Users:
    """The dongle's user table."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pressed_s: float | None = None
        self._tokens: dict[str, str] = {}

    def press_button(self) -> None:
        """Let users in for the next 30 s."""
        self._pressed_s = self._clock.monotonic()

    def create(self, name: object) -> Reply:
        """`POST /api/user`. A name that is used again loses its older token."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return 400, {"error": "user:name-invalid"}
        if self._pressed_s is None or self._clock.monotonic() - self._pressed_s > BUTTON_S:
            return 403, {"error": "user:creation-not-enabled"}
        if name not in self._tokens and len(self._tokens) >= ROOM:
            return 400, {"error": "user:no-storage"}
        self._tokens[name] = secrets.token_hex(16).upper()
        return 200, {"token": self._tokens[name], "name": name}

    def listed(self, token: str) -> list[JsonObject]:
        """`GET /api/user`."""
        return [
            {"name": name, "current": True} if known == token else {"name": name}
            for name, known in self._tokens.items()
        ]

    def remove(self, name: object) -> Reply:
        """`DELETE /api/user`."""
        if not isinstance(name, str) or name not in self._tokens:
            return 404, {"error": "user:not-found"}
        del self._tokens[name]
        return 204, {}

    def knows(self, token: str) -> bool:
        """Whether somebody has this token."""
        return token in self._tokens.values()

    def forget_all(self) -> None:
        """As a factory reset does."""
        self._tokens.clear()

"""Tells one recipient, each thing once. What fails is tried again; what it costs is nobody else's time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError

from common import metrics
from common.alerts import Alerts
from common.clock import Clock
from common.retry import backoff_s
from common.store import Store
from services.notifier.news import Board, Message, Taste, Told, due, ended, kept

TICK_S: Final = 5.0
FIRST_RETRY_S, MOST_RETRY_S = 30.0, 3600.0
ALARM_AFTER: Final = 3
"""Failures in a row after which it is an alert, which the other recipients are told."""
REMEMBERED: Final = TypeAdapter(dict[str, Told])
log = logging.getLogger(__name__)


class Speaks(Protocol):
    """What is needed of a `Voice`."""

    async def say(self, title: str, text: str, *, urgent: bool) -> bool:
        """Tell it. Returns whether it was taken."""


@dataclass
class Messenger:
    """One recipient and what they were told.

    It is written down before it is said: a process that dies in that moment says it never rather than twice. Only a
    definite failure takes it back.
    """

    name: str
    voice: Speaks
    taste: Taste
    is_quiet: Callable[[], bool]
    board: Board
    clock: Clock
    store: Store
    alerts: Alerts
    _told: dict[str, Told] = field(init=False)
    _failures: int = 0
    _not_before_s: float = 0.0

    def __post_init__(self) -> None:
        self._told = _recalled(self.store, self._key)

    @property
    def _key(self) -> str:
        return f"told/{self.name}"

    async def run(self) -> None:
        """For ever."""
        async for _ in self.clock.every(TICK_S):
            now_s, now_ms = self.clock.monotonic(), self.clock.wall_ms()
            if not self.taste.tell_end and (ends := ended(self.board, self._told, now_s)):
                await self._remember({**self._told, **ends})
            if now_s < self._not_before_s:
                continue
            for message in due(self.board, self._told, self.taste, now_s=now_s, now_ms=now_ms, quiet=self.is_quiet()):
                if not await self._tell(message):
                    break

    async def _tell(self, message: Message) -> bool:
        before = self._told
        await self._remember({**kept(before, self.clock.wall_ms()), **message.told})
        if await self.voice.say(message.title, message.text, urgent=message.urgent):
            metrics.NOTIFICATIONS.labels(self.name, "told").inc()
            self._failures = 0
            await self.alerts.clear(f"cannot_tell_{self.name}"[:32])
            return True
        metrics.NOTIFICATIONS.labels(self.name, "failed").inc()
        await self._remember(before)
        await self._failed(message.title)
        return False

    async def _failed(self, title: str) -> None:
        self._failures += 1
        pause_s = backoff_s(self._failures, FIRST_RETRY_S, MOST_RETRY_S)
        self._not_before_s = self.clock.monotonic() + pause_s
        log.warning("%s could not be told %r; next try in %.0f s", self.name, title, pause_s)
        if self._failures >= ALARM_AFTER:
            text = f"{self.name} cannot be told anything: {self._failures} attempts in a row failed."
            advice = "Check the address under notifier.to, the account behind it, and the way to the internet."
            await self.alerts.set(f"cannot_tell_{self.name}"[:32], text, advice)

    async def _remember(self, told: dict[str, Told]) -> None:
        self._told = told
        await self.store.put(self._key, REMEMBERED.dump_python(told, mode="json"))


def _recalled(store: Store, key: str) -> dict[str, Told]:
    try:
        return REMEMBERED.validate_python(store.get(key) or {})
    except ValidationError:
        log.warning("what was told before cannot be read any more; some things may be told again")
        return {}

"""The newest promise of the weather: asked for at the start, then once an hour, and again soon after a failure.

A service that fails never stops us, and is never asked more often than it bears. The last promise is kept on disk, so
that a start without internet has one.
"""

import logging
import random
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from common import metrics
from common.clock import Clock
from common.errors import DeviceError, DeviceUnreachable
from common.log import Once
from common.retry import backoff_s
from common.store import Store
from services.forecaster.config import Config
from services.forecaster.sources.source import Newest, Promise, TooOften
from services.forecaster.web import Source

KEY: Final = "promise"
ASKED: Final = "asked_ms"
SOON_S: Final = 60.0
"""The first pause after a failure, and the least between the questions of two starts."""
JITTER: Final = 0.1
log = logging.getLogger(__name__)


class _Kept(BaseModel):
    """A promise on disk, and which roofs it is about."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    of: str
    fetched_ms: int
    raw_w: list[tuple[int, float]]


class Fetching:
    """Asks one source for ever; `told` holds the newest answer."""

    def __init__(self, source: Source, config: Config, store: Store, clock: Clock, account: str) -> None:
        self.told = Newest()
        self._source, self._store, self._clock, self._account = source, store, clock, account
        self._each_s = config.each_min * 60.0
        self._of = f"{config.source} {config.model_dump_json(include={'sites'})}"
        self._failures = 0
        self._troubles = Once(log)
        self._remember()

    async def run(self) -> None:
        """For ever."""
        await self._clock.sleep(self._left_of_gap_s())
        while True:
            await self._store.put(ASKED, self._clock.wall_ms())
            await self._clock.sleep(await self._ask())

    async def _ask(self) -> float:
        """Ask once. Returns after how long to ask again."""
        try:
            promise = await self._source.fetch()
        except DeviceError as error:
            self._failures += 1
            self.told.why = str(error)
            metrics.WEATHER.labels(self._account, _outcome(error)).inc()
            self._troubles.trouble("weather", "%s; going on with what is known", error)
            pause_s = backoff_s(self._failures, SOON_S, self._each_s)
            return max(pause_s, error.wait_s) if isinstance(error, TooOften) else pause_s
        self._failures = 0
        self._troubles.over("weather", "the weather is known again")
        metrics.WEATHER.labels(self._account, "answered").inc()
        await self._take(promise)
        return self._each_s * random.uniform(1.0, 1.0 + JITTER)

    async def _take(self, promise: Promise) -> None:
        self.told.take(promise)
        kept = _Kept(of=self._of, fetched_ms=promise.fetched_ms, raw_w=sorted(promise.raw_w.items()))
        await self._store.put(KEY, kept.model_dump(mode="json"))

    def _remember(self) -> None:
        """The promise of an earlier run, if it is about the same roofs."""
        try:
            kept = _Kept.model_validate(self._store.get(KEY), strict=False)
        except ValidationError:
            return
        if kept.of == self._of:
            self.told.take(Promise(kept.fetched_ms, dict(kept.raw_w)))

    def _left_of_gap_s(self) -> float:
        """A process that is started again and again does not ask each time."""
        asked_ms = self._store.get(ASKED)
        if not isinstance(asked_ms, int):
            return 0.0
        passed_s = (self._clock.wall_ms() - asked_ms) / 1000
        return SOON_S - passed_s if 0 <= passed_s < SOON_S else 0.0


def _outcome(error: DeviceError) -> str:
    if isinstance(error, TooOften):
        return "too_often"
    return "unreachable" if isinstance(error, DeviceUnreachable) else "unusable"

"""Keeps the diary of the house, and tells once a day what yesterday came to."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from math import nan
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from common import metrics
from common.contract import PLAN_SCORE, PlanScore
from common.means import QUARTER_S, quarter
from common.service import Runtime
from services.planner.config import Config
from services.planner.core.solver import Unsolved
from services.planner.diary import Row
from services.planner.heard import MAIN
from services.planner.hearing import Hearing
from services.planner.question import stores
from services.planner.scoring import score

TICK_S: Final = 10.0
SETTLE_S: Final = 10.0
"""After a quarter is over, its last measurements still come."""
ROWS: Final = "diary"
SCORE: Final = "score"
_ROWS: Final = TypeAdapter(tuple[Row, ...])
log = logging.getLogger(__name__)


class Reckoning:
    """Of one house; what it knows outlives a restart."""

    def __init__(self, runtime: Runtime[Config], hearing: Hearing, turn: asyncio.Lock) -> None:
        self._runtime, self._hearing, self._turn = runtime, hearing, turn
        self._diary = hearing.diary
        self._diary.rows = _rows(runtime.store.get(ROWS))
        self._score = _score(runtime.store.get(SCORE))
        self._tried = ""
        """The day that was looked at last, whether it could be judged or not."""

    async def run(self) -> None:
        """For ever."""
        if self._score is not None:
            await self._tell(self._score)
        closed_s = quarter(self._now_s - SETTLE_S)
        async for _ in self._runtime.clock.every(TICK_S):
            due_s = quarter(self._now_s - SETTLE_S)
            if due_s > closed_s:
                await self._close(due_s - QUARTER_S)
                await self._judge()
            closed_s = due_s

    @property
    def _now_s(self) -> float:
        return self._runtime.clock.wall_ms() / 1000

    async def _close(self, start_s: int) -> None:
        config = self._runtime.config
        if self._diary.close(start_s, self._hearing.heard, config.grid_meter, config.export_eur_per_kwh):
            await self._runtime.store.put(ROWS, [list(row) for row in self._diary.rows])

    async def _judge(self) -> None:
        """Yesterday, once."""
        zone = self._runtime.site.zone
        day = datetime.fromtimestamp(self._now_s, UTC).astimezone(zone).date() - timedelta(days=1)
        if day.isoformat() in (self._tried, self._score.day if self._score else ""):
            return
        self._tried = day.isoformat()
        now_ms = self._runtime.clock.wall_ms()
        batteries = [store for store in stores(self._hearing.heard, self._runtime.config, now_ms).values() if store]
        try:
            async with self._turn:
                with self._runtime.clock.busy():
                    found = await asyncio.to_thread(score, self._diary.rows, batteries, day, zone)
        except Unsolved as error:
            log.warning("%s cannot be judged: %s", day, error)
            return
        if found is None:
            log.info("%s is not judged: too little of it is known", day)
            return
        self._score = found
        await self._runtime.store.put(SCORE, found.model_dump(mode="json"))
        await self._tell(found)

    async def _tell(self, found: PlanScore) -> None:
        account = self._runtime.account
        costs = {"actual": found.cost_eur, "none": found.none_eur, "rule": found.rule_eur, "oracle": found.oracle_eur}
        for policy, cost_eur in costs.items():
            metrics.SCORE_COST.labels(account, policy).set(cost_eur)
        for policy, share_pct in (("actual", found.share_pct), ("rule", found.rule_share_pct)):
            metrics.SCORE_SHARE.labels(account, policy).set(nan if share_pct is None else share_pct / 100)
        log.info("%s: %s", found.day, found.sentence)
        await self._runtime.bus.publish(PLAN_SCORE.at(MAIN), found)


def _rows(kept: JsonValue) -> tuple[Row, ...]:
    """The rows of an earlier run; none if they cannot be read."""
    try:
        return _ROWS.validate_python(kept)
    except ValidationError:
        return ()


def _score(kept: JsonValue) -> PlanScore | None:
    try:
        return PlanScore.model_validate(kept, strict=False)
    except ValidationError:
        return None

"""A new plan every few minutes, and whenever there are news: ask, solve in a thread, publish; else take it back."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from common import metrics
from common.contract import PLAN, PlanState
from common.log import Once
from common.service import Runtime
from services.planner.answer import Answer, answer
from services.planner.config import Config
from services.planner.core.solver import Unsolved
from services.planner.hearing import Hearing
from services.planner.outlook import Wanting
from services.planner.question import Course, Question, question
from services.planner.telling import tell

TICK_S: Final = 5.0
"""News are waited for that long, so that those that come together make one plan."""
PATIENCE_S: Final = 300.0
"""Nobody is troubled about a plan that is missing for less than this."""
log = logging.getLogger(__name__)


class Rolling:
    """Plans for ever."""

    def __init__(self, runtime: Runtime[Config], hearing: Hearing, turn: asyncio.Lock) -> None:
        self._runtime, self._hearing, self._turn = runtime, hearing, turn
        self._due_ms = 0
        self._course: Course = {}
        self._told: set[str] = set()
        """The devices whose plans stand, the house among them."""
        self._planned_s = runtime.clock.monotonic()
        self._troubles = Once(log)

    async def run(self) -> None:
        """For ever. What an earlier run planned stands until there is a plan again, or it has grown old."""
        await self._runtime.clock.sleep(TICK_S)
        async for _ in self._runtime.clock.every(TICK_S):
            self._runtime.health.turned(TICK_S + self._runtime.config.time_limit_s)
            now_ms = self._runtime.clock.wall_ms()
            if self._hearing.take_news() or not 0 <= self._due_ms - now_ms <= self._each_ms:
                self._due_ms = (now_ms // self._each_ms + 1) * self._each_ms
                await self._plan(now_ms)

    @property
    def _each_ms(self) -> int:
        return self._runtime.config.each_min * 60_000

    async def _plan(self, now_ms: int) -> None:
        config, site = self._runtime.config, self._runtime.site
        try:
            asked = question(self._hearing.heard, config, site, now_ms)
            found = await self._solved(asked)
        except Wanting as wanting:
            await self._without("no_input", str(wanting))
            await self._take_back(self._told)
        except Unsolved as error:
            await self._without("unsolved", f"no solution was found ({error})")
        else:
            await self._publish(found, now_ms)
            await self._praise(asked)

    async def _solved(self, asked: Question) -> Answer:
        """In a thread: the solver lets the loop run meanwhile."""
        limit_s = self._runtime.config.time_limit_s
        async with self._turn:
            with metrics.PLAN_SOLVE.labels(self._runtime.account).time(), self._runtime.clock.busy():
                return await asyncio.to_thread(answer, asked, self._course, limit_s)

    async def _publish(self, found: Answer, now_ms: int) -> None:
        """The devices first: the house tells what stored energy is worth, and that goes with what they do."""
        self._course = found.course
        messages: Mapping[str, PlanState] = tell(found, now_ms, self._runtime.site.zone)
        for name, message in messages.items():
            await self._runtime.bus.publish(PLAN.at(name), message, now_ms)
        await self._take_back(self._told - messages.keys())
        self._told = set(messages)
        metrics.PLANS.labels(self._runtime.account, "made").inc()
        metrics.PLAN_GAP.labels(self._runtime.account).set(found.plan.gap_eur)

    async def _take_back(self, names: set[str]) -> None:
        for name in sorted(names):
            await self._runtime.bus.clear(PLAN.at(name))
        self._told = self._told - names

    async def _praise(self, asked: Question) -> None:
        """There is a plan; a battery that it is not about is told of."""
        self._planned_s = self._runtime.clock.monotonic()
        self._troubles.over("plan", "there is a plan again")
        await self._runtime.alerts.clear("no_plan")
        text = f"The plan is without {', '.join(asked.left_out)}: size or charge is not known."
        advice = "Look at the battery's alerts; a bridge that does not tell its size needs capacity_wh."
        await self._runtime.alerts.say("left_out", bool(asked.left_out), text, advice)

    async def _without(self, outcome: str, why: str) -> None:
        """There is none. The balancer does without; somebody should know if it stays so."""
        metrics.PLANS.labels(self._runtime.account, outcome).inc()
        self._troubles.trouble("plan", "no plan: %s", why)
        if self._runtime.clock.monotonic() - self._planned_s >= PATIENCE_S:
            text = f"There is no plan: {why}. The balancer goes on by its rules."
            await self._runtime.alerts.set("no_plan", text, "Look at the services forecaster, tempo and balancer.")

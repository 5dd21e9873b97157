"""Everything at once: hear, plan, and look back at yesterday."""

import asyncio

from common.service import Runtime
from services.planner.config import Config
from services.planner.hearing import Hearing
from services.planner.reckoning import Reckoning
from services.planner.rolling import Rolling


async def session(runtime: Runtime[Config]) -> None:
    """Until cancelled."""
    hearing = Hearing(runtime.bus, runtime.config.grid_meter)
    turn = asyncio.Lock()  # the solver is asked one thing at a time
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hearing.run())
        tasks.create_task(Rolling(runtime, hearing, turn).run())
        tasks.create_task(Reckoning(runtime, hearing, turn).run())

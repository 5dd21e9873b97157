"""Everything at once: hear what is measured, ask for the weather, forecast."""

import asyncio

from common.service import Runtime
from services.forecaster.config import Config
from services.forecaster.fetching import Fetching
from services.forecaster.forecasting import Forecasting
from services.forecaster.hearing import Hearing
from services.forecaster.history import History
from services.forecaster.ledger import NAME
from services.forecaster.means import House
from services.forecaster.web import Source, web


async def session(runtime: Runtime[Config]) -> None:
    """Until cancelled."""
    config, clock = runtime.config, runtime.clock
    house = House(config.production, config.grid_meter, config.apart)
    hearing = Hearing(runtime.bus, config, house)
    with History(runtime.data_dir / NAME, clock, runtime.account) as history:
        async with web(config, clock) as line, asyncio.TaskGroup() as tasks:
            fetching = Fetching(Source(line, config), config, runtime.store, clock, runtime.account)
            tasks.create_task(hearing.run())
            if config.is_asking:
                tasks.create_task(fetching.run())
            told = hearing.told if config.source == "topic" else fetching.told
            tasks.create_task(Forecasting(runtime, history, house, told).run())

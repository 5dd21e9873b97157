"""Once in a quarter hour, and whenever the weather is new: learn, forecast, publish."""

from typing import Final

from common import metrics
from common.contract import FORECAST, Forecast, ForecastSlot
from common.means import KEPT, QUARTER_S, quarter
from common.service import Runtime
from services.forecaster.care import Care
from services.forecaster.config import Config
from services.forecaster.core.house_ahead import house_ahead
from services.forecaster.core.quarters import Quarter
from services.forecaster.core.score import LEADS, Kind, Told
from services.forecaster.core.sun_ahead import Ahead, sun_ahead
from services.forecaster.history import History
from services.forecaster.judging import judge
from services.forecaster.means import House
from services.forecaster.sources.source import Newest

TICK_S: Final = 10.0
QUANTILES: Final = ("0.1", "0.5", "0.9")
SETTLE_S: Final = 10.0
"""After a quarter is over, its last measurements still come."""


class Forecasting:
    """Both forecasts of one house."""

    def __init__(self, runtime: Runtime[Config], history: History, house: House, weather: Newest) -> None:
        self._runtime, self._history, self._house, self._weather = runtime, history, house, weather
        self._plant = runtime.config.plant()
        self._care = Care(runtime, weather)
        self._told: list[Told] = []
        """What was forecast last, not yet on disk."""

    async def run(self) -> None:
        """For ever."""
        await self._history.keep(self._now_s)
        await self._forecast()
        closed_s = quarter(self._now_s - SETTLE_S)
        async for _ in self._runtime.clock.every(TICK_S):
            self._runtime.health.turned(TICK_S)
            due_s = quarter(self._now_s - SETTLE_S)
            if due_s != closed_s:
                await self._turn(range(max(closed_s, due_s - (KEPT - 1) * QUARTER_S), due_s, QUARTER_S))
                closed_s = due_s
            elif self._weather.take_news():
                await self._forecast()
            await self._care.look()

    @property
    def _now_s(self) -> float:
        return self._runtime.clock.wall_ms() / 1000

    async def _turn(self, over: range) -> None:
        """Quarters are over: keep what was measured, what had been promised and forecast, and forecast again."""
        rows = [self._measured(start_s) for start_s in over]
        await self._history.keep(self._now_s, [row for row in rows if row[1:] != Quarter(0)[1:]], self._told)
        self._told = [
            Told(kind, lead, made.slots[lead_s // QUARTER_S])
            for kind, made in (await self._forecast()).items()
            for lead, lead_s in LEADS.items()
        ]
        await judge(self._history.past, self._now_s, self._runtime.account, self._runtime.alerts)

    def _measured(self, start_s: int) -> Quarter:
        around = (start_s - QUARTER_S, start_s, start_s + QUARTER_S)
        is_night = bool(self._plant.sites) and not any(map(self._plant.clear_w, around))
        pv_w = self._house.production_w(start_s, is_night)
        self._care.heard(self._house.silent(start_s))
        promise = self._weather.good(self._now_s)
        return Quarter(start_s, pv_w, self._house.load_w(start_s, pv_w), promise.raw_w.get(start_s))

    async def _forecast(self) -> dict[Kind, Ahead]:
        """Make and publish what can be forecast: the load always, the sun where there are roofs."""
        now_s, history, config = self._now_s, self._history.past.quarters, self._runtime.config
        made: dict[Kind, Ahead] = {"load": house_ahead(now_s, self._runtime.site.zone, history, config.yearly_kwh)}
        if self._plant.sites:
            made["pv"] = sun_ahead(now_s, self._plant, self._weather.good(now_s).raw_w, history)
        for kind, forecast in made.items():
            await self._runtime.bus.publish(FORECAST.at(kind), message(forecast, now_s))
            for quantile, value_w in zip(QUANTILES, forecast.slots[0][1:], strict=True):
                metrics.FORECAST_POWER.labels(self._runtime.account, kind, quantile).set(value_w)
        return made


def message(forecast: Ahead, now_s: float) -> Forecast:
    """A forecast on the wire: 192 slots in 20 kB."""
    slots = (
        ForecastSlot(
            start_ms=start_s * 1000,
            end_ms=(start_s + QUARTER_S) * 1000,
            p10_w=round(p10_w, 1),
            p50_w=round(p50_w, 1),
            p90_w=round(p90_w, 1),
        )
        for start_s, p10_w, p50_w, p90_w in forecast.slots
    )
    return Forecast(
        issued_ms=round(now_s * 1000), slots=tuple(slots), quality="estimated" if forecast.is_estimated else "good"
    )

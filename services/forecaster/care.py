"""What its owner is told: that there has been no weather for hours, or that a device was not heard of for a day."""

from typing import Final

from common import metrics
from common.service import Runtime
from services.forecaster.config import Config
from services.forecaster.sources.source import NOTHING, Newest

LONG_S: Final = 3 * 3600.0
"""So long without weather, or without two answers that were due."""
SILENT_S: Final = 86_400.0


class Care:
    """Looks after the inputs."""

    def __init__(self, runtime: Runtime[Config], weather: Newest) -> None:
        self._runtime, self._weather = runtime, weather
        self._began_s = self._now_s
        now_s = runtime.clock.monotonic()
        self._heard_s = dict.fromkeys(runtime.config.measured(), now_s)

    def heard(self, silent: tuple[str, ...]) -> None:
        """A quarter is over, and of these devices too little was heard."""
        now_s = self._runtime.clock.monotonic()
        self._heard_s |= dict.fromkeys(self._heard_s.keys() - set(silent), now_s)

    async def look(self) -> None:
        """Raise what stands, clear what is over."""
        if self._runtime.config.sites and self._runtime.config.source != "none":
            await self._look_at_the_weather()
        now_s = self._runtime.clock.monotonic()
        silent = sorted(name for name, heard_s in self._heard_s.items() if now_s - heard_s > SILENT_S)
        text = f"For a day too little was heard of {', '.join(silent)}: nothing is learnt from the house meanwhile."
        await self._runtime.alerts.say("not_learning", bool(silent), text, "Look at the service that reads it.")

    async def _look_at_the_weather(self) -> None:
        promise, now_s = self._weather.promise, self._now_s
        if promise is not NOTHING:
            metrics.FORECAST_AGE.labels(self._runtime.account).set(now_s - promise.fetched_ms / 1000)
        without_s = now_s - max(self._began_s, promise.fetched_ms / 1000)
        made_of = "the last one" if self._weather.good(now_s) is not NOTHING else "a clear sky and the last days"
        text = f"No weather for {without_s / 3600:.0f} h; the forecast is made of {made_of}."
        advice = self._weather.why or "Is the program that publishes it running?"
        long_s = max(LONG_S, 2 * 60 * self._runtime.config.each_min)
        await self._runtime.alerts.say("weather", without_s > long_s, text, advice)

    @property
    def _now_s(self) -> float:
        return self._runtime.clock.wall_ms() / 1000

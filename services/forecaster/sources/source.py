"""What every source of weather gives: a promise of power, before any correction of ours."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from common.errors import DeviceRefused, DeviceUnintelligible
from services.forecaster.core.plant import Site

GOOD_S: Final = 86_400
"""A promise older than a day is none."""
HIGH_DEG: Final = 70.0
"""The sun at least twenty degrees up: even below the thickest cloud there is light."""
DARK_QUARTERS: Final = 12
JUST_OVER_S: Final = 3600


class Promise(NamedTuple):
    """Power by quarter hour in W, of all sites, ≥ 0."""

    fetched_ms: int
    raw_w: Mapping[int, float]

    def is_good(self, now_ms: float) -> bool:
        """Whether it is young enough to be used."""
        return now_ms - self.fetched_ms < GOOD_S * 1000


NOTHING: Final = Promise(0, {})


class Newest:
    """The newest promise, and whether somebody has looked at it."""

    def __init__(self) -> None:
        self.promise = NOTHING
        self.why = ""
        """Why there is none newer, if something is wrong."""
        self._is_news = False

    def take(self, promise: Promise) -> None:
        """A new one has come. It may begin now; what was promised for the last quarters is still to be judged."""
        first_s = min(promise.raw_w, default=0)
        before = {at: w for at, w in self.promise.raw_w.items() if first_s - JUST_OVER_S <= at < first_s}
        self.promise = Promise(promise.fetched_ms, {**before, **promise.raw_w})
        self.why, self._is_news = "", True

    def take_news(self) -> bool:
        """Whether one has come since this was asked last."""
        is_news, self._is_news = self._is_news, False
        return is_news

    def good(self, now_s: float) -> Promise:
        """The promise, or nothing if it is too old to be used."""
        return self.promise if self.promise.is_good(now_s * 1000) else NOTHING


class TooOften(DeviceRefused):
    """Raised when the service wants to be left in peace for a while."""

    def __init__(self, text: str, wait_s: float) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def plausible(raw_w: Mapping[int, float], site: Site, name: str) -> Mapping[int, float]:
    """The same. Raises DeviceUnintelligible for what cannot be: nothing at all, or no light for hours of high sun."""
    if not raw_w:
        raise DeviceUnintelligible(f"{name} says nothing about the sun")
    dark = sum(1 for start_s, power_w in raw_w.items() if not power_w and site.sun(start_s).zenith_deg < HIGH_DEG)
    if dark >= DARK_QUARTERS:
        raise DeviceUnintelligible(f"{name} says the sun is dark for {dark} quarters of a day; that cannot be")
    return raw_w

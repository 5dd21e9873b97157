"""Whoever can be asked for colours: one question each, one answer in words."""

from abc import ABC, abstractmethod
from datetime import date, datetime, time
from typing import ClassVar, Final

from common.clock import Clock
from common.errors import DeviceLocked
from services.tempo.calendar import DAY, season_start
from services.tempo.config import CouleurSettings, EcoDeviceSettings, OfficialSettings, RteSettings
from services.tempo.device import ask, basic
from services.tempo.hours import Hours
from services.tempo.knowledge import Word
from services.tempo.wire import couleur, ecodevice, rte, tic
from services.tempo.wire.days import BINDING, Hearing

EARLY_S: Final = 60.0
"""A token is not used in its last minute."""


class Calendar(ABC):
    """A calendar in the web."""

    name: ClassVar[str]
    binding: ClassVar[time] = BINDING
    advice: ClassVar[str] = "Is there internet? The other sources go on; this one is asked again."

    def __init__(self, clock: Clock, hours: Hours) -> None:
        self._clock, self._hours = clock, hours

    @abstractmethod
    async def days(self, today: date) -> tuple[Word, ...]:
        """What it says of the running day and the next. Raises DeviceError."""

    @abstractmethod
    async def season(self, today: date) -> tuple[Word, ...]:
        """What it says of the season so far. Raises DeviceError."""

    def _hearing(self) -> Hearing:
        return Hearing(self.name, self._hours, self._clock.now(), self.binding)


class RteFeed(Calendar):
    """The feeds of RTE's public page."""

    name = "rte"

    def __init__(self, settings: RteSettings, clock: Clock, hours: Hours) -> None:
        super().__init__(clock, hours)
        self._url = settings.url

    async def days(self, today: date) -> tuple[Word, ...]:
        """Of `tempoLight`."""
        return rte.feed(await ask(f"{self._url}{rte.LIGHT}", self._clock), self._hearing())

    async def season(self, today: date) -> tuple[Word, ...]:
        """Of `tempo?season=…`."""
        return rte.feed(await ask(f"{self._url}{rte.season_path(today)}", self._clock), self._hearing())


class RteOfficial(Calendar):
    """RTE's official API. A token is asked for when there is none, and kept while it lasts."""

    name = "rte_official"
    advice = "Check `client_id` and `client_secret`, and that the application on data.rte-france.com has this API."

    def __init__(self, settings: OfficialSettings, clock: Clock, hours: Hours) -> None:
        super().__init__(clock, hours)
        self._settings = settings
        self._token: tuple[str, float] | None = None

    async def days(self, today: date) -> tuple[Word, ...]:
        """Of one season only: a range over 31 August is answered with an error."""
        tomorrow = today + DAY
        return await self._calendar(max(today, season_start(tomorrow)), tomorrow)

    async def season(self, today: date) -> tuple[Word, ...]:
        """From 1 September on."""
        return await self._calendar(season_start(today), today)

    async def _calendar(self, first: date, last: date) -> tuple[Word, ...]:
        url = f"{self._settings.url}{rte.calendar_path(first, last, self._hours)}"
        try:
            body = await ask(url, self._clock, {"Authorization": f"Bearer {await self._leave()}"})
        except DeviceLocked:
            self._token = None
            raise
        return rte.calendar(body, self._hearing())

    async def _leave(self) -> str:
        """A token that is good for another minute."""
        if self._token is None or self._clock.monotonic() >= self._token[1]:
            who = basic(self._settings.client_id, self._settings.client_secret)
            told = rte.token(await ask(f"{self._settings.url}{rte.TOKEN}", self._clock, who, "POST"))
            self._token = told.access_token, self._clock.monotonic() + told.expires_in - EARLY_S
        return self._token[0]


class CouleurTempo(Calendar):
    """api-couleur-tempo.fr."""

    name = "api_couleur_tempo"
    binding = couleur.BINDING

    def __init__(self, settings: CouleurSettings, clock: Clock, hours: Hours) -> None:
        super().__init__(clock, hours)
        self._url = settings.url

    async def days(self, today: date) -> tuple[Word, ...]:
        """By date."""
        return await self._ask(couleur.days_path((today, today + DAY)))

    async def season(self, today: date) -> tuple[Word, ...]:
        """By season."""
        return await self._ask(couleur.season_path(today))

    async def _ask(self, path: str) -> tuple[Word, ...]:
        return couleur.days(await ask(f"{self._url}{path}", self._clock), self._hearing())


class EcoDevice:
    """The box at the meter."""

    name: Final = "ecodevice"

    def __init__(self, settings: EcoDeviceSettings, clock: Clock, hours: Hours) -> None:
        self._settings, self._clock, self._hours = settings, clock, hours

    async def labels(self) -> tic.Labels:
        """The meter's labels as they are now. Raises DeviceError."""
        settings = self._settings
        path = ecodevice.path(settings.format, settings.input)
        who = basic(settings.user, settings.password)
        body = await ask(f"http://{settings.host}:{settings.port}{path}", self._clock, who)
        return ecodevice.labels(body, settings.format, settings.input)

    def words(self, labels: tic.Labels, at: datetime) -> tuple[Word, ...]:
        """What they say."""
        return tic.words(labels, self._hours, at, self.name)

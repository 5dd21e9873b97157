"""What an owner may set about being told: whom, what, and when not."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from common.config import ServiceSettings, Settings
from common.config.settings import DeviceId
from services.notifier.voice import checked

Address = Annotated[str, Field(min_length=4, max_length=2000, examples=["${PROWL_URL}"]), AfterValidator(checked)]
"""As apprise writes it: `prowl://<key>`, `ntfy://<topic>`, `mailto://…`. It is a secret: keep it in the environment."""


class Recipient(Settings):
    """Somebody, by one way of reaching them."""

    url: Address
    alerts: Literal["all", "errors", "none"] = "all"
    """Which alerts: all, those that are errors, or none."""
    announcements: bool = True
    """The colour or price band of the day to come."""


class QuietHours(Settings):
    """Local hours in which only errors are told; the rest waits for their end."""

    start: time = Field(examples=["22:00"])
    end: time = Field(examples=["07:00"])

    def include(self, now: time) -> bool:
        """Whether it is quiet at this local time; hours that end when they start never are."""
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


class Config(ServiceSettings):
    """Section `notifier` of `ballast.yaml`."""

    to: dict[DeviceId, Recipient] = Field(
        default_factory=dict, max_length=20, examples=[{"phone": {"url": "${PROWL_URL}"}}]
    )
    """Recipients, each by a name of your choice."""
    quiet_hours: QuietHours | None = Field(default=None, examples=[{"start": "22:00", "end": "07:00"}])
    settle_s: float = Field(default=60, ge=0, le=3600, examples=[60])
    """An alert must stand so long before it is told, and be gone so long before its end is."""
    again_after_s: float = Field(default=3600, ge=60, le=604_800, examples=[3600])
    """An alert that ended and came back is told again no sooner than this."""
    tell_end: bool = True
    """Also tell when an alert that was told is over."""

    @model_validator(mode="after")
    def _somebody_is_told_something(self) -> Self:
        for name, recipient in self.to.items():
            if recipient.alerts == "none" and not recipient.announcements:
                raise ValueError(f"{name} would be told nothing; leave it out or give it alerts or announcements")
        return self

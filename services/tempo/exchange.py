"""What an owner may say of where day-ahead prices come from."""

from datetime import time
from typing import Annotated, Self

from pydantic import Field, model_validator

from common.config import Settings
from services.tempo.wire.day_ahead import Layout

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+", max_length=500)]
TopicName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^+#$\x00]+$")]
PathText = Annotated[str, Field(max_length=100)]


class DayAheadSettings(Settings):
    """A list of prices: at an address, on a topic, or both."""

    url: Url | None = Field(default=None, examples=["https://api.energy-charts.info/price?bzn=FR"])
    headers: dict[str, str] = Field(default_factory=dict, examples=[{"Authorization": "Bearer ${PRICE_TOKEN}"}])
    topic: TopicName | None = Field(default=None, examples=["prices/day_ahead"])
    """A topic on the broker on which another program says them."""
    items: PathText | None = Field(default=None, examples=["data"])
    """Where the list of objects is; empty if the answer is the list itself. Absent: `start` and `price` are lists."""
    start: PathText = Field(examples=["unix_seconds"])
    """Beginning of each price: ISO 8601 with its offset, or seconds or milliseconds since 1970."""
    end: PathText | None = Field(default=None, examples=["end_timestamp"])
    """Absent: each lasts until the next begins."""
    price: PathText = Field(examples=["price"])
    scale: float = Field(default=1.0, gt=0, le=1, examples=[0.001])
    """What its numbers are multiplied by to be EUR/kWh: 0.001 for EUR/MWh, 0.01 for cents."""
    published_at: time = Field(default=time(13), examples=["13:00"])
    """Local time from which the next day's prices are there."""

    @property
    def layout(self) -> Layout:
        """Where things are."""
        return Layout(self.items, self.start, self.price, self.end, self.scale)

    @model_validator(mode="after")
    def _comes_from_somewhere(self) -> Self:
        if self.url is None and self.topic is None:
            raise ValueError("day-ahead prices need a `url` or a `topic`")
        return self

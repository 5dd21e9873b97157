"""What an owner may set for the P1 meter."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from common.config import Owned, ServiceSettings
from common.config.settings import DeviceId, Port


class Config(ServiceSettings):
    """Section `p1` of `ballast.yaml`. Only `host` is needed."""

    id: DeviceId = Field(default="p1", examples=["p1"])
    """Name of the meter in topics and dashboards."""
    host: str = Field(min_length=1, max_length=253, examples=["192.168.1.20"])
    """Address or name of the dongle; give it a fixed one in your router."""
    api: Literal["auto", "v2", "v1"] = Field(default="auto", examples=["auto"])
    """`auto`: v2 once it is paired (`ballast pair homewizard`), v1 until then."""
    poll_s: float = Field(default=1.0, ge=0.5, le=60, examples=[1.0])
    """v1 only: time between two questions. The vendor asks for 0.5 s at least; v2 pushes by itself."""
    max_power_w: float = Field(default=60_000, gt=0, le=1_000_000, examples=[17_250])
    """More than your connection can carry, either way. Readings beyond it are not believed."""
    serial: Annotated[str, Field(pattern="^[0-9a-f]{12}$")] | None = Field(default=None, examples=["aabbcc0d1e2f"])
    """Serial number of the dongle. Not needed: the first one that answers, or the paired one, is remembered."""
    ca_file: Path | None = Field(default=None, examples=["/etc/ballast/homewizard-ca.pem"])
    """v2: trust the dongle's certificate only if this CA signed it, on top of what was seen at pairing."""
    http_port: Port = Field(default=80, examples=[80])
    https_port: Port = Field(default=443, examples=[443])

    def owned(self) -> tuple[Owned, ...]:
        """The meter."""
        return (Owned("meter", self.id),)

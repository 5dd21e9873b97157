"""A section with every shape a service's settings may have, for the tests of the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from common.config import Loaded, ServiceSettings, load
from common.config.settings import DeviceId, Port, Settings
from common.errors import ConfigError


class Battery(Settings):
    kind: Literal["battery"] = "battery"
    host: str = Field(examples=["192.168.1.20"])
    port: Port = Field(default=30000, examples=[30000])
    window: tuple[float, float] | None = None


class Meter(Settings):
    kind: Literal["meter"]
    url: str = Field(examples=["http://192.168.1.21"])


class ByPower(Settings):
    power_w: float = Field(gt=0, examples=[500])


class ByTime(Settings):
    hours: float = Field(gt=0, examples=[4])


class Section(ServiceSettings):
    """All shapes: mapping, list, union with and without a tag, nested ones."""

    poll_s: float = Field(default=1.0, gt=0, le=60, examples=[1])
    enabled: bool = Field(default=True, examples=[True])
    batteries: dict[DeviceId, Battery] = Field(default_factory=dict)
    devices: dict[DeviceId, Annotated[Battery | Meter, Field(discriminator="kind")]] = Field(default_factory=dict)
    spares: list[Battery] = Field(default_factory=list)
    wishes: list[ByPower | ByTime] = Field(default_factory=list)
    token: str = Field(default="none", min_length=4, max_length=8, examples=["abcd"])
    ready_by: str | None = Field(default=None, pattern=r"^\d\d:\d\d$", examples=["06:00"])


class Demanding(ServiceSettings):
    """A service that cannot do without a section of its own."""

    host: str = Field(examples=["192.168.1.10"])
    serial: str


def read(path: Path, text: str | bytes, environment: Mapping[str, str] | None = None) -> Loaded:
    """Load `text` as the file of a process that runs `p1`."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, {"p1": Section}, environment or {})


def section(path: Path, text: str, environment: Mapping[str, str] | None = None) -> Section:
    """The section `p1` of a file that is right."""
    return read(path, text, environment).section("p1", Section)


def mistakes(path: Path, text: str | bytes, environment: Mapping[str, str] | None = None) -> list[str]:
    """What is told about a file that is wrong: `<line>: <key>: <text>`."""
    with pytest.raises(ConfigError) as caught:
        read(path, text, environment)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]

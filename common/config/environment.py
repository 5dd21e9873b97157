"""The only reader of the process's environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from common.clock import Clock, SystemClock
from common.config.settings import Port
from common.errors import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment may say; everything else is in `ballast.yaml`."""

    variables: Mapping[str, str]
    config: Path
    """`BALLAST_CONFIG`: the file to read."""
    metrics_port: int | None
    """`BALLAST_METRICS_PORT`: for sections that name none; the image sets 9464."""
    log_format: str
    """`BALLAST_LOG_FORMAT`: `text` or `json`."""
    log_level: str
    """`BALLAST_LOG_LEVEL`."""
    clock_rate: float
    """`BALLAST_CLOCK_RATE`: time runs this much faster, for a demonstration."""
    clock_epoch_ms: int | None
    """`BALLAST_CLOCK_EPOCH_MS`: the real instant from which it does, shared by all processes."""

    def clock(self) -> Clock:
        """The clock all processes of this environment share."""
        return SystemClock(self.clock_rate, self.clock_epoch_ms)


class _Known(BaseModel):
    """The variables that are ours, as they may be set."""

    model_config = ConfigDict(allow_inf_nan=False)

    BALLAST_CONFIG: Path = Path("ballast.yaml")
    BALLAST_METRICS_PORT: Port | None = Field(default=None, examples=[9464])
    BALLAST_LOG_FORMAT: Literal["text", "json"] = "text"
    BALLAST_LOG_LEVEL: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = "INFO"
    BALLAST_CLOCK_RATE: Annotated[float, Field(gt=0)] = 1.0
    BALLAST_CLOCK_EPOCH_MS: Annotated[int, Field(ge=0)] | None = None


def read() -> Environment:
    """The environment as it is now. Raises ConfigError with every variable of ours that cannot be used."""
    try:
        known = _Known.model_validate({name: value for name, value in os.environ.items() if value})
    except ValidationError as error:
        raise ConfigError(tuple(_problem(detail) for detail in error.errors(include_url=False))) from error
    return Environment(
        variables=dict(os.environ),
        config=known.BALLAST_CONFIG,
        metrics_port=known.BALLAST_METRICS_PORT,
        log_format=known.BALLAST_LOG_FORMAT,
        log_level=known.BALLAST_LOG_LEVEL,
        clock_rate=known.BALLAST_CLOCK_RATE,
        clock_epoch_ms=known.BALLAST_CLOCK_EPOCH_MS,
    )


def _problem(detail: ErrorDetails) -> Problem:
    return Problem(f"environment: {detail['loc'][0]}", f"found {detail['input']!r}; {detail['msg']}")

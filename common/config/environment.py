"""The only reader of the process's environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from common.clock import SystemClock


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

    def clock(self) -> SystemClock:
        """The clock all processes of this environment share."""
        return SystemClock(self.clock_rate, self.clock_epoch_ms)


def read() -> Environment:
    """The environment as it is now."""
    known = os.environ
    port, epoch = known.get("BALLAST_METRICS_PORT"), known.get("BALLAST_CLOCK_EPOCH_MS")
    return Environment(
        variables=dict(known),
        config=Path(known.get("BALLAST_CONFIG", "ballast.yaml")),
        metrics_port=int(port) if port else None,
        log_format=known.get("BALLAST_LOG_FORMAT", "text"),
        log_level=known.get("BALLAST_LOG_LEVEL", "INFO"),
        clock_rate=float(known.get("BALLAST_CLOCK_RATE", "1")),
        clock_epoch_ms=int(epoch) if epoch else None,
    )

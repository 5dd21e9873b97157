"""What a run amounts to: counts, latencies, how well the grid was held. Pure; figures without a sample are None."""

import math
from collections import Counter
from dataclasses import dataclass, field
from statistics import fmean

STEP_W = 300.0
"""A change of the base load by this much within a second is a step …"""
BAND_W = 50.0
"""… and the grid has settled when it stays within this …"""
SETTLED_S = 5.0
"""… for so long, before the next step."""


def quantile(values: list[float], share: float, digits: int = 2) -> float | None:
    """The value that this share of the others does not exceed; None without any."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)], digits)


@dataclass(frozen=True, slots=True)
class Sample:
    """The true state of the simulated house at one instant."""

    at_s: float
    load_w: float
    grid_w: float


@dataclass(slots=True)
class Settling:
    """Finds steps of the base load and how long the grid took to come back to zero."""

    seconds: list[float] = field(default_factory=list)
    steady_w: list[float] = field(default_factory=list)
    """Grid power while it was settled."""
    grid_w: list[float] = field(default_factory=list)
    _samples: list[Sample] = field(default_factory=list)
    _step_s: float | None = None
    _calm_since_s: float | None = None
    _settled: bool = False

    def take(self, sample: Sample) -> None:
        """One more sample, in order of time."""
        self.grid_w.append(sample.grid_w)
        self._samples = [known for known in self._samples if sample.at_s - known.at_s <= 1.0]
        if any(abs(sample.load_w - known.load_w) >= STEP_W for known in self._samples):
            self._step_s, self._calm_since_s, self._settled = sample.at_s, None, False
            self._samples.clear()
        self._samples.append(sample)
        self._calm(sample)

    def _calm(self, sample: Sample) -> None:
        if abs(sample.grid_w) > BAND_W:
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = sample.at_s
        if self._settled:
            self.steady_w.append(sample.grid_w)
        elif self._calm_since_s is not None and sample.at_s - self._calm_since_s >= SETTLED_S:
            self._settled = True
            if self._step_s is not None:
                self.seconds.append(self._calm_since_s - self._step_s)

    def figures(self) -> dict[str, object]:
        """`grid_w` and `settle_s` of the summary."""
        rms = math.sqrt(fmean(power_w * power_w for power_w in self.steady_w)) if self.steady_w else None
        return {
            "grid_w": {
                "mean_abs": round(fmean(abs(power_w) for power_w in self.grid_w), 1) if self.grid_w else None,
                "rms_steady": None if rms is None else round(rms, 1),
            },
            "settle_s": {"p50": quantile(self.seconds, 0.5, 1), "p95": quantile(self.seconds, 0.95, 1)},
        }


@dataclass(slots=True)
class Traffic:
    """What went over the bus."""

    messages: int = 0
    decisions: int = 0
    commands: int = 0
    acks: Counter[str] = field(default_factory=Counter)
    meter_to_cmd_ms: list[float] = field(default_factory=list)
    echo_ms: list[float] = field(default_factory=list)
    _readings: dict[int, float] = field(default_factory=dict)

    def reading(self, ts_ms: int, arrived_s: float) -> None:
        """A meter message came by; commands that follow from it carry its time stamp."""
        self._readings = {known: at_s for known, at_s in self._readings.items() if arrived_s - at_s < 10}
        self._readings[ts_ms] = arrived_s

    def command(self, issued_at_ms: int, arrived_s: float) -> None:
        """A command came by."""
        self.commands += 1
        if issued_at_ms in self._readings:
            self.meter_to_cmd_ms.append((arrived_s - self._readings[issued_at_ms]) * 1000)

    def figures(self) -> dict[str, object]:
        """Counts, acks and latencies of the summary."""
        return {
            "messages": self.messages,
            "decisions": self.decisions,
            "commands": self.commands,
            "acks": dict(sorted(self.acks.items())),
            "latency_ms": {
                "meter_to_cmd_p50": quantile(self.meter_to_cmd_ms, 0.5),
                "meter_to_cmd_p99": quantile(self.meter_to_cmd_ms, 0.99),
                "echo_p50": quantile(self.echo_ms, 0.5),
                "echo_p99": quantile(self.echo_ms, 0.99),
            },
        }

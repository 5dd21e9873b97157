"""Measure what a dimmer gives at each percentage: from all of it down to nothing, with its own meter.

A reading of 0 W is a measurement like any other. A meter that says nothing, or a thermostat that opens on the way,
ends it; however it ends, the heater is off afterwards.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from common.clock import Clock
from common.errors import DeviceError, DeviceRefused, DeviceUnreachable
from common.foreign import Foreign
from common.messaging import Inbox
from services.pzem import wire
from services.pzem.config import DimmerSettings, MeterSettings
from services.pzem.curve import Point
from services.pzem.device import Line

METER_S: Final = 30.0
"""Longest wait for one good reading."""
OPEN_SHARE: Final = 0.3
"""Less than this share of what theory expects is a thermostat that has opened."""
SURE_PERCENT: Final = 30
"""Below this a heater gives too little for that to be told."""
OFF: Final = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to go about it."""

    step_percent: int = 4
    warm_up_s: float = 120.0
    """At 100 % first: a cold heater draws more."""
    settle_s: float = 6.0
    """After each step: the module means over seconds."""
    samples: int = 4

    @property
    def percents(self) -> tuple[int, ...]:
        """From everything to nothing."""
        return (*range(100, 0, -self.step_percent), 0)


class Calibration:
    """One dimmer and its meter, with nobody else in command of either."""

    def __init__(self, line: Line, link: Foreign, dimmer: DimmerSettings, meter: MeterSettings, clock: Clock) -> None:
        self._line = line
        self._link = link
        self._dimmer = dimmer
        self._meter = meter
        self._clock = clock

    async def measure(self, plan: Plan) -> AsyncGenerator[Point]:
        """Each point as soon as it is measured. Raises DeviceError; leaves the heater off in any case."""
        readings = await self._link.hear(self._meter.topic)
        try:
            if self._dimmer.speaks == "vload":
                await self._line.tell("on")
            full_w = 0.0
            for percent in plan.percents:
                await self._line.tell(str(percent))
                await self._clock.sleep(plan.warm_up_s if percent == 100 else plan.settle_s)
                power_w = await self._mean_w(readings, plan.samples)
                full_w = max(full_w, power_w)
                _heats(percent, power_w, full_w)
                yield float(percent), power_w
        finally:
            await self._line.tell(OFF)

    async def _mean_w(self, readings: Inbox, samples: int) -> float:
        """Of the next readings; those that came before now belong to the last step."""
        while readings.take() is not None:
            continue
        return sum([await self._reading_w(readings) for _ in range(samples)]) / samples

    async def _reading_w(self, readings: Inbox) -> float:
        why = ""
        try:
            async with self._clock.timeout(METER_S):
                async for received in readings:
                    try:
                        return wire.reading(received.payload, self._meter.module).power_w
                    except DeviceError as error:
                        why = f" ({error})"
        except TimeoutError:
            pass
        raise DeviceUnreachable(f"no usable reading on {self._meter.topic} for {METER_S:.0f} s{why}")


def _heats(percent: int, power_w: float, full_w: float) -> None:
    """Raises DeviceRefused if nothing flows where much should."""
    if percent >= SURE_PERCENT and power_w <= OPEN_SHARE * full_w * (percent / 100) ** 3:
        raise DeviceRefused(f"{power_w:.0f} W at {percent} %: has its thermostat opened? Begin with cold water")

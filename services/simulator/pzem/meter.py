"""A meter with a PZEM-004T behind it: v3, v2, or the older kind on `pzem/<n>`. It measures magnitudes.

fake.is_failing = True                  its module cannot be read: an error object (v3), zeros (v2), silence (older)
fake.says = "…"                         this instead of a reading, whatever it is
"""

import math
from collections.abc import Callable
from typing import Final, Literal

from common.clock import Clock
from services.simulator.pzem.appliance import Appliance, Broker

Module = Literal["v3", "v2", "older"]
PERIODS_S: Final = {"v3": 1.7, "v2": 1.7, "older": 4.5}
MAINS_V: Final = 231.4


class MeterFake(Appliance):
    """One meter. `flow` is what its clamp hangs around, in W, of either sign; `energy` its counter in Wh.

    It tells as often as its module usually does, or each `period_s`; no firmware goes below 1 s.
    """

    def __init__(
        self,
        broker: Broker,
        clock: Clock,
        flow: Callable[[], float],
        *,
        topic: str = "smeter/pzem/ECS",
        module: Module = "v3",
        energy: Callable[[], float] = lambda: 12_340.0,
        period_s: float | None = None,
    ) -> None:
        super().__init__(broker, clock, topic)
        self.flow = flow
        self.energy = energy
        self.is_failing = False
        self.says: str | None = None
        self._module: Module = module
        self._period_s = period_s or PERIODS_S[module]
        self._failed = 0

    def start(self) -> None:
        self._failed = 0

    def boot(self) -> str:
        """No quotes around texts, nothing where no index is set."""
        version = "v2" if self._module == "v2" else "v3"
        return (
            f'{{ "type":pzem, "id":{self.id}, "fw_version":1.3a, "chip_id":5f21c0, "pzem_version":{version}, '
            '"srate":1700, "pzem_idx1":, "pzem_idx2":, "DomoPubTimer":0, "ip":192.168.1.7}'
        )

    async def live(self) -> None:
        async for _ in self._clock.every(self._period_s):
            text = self.says if self.says is not None else self._failure() if self.is_failing else self._reading()
            if text is not None:
                await self.say(text)

    async def obey(self, word: str) -> None:
        if word == "bs":
            await self.say(self.boot(), self.base)

    def _failure(self) -> str | None:
        self._failed += 1
        if self._module == "older":
            return None
        if self._module == "v2":
            return self._object(0, 0, 0, 0, 0)
        return f'{{ "PZEM_READ_ERROR": {self._failed}, "pzem_read ": {self._failed + 40}, "ppm_err": 7.32}}'

    def _reading(self) -> str:
        power_w, energy_wh = math.fabs(self.flow()), self.energy()
        current_a = power_w / MAINS_V
        if self._module == "older":
            power = f'"p": {round(power_w)}, "e": {int(energy_wh)}'
            return f'{{"v":{MAINS_V:.2f}, "c": {current_a:.2f}, {power}}}'
        if self._module == "v2":
            return self._object(MAINS_V, current_a, round(power_w), energy_wh, 0)
        return self._object(MAINS_V, current_a, power_w, energy_wh / 1000, 50)

    def _object(self, voltage_v: float, current_a: float, power_w: float, energy: float, frequency_hz: float) -> str:
        return (
            f'{{ "voltage": {voltage_v:.2f}, "current": {current_a:.2f}, "power": {power_w:.2f}, '
            f'"energy": {energy:.2f}, "frequency": {frequency_hz:.2f}, "powerfactor": {min(1.0, frequency_hz):.2f}, '
            '"ppm_err": 0.00}'
        )

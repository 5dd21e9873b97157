"""Programs that put a meter's teleinformation on a broker.

fake = TicFake(days, air, clock, "zigbee2mqtt", "zigbee2mqtt/linky"); run `fake.run()` as a task
    fake.is_standard = True             the meter is in standard mode
    fake.is_deaf = True                 says nothing any more
"""

import itertools
from contextlib import suppress
from typing import Literal

import orjson

from common.clock import Clock
from common.errors import BrokerLost
from common.others import Others
from services.simulator.tempo.days import DAY, Days
from services.simulator.tempo.labels import LONG, SILENT, historic, standard

Preset = Literal["zigbee2mqtt", "teleinfo2mqtt", "tasmota", "tasmota_contract"]
ZIGBEE = {
    "OPTARIF": "current_tarif", "PTEC": "active_register_tier_delivered", "DEMAIN": "tomorrow_color",
    "NGTF": "current_tarif", "LTARF": "current_price", "NTARF": "current_index_tarif", "STGE": "status_register",
}  # fmt: skip


class TicFake:
    """One of them; it speaks each `period_s`."""

    def __init__(
        self, days: Days, air: Others, clock: Clock, preset: Preset, topic: str, *, period_s: float = 10.0
    ) -> None:
        self.is_standard = self.is_deaf = False
        self._days, self._air, self._clock = days, air, clock
        self._preset, self._topic, self._period_s = preset, topic, period_s

    async def run(self) -> None:
        """For ever. Every third message holds the power only: programs tell what has changed."""
        turns = itertools.count()
        async for _ in self._clock.every(self._period_s):
            said = {"apparent_power": 620} if next(turns) % 3 == 2 else self._message()
            if not self.is_deaf:
                with suppress(BrokerLost):
                    await self._air.say(self._topic, orjson.dumps(said).decode())

    def _message(self) -> dict[str, object]:
        at = self._clock.now()
        labels = standard(self._days, at) if self.is_standard else historic(self._days, at)
        if self._preset == "zigbee2mqtt":
            return {ZIGBEE[name]: value.strip() for name, value in labels.items() if name in ZIGBEE}
        if self._preset == "teleinfo2mqtt":
            return {name: _stamped(name, value) for name, value in labels.items()}
        if self._preset == "tasmota":
            return {"Time": f"{at:%Y-%m-%dT%H:%M:%S}", "TIC": labels}
        colour, coming = self._days.colour(self._days.running(at)), self._days.colour(self._days.running(at) + DAY)
        hour = "Creuse" if self._days.is_off_peak(at) else "Pleine"
        known = self._days.announced(at) is not None
        return {
            "CONTRACT": {
                "name": "Tempo",
                "color": LONG[colour].title(),
                "hour": hour,
                "tday": "Bleu",  # wrong, as it is
                "tmrw": LONG[coming].title() if known else SILENT,
            }
        }


def _stamped(name: str, value: str) -> dict[str, object]:
    if not name.startswith("DPM"):
        return {"raw": value, "value": value}
    date = f"20{value[:2]}-{value[2:4]}-{value[4:6]}T{value[6:8]}:00:00.000+01:00"
    return {"raw": "00", "value": 0, "timestamp": {"date": date, "dst": "winter"}}

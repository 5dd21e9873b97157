"""A Tasmota with one relay and a meter; it keeps its PulseTime, and its telegrams come every five minutes."""

import orjson

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import SwitchedLoad
from services.simulator.relay.air import Air
from services.simulator.relay.fake import RelayFake

POSITIONS = {"ON": True, "1": True, "OFF": False, "0": False}


class TasmotaFake(RelayFake):
    """`cmnd/<topic>/…` in, `stat/<topic>/…` and `tele/<topic>/…` out."""

    def __init__(
        self, load: SwitchedLoad, house: ClockedHouse, air: Air, clock: Clock, topic: str = "tasmota_1A2B3C"
    ) -> None:
        super().__init__(load, house, air, clock)
        self.topic = topic
        self.pulse_time = 0
        """0: none; up to 111 tenths of a second; above, seconds plus 100."""
        self.knows_pulse_time = True
        self.pulses_set = 0
        """Times the setting was written to flash."""

    def press(self) -> None:
        self._move(not self.load.is_on, "button", self._pulse_s())

    def _hears(self) -> tuple[str, ...]:
        return (f"cmnd/{self.topic}/+",)

    async def _heard(self, topic: str, payload: bytes) -> None:
        command, value = topic.rsplit("/", 1)[1].upper(), payload.decode(errors="replace").strip().upper()
        if command in ("POWER", "POWER1"):
            await self._power(value)
        elif command == "STATUS" and value == "8":
            await self._say(f"stat/{self.topic}/STATUS8", orjson.dumps({"StatusSNS": self._sensors()}).decode())
        elif command == "PULSETIME1" and self.knows_pulse_time:
            await self._pulse(value)

    async def _power(self, value: str) -> None:
        if value in POSITIONS:
            self._move(POSITIONS[value], "mqtt", self._pulse_s())
        else:
            await self._tell()

    async def _pulse(self, value: str) -> None:
        if value.isdecimal() and int(value) != self.pulse_time:
            self.pulse_time = int(value)
            self.pulses_set += 1
        answer = {"PulseTime1": {"Set": self.pulse_time, "Remaining": 0}}
        await self._say(f"stat/{self.topic}/RESULT", orjson.dumps(answer).decode())

    async def _tell(self) -> None:
        word = "ON" if self.load.is_on else "OFF"
        await self._say(f"stat/{self.topic}/RESULT", orjson.dumps({"POWER": word}).decode())
        await self._say(f"stat/{self.topic}/POWER", word)

    def _pulse_s(self) -> float:
        return self.pulse_time / 10 if self.pulse_time <= 111 else self.pulse_time - 100

    def _sensors(self) -> dict[str, object]:
        self._house.catch_up()
        energy = {"Power": round(self.load.power_w), "Total": round(self.load.energy_wh / 1000, 3), "Voltage": 231}
        return {"Time": "2026-04-18T11:00:00", "ENERGY": energy}

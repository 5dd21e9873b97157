"""A metering plug behind zigbee2mqtt: one JSON object with all that is known of it, `on_time` as timed command."""

import orjson

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import SwitchedLoad
from services.simulator.relay.air import Air
from services.simulator.relay.fake import RelayFake


class ZigbeeFake(RelayFake):
    """`<base>/<name>/set` and `…/get` in, `<base>/<name>` out."""

    def __init__(
        self,
        load: SwitchedLoad,
        house: ClockedHouse,
        air: Air,
        clock: Clock,
        topic: str = "zigbee2mqtt/plug",
    ) -> None:
        super().__init__(load, house, air, clock)
        self.topic = topic

    def _hears(self) -> tuple[str, ...]:
        return f"{self.topic}/set", f"{self.topic}/get"

    async def _heard(self, topic: str, payload: bytes) -> None:
        try:
            said = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return
        if topic.endswith("/get"):
            await self._tell()
        elif said.get("state") in ("ON", "OFF"):
            self._move(said["state"] == "ON", "mqtt", said.get("on_time"))

    async def _tell(self) -> None:
        self._house.catch_up()
        known = {
            "state": "ON" if self.load.is_on else "OFF",
            "power": round(self.load.power_w, 1),
            "energy": round(self.load.energy_wh / 1000, 3),
            "linkquality": 120,
        }
        await self._say(self.topic, orjson.dumps(known).decode())

"""A Shelly Plus 1PM: JSON-RPC, partial notices, `toggle_after`."""

import orjson

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import SwitchedLoad
from services.simulator.relay.air import Air
from services.simulator.relay.fake import RelayFake


class ShellyFake(RelayFake):
    """`<prefix>/rpc` in; answers where the question says, notices on `<prefix>/events/rpc`."""

    def __init__(
        self, load: SwitchedLoad, house: ClockedHouse, air: Air, clock: Clock, prefix: str = "shellyplus1pm-a8032ab1"
    ) -> None:
        super().__init__(load, house, air, clock)
        self.prefix = prefix

    def _hears(self) -> tuple[str, ...]:
        return (f"{self.prefix}/rpc",)

    async def _heard(self, topic: str, payload: bytes) -> None:
        try:
            call = orjson.loads(payload)
            method, params = call["method"], call["params"]
            answer = {"id": call["id"], "src": self.prefix, "dst": call["src"], "result": self._called(method, params)}
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return
        await self._say(f"{call['src']}/rpc", orjson.dumps(answer).decode())

    def _called(self, method: str, params: dict[str, object]) -> dict[str, object]:
        if method == "Switch.GetStatus":
            return self._status()
        was_on = self.load.is_on
        after_s = params.get("toggle_after")
        self._move(params["on"] is True, "mqtt", float(after_s) if isinstance(after_s, int | float) else None)
        return {"was_on": was_on}

    def _status(self) -> dict[str, object]:
        self._house.catch_up()
        energy = {"total": round(self.load.energy_wh, 3), "by_minute": [0.0, 0.0, 0.0], "minute_ts": 1776510000}
        return {"id": 0, "source": "MQTT", "output": self.load.is_on, "apower": self.load.power_w, "aenergy": energy}

    async def _tell(self) -> None:
        change = {"id": 0, "output": self.load.is_on, "source": "MQTT"}
        notice = {"src": self.prefix, "method": "NotifyStatus", "params": {"ts": 1776510000.0, "switch:0": change}}
        await self._say(f"{self.prefix}/events/rpc", orjson.dumps(notice).decode())

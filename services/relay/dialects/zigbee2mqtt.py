"""zigbee2mqtt: one JSON object per device, `…/set`, `…/get`, availability of device and gateway, `on_time`."""

from typing import Final

from pydantic import JsonValue

from common.payloads import Words, document, member, number, scaled
from services.relay.dialects.dialect import WH_PER_KWH, Dialect, Heard, Said
from services.relay.switches import ZigbeeSettings

ONLINE: Final = Words("online", "offline")
POSITION: Final = Words("ON", "OFF")


class Zigbee2Mqtt(Dialect):
    """One device, or one endpoint (`l1`, `l2`, …) of it."""

    vendor = "zigbee2mqtt"

    def __init__(self, settings: ZigbeeSettings) -> None:
        self._topic = f"{settings.base}/{settings.name}"
        self._gateway = f"{settings.base}/bridge/state"
        self._suffix = f"_{settings.endpoint}" if settings.endpoint else ""

    @property
    def hears(self) -> tuple[str, ...]:
        return self._topic, f"{self._topic}/availability", self._gateway

    @property
    def tells(self) -> tuple[str, ...]:
        return f"{self._topic}/set", f"{self._topic}/get", f"{self._topic}/set/state{self._suffix}"

    def ask(self) -> tuple[Said, ...]:
        return (Said.json(f"{self._topic}/get", {f"state{self._suffix}": ""}),)

    def switch(self, is_closed: bool, hold_s: float | None) -> tuple[Said, ...]:
        timer: dict[str, JsonValue] = {}
        if hold_s is not None and is_closed:
            timer = {"on_time": round(hold_s), "off_wait_time": 0}
        order: dict[str, JsonValue] = {f"state{self._suffix}": "ON" if is_closed else "OFF"}
        return (Said.json(f"{self._topic}/set", order | timer),)

    def read(self, topic: str, payload: bytes) -> Heard:
        said = document(payload)
        if topic == self._gateway:
            return Heard(is_gateway_online=_online(said))
        if topic == f"{self._topic}/availability":
            return Heard(is_online=_online(said))
        return Heard(
            is_closed=POSITION.read(self._own(said, "state")),
            power_w=number(self._own(said, "power")),
            import_wh=scaled(self._own(said, "energy"), WH_PER_KWH),
            export_wh=self._export_wh(said),
        )

    def _export_wh(self, said: JsonValue) -> float | None:
        """Its name depends on the maker."""
        values = (scaled(self._own(said, name), WH_PER_KWH) for name in ("produced_energy", "energy_produced"))
        return next((value for value in values if value is not None), None)

    def _own(self, said: JsonValue, name: str) -> JsonValue:
        return member(said, f"{name}{self._suffix}") if isinstance(said, dict) else None


def _online(said: JsonValue) -> bool | None:
    """`{"state": "online"}`, or the bare word of version 1."""
    return ONLINE.read(member(said, "state") if isinstance(said, dict) else said)

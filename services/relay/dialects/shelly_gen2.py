"""Shelly of generations 2 to 4: JSON-RPC over MQTT, `toggle_after` as dead man."""

from typing import Final

from pydantic import JsonValue

from common.payloads import Words, document, member, number
from services.relay.dialects.dialect import NOTHING, Dialect, Heard, Said
from services.relay.switches import ShellyGen2Settings

ONLINE: Final = Words("true", "false")
REQUEST_ID: Final = 1
"""Answers are taken for what they say, not for what they answer, so one number will do."""


class ShellyGen2(Dialect):
    """One switch; channels count from 0."""

    vendor = "Shelly"

    def __init__(self, settings: ShellyGen2Settings) -> None:
        self._prefix = settings.prefix
        self._channel = settings.channel
        self._name = f"switch:{settings.channel}"
        self._reply = f"{settings.prefix}/ballast"

    @property
    def hears(self) -> tuple[str, ...]:
        places = ("online", "events/rpc", f"status/{self._name}", "ballast/rpc")
        return tuple(f"{self._prefix}/{place}" for place in places)

    @property
    def tells(self) -> tuple[str, ...]:
        return f"{self._prefix}/rpc", f"{self._prefix}/command/{self._name}", f"{self._prefix}/command"

    def ask(self) -> tuple[Said, ...]:
        return (self._call("Switch.GetStatus", {"id": self._channel}),)

    def switch(self, is_closed: bool, hold_s: float | None) -> tuple[Said, ...]:
        timer: dict[str, JsonValue] = {"toggle_after": round(hold_s, 1)} if hold_s is not None and is_closed else {}
        return (self._call("Switch.Set", {"id": self._channel, "on": is_closed, **timer}),)

    def read(self, topic: str, payload: bytes) -> Heard:
        said = document(payload)
        if topic == f"{self._prefix}/online":
            return Heard(is_online=ONLINE.read(said))
        if topic == f"{self._prefix}/status/{self._name}":
            return _status(said)
        found = member(said, f"params.{self._name}") or member(said, "result")
        return _status(found) if number(member(found, "id")) in (None, self._channel) else NOTHING

    def _call(self, method: str, params: dict[str, JsonValue]) -> Said:
        body: dict[str, JsonValue] = {"id": REQUEST_ID, "src": self._reply, "method": method, "params": params}
        return Said.json(f"{self._prefix}/rpc", body)


def _status(said: JsonValue) -> Heard:
    output = member(said, "output")
    return Heard(
        is_closed=output if isinstance(output, bool) else None,
        power_w=number(member(said, "apower")),
        import_wh=number(member(said, "aenergy.total")),
        export_wh=number(member(said, "ret_aenergy.total")),
    )

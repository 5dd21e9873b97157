"""Tasmota: `cmnd/…/POWER`, answers on `stat/…`, telegrams on `tele/…`, PulseTime as dead man."""

from collections.abc import Mapping
from typing import ClassVar, Final

from pydantic import JsonValue

from common.payloads import Words, document, member, number, scaled, text
from services.relay.dialects.dialect import NOTHING, WH_PER_KWH, Dialect, Heard, Said
from services.relay.switches import TasmotaSettings

ONLINE: Final = Words("Online", "Offline")
PLAIN: Final = (Words("1", "0"), Words("true", "false"))
TENTHS_UP_TO: Final = 111
"""PulseTime up to this is in tenths of a second, above it in seconds plus 100."""
LONGEST_S: Final = 64_800.0


class Tasmota(Dialect):
    """One relay of a Tasmota device; channels count from 1."""

    vendor = "Tasmota"
    sets_timer: ClassVar[bool] = True

    def __init__(self, settings: TasmotaSettings) -> None:
        self._words = (Words(settings.on_text, settings.off_text), *PLAIN)
        self._channel = settings.channel
        self._keys = (f"POWER{settings.channel}", *(("POWER",) if settings.channel == 1 else ()))
        self._command, self._answer, self._telegram = (
            settings.full_topic.replace("%prefix%", prefix).replace("%topic%", settings.topic).rstrip("/")
            for prefix in ("cmnd", "stat", "tele")
        )

    @property
    def hears(self) -> tuple[str, ...]:
        return f"{self._answer}/+", f"{self._telegram}/+"

    @property
    def tells(self) -> tuple[str, ...]:
        orders = (*self._keys, f"PulseTime{self._channel}", "STATUS")
        return tuple(f"{self._command}/{order}" for order in orders)

    def ask(self) -> tuple[Said, ...]:
        return (
            Said(f"{self._command}/POWER{self._channel}"),
            Said(f"{self._command}/STATUS", b"8"),
            Said(f"{self._command}/PulseTime{self._channel}"),
        )

    def switch(self, is_closed: bool, hold_s: float | None) -> tuple[Said, ...]:
        return (Said(f"{self._command}/POWER{self._channel}", b"ON" if is_closed else b"OFF"),)

    def set_timer(self, hold_s: float) -> tuple[Said, ...]:
        return (Said(f"{self._command}/PulseTime{self._channel}", str(pulse_time(hold_s)).encode()),)

    def read(self, topic: str, payload: bytes) -> Heard:
        said = document(payload)
        place, _, leaf = topic.rpartition("/")
        if leaf == "LWT":
            return Heard(is_online=ONLINE.read(said))
        if place == self._answer and leaf in self._keys:
            return Heard(is_closed=self._position(said))
        return self._object(said) if isinstance(said, dict) else NOTHING

    def _position(self, value: JsonValue) -> bool | None:
        return next((found for words in self._words if (found := words.read(value)) is not None), None)

    def _object(self, said: Mapping[str, JsonValue]) -> Heard:
        states = [member(dict(said), path) for key in self._keys for path in (key, f"StatusSTS.{key}")]
        energy = member(dict(said), "ENERGY") or member(dict(said), "StatusSNS.ENERGY")
        return Heard(
            is_closed=next((found for value in states if (found := self._position(value)) is not None), None),
            power_w=number(self._of_channel(member(energy, "Power"))),
            import_wh=scaled(self._of_channel(member(energy, "Total")), WH_PER_KWH),
            export_wh=scaled(self._of_channel(member(energy, "ExportActive")), WH_PER_KWH),
            off_timer_s=_timer_s(said.get(f"PulseTime{self._channel}")),
        )

    def _of_channel(self, value: JsonValue) -> JsonValue:
        """Devices with several meters send arrays; some members stay scalar."""
        return member(value, str(self._channel - 1)) if isinstance(value, list) else value


def pulse_time(hold_s: float) -> int:
    """Seconds as PulseTime counts them."""
    tenths = round(hold_s * 10)
    return tenths if tenths <= TENTHS_UP_TO else round(min(hold_s, LONGEST_S)) + 100


def _timer_s(value: JsonValue) -> float | None:
    """PulseTime in seconds: `{"Set": 220, "Remaining": 0}`, or `220 (Active 219)` of older firmware."""
    words = text(member(value, "Set") if isinstance(value, dict) else value).split()
    raw = number(words[0]) if words else None
    if raw is None:
        return None
    return raw / 10 if raw <= TENTHS_UP_TO else raw - 100

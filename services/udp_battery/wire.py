"""The vendor's JSON over UDP: bytes to values and back, without any I/O.

Signs. The vendor counts what leaves the battery as positive (`ongrid_power`, the `power` of Passive), except in
`bat_power`, where charging is positive. Ours is positive when the battery takes. This is the only file that knows
both. Section numbers are those of the vendor's document, Rev 3.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from common.errors import DeviceUnintelligible

VendorMode = Literal["Auto", "AI", "Manual", "Passive", "UPS"]
MODES: Final[tuple[VendorMode, ...]] = ("Auto", "AI", "Manual", "Passive", "UPS")
"""In the order of the integers that some firmware sends instead."""
Result = Mapping[str, JsonValue]
Scale = Mapping[str, float]
"""Factors by which a firmware's fields must be multiplied; 1 for those not named."""

MAX_ID: Final = 65_535
"""Request ids are kept as uint16; 0 belongs to replies to what could not be parsed."""
MAX_DATAGRAM: Final = 1460
"""The Wi-Fi module takes no more."""
BUSY: Final = -32_700
"""With id 0: our request came while another reply held the receive lock. Not a fault of our JSON."""
UNKNOWN_METHOD: Final = -32_601
_MAC = re.compile(r"(?<![0-9a-f])[0-9a-f]{12}$")
_EVERY_MAC = re.compile(rb"[0-9a-fA-F]{8}(?=[0-9a-fA-F]{4}(?![0-9a-fA-F]))")
_SSID = re.compile(rb'("(?:ssid|wifi_name)":\s*")[^"]*')


@dataclass(frozen=True, slots=True)
class Request:
    """One question or order, without its id."""

    method: str
    params: Mapping[str, JsonValue]

    def encode(self, number: int) -> bytes:
        """Compact, because spaces lose acknowledgements; `number` from 1 to 65535."""
        return orjson.dumps({"id": number, "method": self.method, "params": dict(self.params)})


def get_device(mac: str = "0") -> Request:
    """Who is there; with a MAC, only that one answers a broadcast."""
    return Request("Marstek.GetDevice", {"ble_mac": mac})


GET_DEVICE: Final = get_device()
GET_MODE: Final = Request("ES.GetMode", {"id": 0})
GET_STATUS: Final = Request("ES.GetStatus", {"id": 0})
GET_BATTERY: Final = Request("Bat.GetStatus", {"id": 0})
AUTO: Final = Request("ES.SetMode", {"id": 0, "config": {"mode": "Auto", "auto_cfg": {"enable": 1}}})


def passive(power_w: float, hold_s: int) -> Request:
    """Hold `power_w` (ours: + charge) for `hold_s`; then the device drops it by itself."""
    wanted: JsonValue = {"power": -round(power_w), "cd_time": hold_s}
    return Request("ES.SetMode", {"id": 0, "config": {"mode": "Passive", "passive_cfg": wanted}})


@dataclass(frozen=True, slots=True)
class Failure:
    """An error instead of a result."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Exactly one of `result` and `failure` is there."""

    number: int
    mac: str | None
    """Who answers: 12 lower-case hex digits out of `src`."""
    result: Result | None = None
    failure: Failure | None = None

    @property
    def is_busy(self) -> bool:
        """It belongs to whatever request is in flight, and says: later."""
        return self.number == 0 and self.failure is not None


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False, extra="ignore")


M = TypeVar("M", bound=_Strict)


class _Error(_Strict):
    code: int
    message: str = ""


class _Reply(_Strict):
    id: Annotated[int, Field(ge=0, le=MAX_ID)]
    src: str = ""
    result: dict[str, JsonValue] | None = None
    error: _Error | None = None


class _Energy(_Strict):
    """`ES.GetMode` and `ES.GetStatus`, of which every field may be absent. Powers in the vendor's signs."""

    mode: str | int | None = None
    ongrid_power: float | None = None
    offgrid_power: float | None = None
    pv_power: float | None = None
    bat_power: float | None = None
    bat_soc: float | None = None
    bat_cap: float | None = None


class _Cells(_Strict):
    """`Bat.GetStatus`."""

    bat_temp: float | None = None


class _Device(_Strict):
    device: str = ""
    ver: int | None = None
    ble_mac: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What `Marstek.GetDevice` says."""

    device: str
    version: int | None
    mac: str | None
    """Of Bluetooth: the only one that is the battery's own (`wifi_mac` may be the access point's)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a battery says about its energy, in our signs. None is "it did not say", never 0."""

    mode: VendorMode | None = None
    power_w: float | None = None
    """At the AC terminals towards the house: + takes, − gives. What a set-point means."""
    battery_w: float | None = None
    """At the cells, seen from the AC side: + charging. Differs by PV inputs and the backup socket."""
    soc_pct: float | None = None
    capacity_wh: float | None = None
    is_estimated: bool = False
    """`power_w` was derived from `bat_power`."""


def decode(datagram: bytes) -> Reply | None:
    """The reply, or None for all that is none: our own broadcasts, other clients' requests, noise."""
    try:
        reply = _Reply.model_validate_json(datagram)
    except ValidationError:
        return None
    mac = mac_of(reply.src)
    if reply.error is not None:
        return Reply(reply.id, mac, failure=Failure(reply.error.code, reply.error.message))
    if reply.result is not None:
        return Reply(reply.id, mac, result=reply.result)
    return None


def mac_of(text: str) -> str | None:
    """The MAC at the end of a text such as `VenusC-aa11bb22cc33` or `AA:11:BB:22:CC:33`, in one spelling."""
    found = _MAC.search(text.lower().replace(":", "").strip())
    return found[0] if found else None


def reading(result: Result, scale: Scale | None = None) -> Reading:
    """Out of `ES.GetMode` or `ES.GetStatus`. Raises DeviceUnintelligible if a field has a wrong type."""
    said = _parsed(_Energy, result)
    battery_w = _battery_w(said, (scale or {}).get("bat_power", 1.0))
    power_w = None if said.ongrid_power is None else -said.ongrid_power + 0.0  # no -0.0
    is_estimated = power_w is None and battery_w is not None
    if is_estimated and battery_w is not None:
        power_w = battery_w - (said.pv_power or 0.0) + (said.offgrid_power or 0.0)
    return Reading(
        mode=_mode(said.mode),
        power_w=power_w,
        battery_w=battery_w,
        soc_pct=said.bat_soc,
        capacity_wh=said.bat_cap,
        is_estimated=is_estimated,
    )


def identity(reply: Reply) -> Identity:
    """Out of `Marstek.GetDevice`. Some firmware leaves the MACs out; then `src` tells."""
    said = _parsed(_Device, reply.result or {})
    return Identity(said.device, said.ver, mac_of(said.ble_mac) or reply.mac)


def temperature_c(result: Result, scale: Scale) -> float | None:
    """Out of `Bat.GetStatus`."""
    said = _parsed(_Cells, result).bat_temp
    return None if said is None else said * scale.get("bat_temp", 1.0)


def is_taken(result: Result) -> bool:
    """Whether `ES.SetMode` was accepted; False is "refused, or just busy"."""
    return result.get("set_result") is True


def masked(datagram: bytes) -> str:
    """For a log: MACs but for their last four digits, and network names, are not for everybody's eyes."""
    return _EVERY_MAC.sub(b"********", _SSID.sub(rb"\1***", datagram[:MAX_DATAGRAM])).decode(errors="replace")


def masked_mac(mac: str | None) -> str:
    """A MAC as an owner may recognise it."""
    return f"…{mac[-4:]}" if mac else "unknown"


def _battery_w(said: _Energy, factor: float) -> float | None:
    """`bat_power` where the firmware sends it, else what is left of the other three flows."""
    if said.bat_power is not None:
        return said.bat_power * factor
    if said.ongrid_power is None or said.pv_power is None:
        return None
    return said.pv_power - said.ongrid_power - (said.offgrid_power or 0.0)


def _mode(said: str | int | None) -> VendorMode | None:
    if isinstance(said, int):
        return MODES[said] if 0 <= said < len(MODES) else None
    return next((mode for mode in MODES if said is not None and mode.lower() == said.strip().lower()), None)


def _parsed(kind: type[M], result: Result) -> M:
    try:
        return kind.model_validate(result)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DeviceUnintelligible(f"{first['loc']}: {first['msg']}; found {str(first['input'])[:40]}") from error

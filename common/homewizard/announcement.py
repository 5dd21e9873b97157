"""What devices announce by mDNS, and the devices behind it. Pure: one device is two services with one serial."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

V1_SERVICE: Final = "_hwenergy._tcp.local."
V2_SERVICE: Final = "_homewizard._tcp.local."


@dataclass(frozen=True, slots=True)
class Record:
    """One service that one device announces."""

    service: str
    host: str
    port: int
    text: Mapping[str, str | None]

    @property
    def serial(self) -> str:
        """The stable identity; empty if it does not tell."""
        return (self.text.get("serial") or "").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One device, whatever it is."""

    serial: str
    product_type: str
    """`HWE-P1`, `HWE-SKT`, … or something newer than this code."""
    name: str
    """As its owner called it; may change."""
    host: str
    generations: tuple[int, ...]
    """API generations it announces: 1, 2 or both."""
    v1_enabled: bool | None
    """Whether its owner has v1 switched on; None if it has no v1."""
    http_port: int | None
    https_port: int | None


def merged(records: Iterable[Record]) -> tuple[Found, ...]:
    """One `Found` per serial, in order of serial. A record without one is left out: there is nothing to hold on to."""
    by_serial: dict[str, Found] = {}
    for record in records:
        if record.serial:
            found = _alone(record)
            known = by_serial.get(record.serial)
            by_serial[record.serial] = _both(known, found) if known else found
    return tuple(by_serial[serial] for serial in sorted(by_serial))


def _alone(record: Record) -> Found:
    is_v1 = record.service == V1_SERVICE
    return Found(
        serial=record.serial,
        product_type=record.text.get("product_type") or "",
        name=record.text.get("product_name") or "",
        host=record.host,
        generations=(1,) if is_v1 else (2,),
        v1_enabled=record.text.get("api_enabled") == "1" if is_v1 else None,
        http_port=record.port if is_v1 else None,
        https_port=None if is_v1 else record.port,
    )


def _both(one: Found, other: Found) -> Found:
    """What is known of a device from two of its announcements; the later one knows its address best."""
    return replace(
        other,
        product_type=other.product_type or one.product_type,
        name=other.name or one.name,
        generations=tuple(sorted({*one.generations, *other.generations})),
        v1_enabled=one.v1_enabled if other.v1_enabled is None else other.v1_enabled,
        http_port=other.http_port or one.http_port,
        https_port=other.https_port or one.https_port,
    )

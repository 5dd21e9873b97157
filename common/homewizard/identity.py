"""Who a device is: what it says of itself, and what its certificate says."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from common.errors import DeviceUnintelligible
from common.homewizard.der import common_name

APPLIANCES = {
    "HWE-P1": "p1dongle", "HWE-SKT": "energysocket", "HWE-DSP": "display", "HWE-WTR": "watermeter",
    "HWE-KWH1": "energymeter", "HWE-KWH3": "energymeter", "SDM230-wifi": "energymeter", "SDM630-wifi": "energymeter",
    "HWE-BAT": "battery",
}  # fmt: skip
"""Product type to the word in the certificate. An open set: what is not here is not compared."""
_NAME = re.compile(r"appliance/([a-z0-9_-]+)/([0-9a-f]{12})")

Serial = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=32)]


class DeviceFacts(BaseModel):
    """`GET /api` of both generations. Unknown keys and product types are fine."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    product_type: str
    product_name: str = ""
    serial: Serial
    firmware_version: str = ""
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Appliance:
    """What a certificate says its holder is."""

    kind: str
    """`p1dongle`, `energymeter`, …"""
    serial: str


def facts(body: bytes) -> DeviceFacts:
    """The answer to `GET /api`. Raises DeviceUnintelligible for anything else."""
    try:
        return DeviceFacts.model_validate_json(body)
    except ValidationError:
        raise DeviceUnintelligible("not a device's description") from None  # the error would show its serial number


def appliance(leaf: bytes) -> Appliance:
    """Whose certificate this is. Raises DeviceUnintelligible if it is no HomeWizard device's."""
    name = common_name(leaf)
    match = _NAME.fullmatch(name)
    if match is None:
        raise DeviceUnintelligible(f"its certificate is for {name[:80]!r}, which is no HomeWizard device")
    return Appliance(*match.groups())


def agree(shown: Appliance, said: DeviceFacts) -> bool:
    """Whether a certificate and what the device says of itself can belong together."""
    return shown.serial == said.serial and APPLIANCES.get(said.product_type, shown.kind) == shown.kind


def fingerprint(leaf: bytes) -> str:
    """SHA-256 of the certificate, in hex."""
    return sha256(leaf).hexdigest()

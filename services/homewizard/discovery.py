"""What was heard by mDNS, as a part of `ballast.yaml` to paste. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from common.homewizard.announcement import Found

PARTS: Final = {
    "HWE-SKT": "sockets",
    "HWE-KWH1": "meters",
    "HWE-KWH3": "meters",
    "SDM230-wifi": "meters",
    "SDM630-wifi": "meters",
    "HWE-WTR": "water",
    "HWE-BAT": "batteries",
}
"""Product type to the part of the section in which it stands."""
ORDER: Final = ("sockets", "meters", "water", "batteries")
P1: Final = "HWE-P1"
STEERING: Final = (P1, "HWE-KWH3", "HWE-KWH1")
"""Who steers batteries, the likeliest first."""


def is_ours(found: Found) -> bool:
    """Whether this section is about such a device."""
    return found.product_type in PARTS


def pasted(everything: Iterable[Found]) -> list[str]:
    """Lines of YAML; none if there is nothing to write."""
    known = list(everything)
    names = _names([found for found in known if is_ours(found)])
    lines: list[str] = []
    for part in ORDER:
        members = [found for found in known if PARTS.get(found.product_type) == part]
        if members:
            lines.append(f"  {part}:")
        for found in members:
            lines += _device(found, names[found.serial])
    lines += _group(known, names)
    return ["homewizard:", *lines] if lines else []


def _device(found: Found, name: str) -> Iterator[str]:
    yield f"    {name}:  # {found.product_type} {_plain(found.name)}".rstrip()
    yield f"      host: {found.host}"
    yield f'      serial: "{found.serial}"'
    if found.v1_enabled is False and 2 not in found.generations:
        yield "      # switch its Local API on: HomeWizard Energy app, Settings > Meters > this device"
    if PARTS[found.product_type] == "meters":
        yield "      measures: meter  # or pv, or load"
    if PARTS[found.product_type] == "batteries":
        yield f"      # then: ballast pair homewizard {name}"


def _group(known: list[Found], names: dict[str, str]) -> list[str]:
    """The batteries' group, on the P1 meter if there is one, else on a kWh meter that can steer them."""
    members = [names[found.serial] for found in known if found.product_type == "HWE-BAT"]
    steering = [found for found in known if found.product_type in STEERING and 2 in found.generations]
    if not members or not steering:
        return []
    meter = min(steering, key=lambda found: STEERING.index(found.product_type))
    paired_as = "p1" if meter.product_type == P1 else names[meter.serial]
    return [
        "  groups:",
        f"    home_batteries:  # steered by its meter, once that is paired: ballast pair homewizard {paired_as}",
        f"      host: {meter.host}",
        f"      paired_as: {paired_as}",
        f"      members: [{', '.join(members)}]",
    ]


def _names(found: list[Found]) -> dict[str, str]:
    """A name for each serial, out of what its owner called it; no two alike."""
    given: dict[str, str] = {}
    for device in found:
        stem = re.sub("[^a-z0-9]+", "_", device.name.lower()).strip("_")[:26] or PARTS[device.product_type]
        name, number = stem, 2
        while name in given.values():
            name, number = f"{stem}_{number}", number + 1
        given[device.serial] = name
    return given


def _plain(text: str) -> str:
    """A name as a comment may hold it."""
    return "".join(letter for letter in text if letter.isprintable())[:40]

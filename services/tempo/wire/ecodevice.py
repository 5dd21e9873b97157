"""The teleinformation box EcoDevice v1: its JSON and its XML. Pure.

What is absent reads as `----`, `A` or 0 there, and garbage has been seen: only known words count.
"""

import re
from typing import Final, Literal

import orjson

from common.errors import DeviceUnintelligible
from services.tempo.wire.tic import Labels

Format = Literal["json", "xml"]
NAMES: Final = ("OPTARIF", "PTEC", "DEMAIN")
_TAG: Final = re.compile(r"<T(?P<input>[12])_(?P<name>\w+)>(?P<value>[^<]*)</T(?P=input)_(?P=name)>")


def path(form: Format, number: int) -> str:
    """Where its values are; `number` is the box's input, 1 or 2."""
    return "/api/xdevices.json?cmd=10" if form == "json" else f"/protect/settings/teleinfo{number}.xml"


def labels(body: bytes, form: Format, number: int) -> Labels:
    """The meter's labels. Raises DeviceUnintelligible for an answer that is no EcoDevice's."""
    text = body.decode("latin-1")
    found = _from_json(text) if form == "json" else _from_xml(text)
    mine = {name: found[f"T{number}_{name}"].strip() for name in NAMES if f"T{number}_{name}" in found}
    if not mine:
        raise DeviceUnintelligible(f"no teleinformation of input {number} in {text[:60]!r}")
    return mine


def _from_xml(text: str) -> dict[str, str]:
    return {f"T{tag['input']}_{tag['name']}": tag["value"] for tag in _TAG.finditer(text)}


def _from_json(text: str) -> dict[str, str]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise DeviceUnintelligible(f"not JSON: {text[:60]!r}") from error
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}

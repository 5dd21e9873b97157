"""The contract as AsyncAPI 3 has it: a channel per leaf, and an operation by whoever writes it. Pure."""

from common.contract import LEAVES, Leaf, Payload
from common.contract.topic import DEVICES
from services.cli.leaf_schema import json_leaves, name_of

PARAMETERS: dict[str, dict[str, object]] = {
    "base": {"default": "ems", "description": "The site's base; it may have several levels."},
    "class": {"enum": list(DEVICES), "description": "Class of the device."},
    "id": {"description": "A device, a service, or the one of its kind (`main`): 1 to 32 of a-z, 0-9, _ and -."},
    "sub": {
        "description": "What it is about: a device, an alert or a setting; a setting of one device has two levels."
    },
}
LEVELS = ("class", "id", "sub")
"""What a wildcard stands for, by its place in the pattern."""


def document() -> dict[str, object]:
    """The whole document; the messages refer to the readers' schemas beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ballast",
            "version": "1.0.0",
            "description": "The contract between services, told by whoever writes. Everybody may read.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {name_of(leaf): _channel(leaf) for leaf in LEAVES},
        "operations": {f"send-{name_of(leaf)}": _operation(leaf) for leaf in LEAVES},
        "components": {
            "parameters": PARAMETERS,
            "messages": {name_of(leaf): _message(leaf) for leaf in LEAVES},
        },
    }


def _channel(leaf: Leaf[Payload | str]) -> dict[str, object]:
    levels = leaf.pattern.split("/")
    wild = {at: LEVELS[min(at, 2)] for at, level in enumerate(levels) if level in ("+", "#")}
    address = "/".join(f"{{{wild[at]}}}" if at in wild else level for at, level in enumerate(levels))
    return {
        "address": f"{{base}}/{address}",
        "description": leaf.meaning,
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in ("base", *wild.values())},
        "messages": {"message": {"$ref": f"#/components/messages/{name_of(leaf)}"}},
    }


def _operation(leaf: Leaf[Payload | str]) -> dict[str, object]:
    channel = f"#/channels/{name_of(leaf)}"
    bound: dict[str, object] = {"qos": leaf.qos, "retain": leaf.retain, "bindingVersion": "0.2.0"}
    if leaf.expiry_s is not None:
        bound["messageExpiryInterval"] = leaf.expiry_s
    return {
        "action": "send",
        "title": f"written by: {leaf.writer}",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/message"}],
        "bindings": {"mqtt": bound},
    }


def _message(leaf: Leaf[Payload | str]) -> dict[str, object]:
    name = name_of(leaf)
    if name not in json_leaves():
        return {"name": name, "contentType": "text/plain", "payload": {"type": "string"}}
    return {
        "name": name,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"schemas/{name}.json"},
        },
    }

"""Payloads of our own making, in the shapes that dongles send."""

from pathlib import Path

import orjson

from common.homewizard import JsonObject

FOLDER = Path(__file__).parents[1] / "samples" / "homewizard"


def sample(name: str) -> JsonObject:
    """One payload."""
    document = orjson.loads((FOLDER / f"{name}.json").read_bytes())
    assert isinstance(document, dict)
    return document

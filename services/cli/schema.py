"""`ballast schema`: the JSON Schema of `ballast.yaml`, for editors that complete and check while one types."""

import argparse
from itertools import chain
from pathlib import Path

import orjson
from pydantic import BaseModel

from common.config import MqttSettings, ServiceSettings, SiteSettings, schema
from services.cli.configured import say
from services.cli.docstrings import models_within, with_descriptions
from services.cli.registry import sections
from services.replay.config import Config as Replay


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast schema`."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to the terminal")


def run(options: argparse.Namespace) -> int:
    """Write it."""
    if options.out is None:
        say(paper())
    else:
        options.out.write_text(paper() + "\n")
    return 0


def paper() -> str:
    """The schema as text, every key explained."""
    known: dict[str, type[ServiceSettings]] = {**sections(), "replay": Replay}
    kinds: tuple[type[BaseModel], ...] = (MqttSettings, SiteSettings, *known.values())
    models = chain(*(models_within(kind) for kind in kinds))
    described = with_descriptions(schema(known), models)
    return orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()

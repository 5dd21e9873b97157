"""`ballast schema`: the JSON Schema of `ballast.yaml`, for editors that complete and check while one types."""

import argparse
from pathlib import Path

import orjson

from common.config import schema
from services.cli.configured import say
from services.cli.registry import sections


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast schema`."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to the terminal")


def run(options: argparse.Namespace) -> int:
    """Write it."""
    text = orjson.dumps(schema(sections()), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
    if options.out is None:
        say(text)
    else:
        options.out.write_text(text + "\n")
    return 0

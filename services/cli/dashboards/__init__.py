"""`ballast dashboards`: what Grafana shows, told as panels and queries, and written as the JSON that it reads."""

import argparse
from pathlib import Path

import orjson

from services.cli.configured import say
from services.cli.dashboards.boards import BOARDS

OUT = Path("grafana/dashboards")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast dashboards`."""
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"where to write (default: {OUT})")


def run(options: argparse.Namespace) -> int:
    """Write them."""
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (options.out / name).write_text(text)
    say(f"{len(BOARDS)} dashboards written to {options.out}")
    return 0


def files() -> dict[str, str]:
    """Each dashboard by the name of its file."""
    made = {
        f"{board.uid.removeprefix('ballast-')}.json": orjson.dumps(board.written(), option=orjson.OPT_INDENT_2)
        for board in BOARDS
    }
    return {name: text.decode() + "\n" for name, text in made.items()}

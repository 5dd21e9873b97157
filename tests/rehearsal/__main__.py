"""`make rehearse` lives through the week and prints one JSON object; how it goes stands on stderr."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

import orjson

from common.clock import JumpLoop
from tests.rehearsal.house import GRACE_S, CoarseClock
from tests.rehearsal.week import BEGINS, ENDS, Report, rehearse
from tests.tempo.times import at

SPANS = {"week": (BEGINS, ENDS), "night": ("2026-03-25 18:00", "2026-03-26 07:00")}
"""The night is the one before the first red day."""


def main() -> None:
    """Live through it; 0 if everything was right."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    parser.add_argument("span", nargs="?", default="week", choices=SPANS)
    parser.add_argument("--from", dest="begins", metavar="TIME", help="instead: from then, such as '2026-03-26 21:00'")
    parser.add_argument("--until", dest="ends", metavar="TIME")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="  %(message)s")
    began_s = time.perf_counter()
    begins, ends = SPANS[options.span]
    report = _live(options.begins or begins, options.ends or ends)
    figures = {**report.figures(), "real_s": round(time.perf_counter() - began_s)}
    sys.stdout.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")
    sys.exit(0 if report.is_good else 1)


def _live(begins: str, ends: str) -> Report:
    clock = CoarseClock(at(begins), grace_s=GRACE_S)
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner:
        return runner.run(rehearse(Path(folder), begins, ends, _tell))


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()

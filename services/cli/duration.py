"""Durations as people write them on a command line."""

import argparse
import re

DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|min|h)?")
SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """`60s`, `5m`, `1h` in seconds."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 60s, 5m or 1h")
    return float(match[1]) * SECONDS[match[2]]

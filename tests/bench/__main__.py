"""`python -m tests.bench [NAME…]` measures and prints one JSON object; what it is at stands on stderr."""

import argparse
import sys
from collections.abc import Callable

import orjson

from tests.bench import (
    beside_a_loop,
    control,
    days,
    dimmer,
    footprint,
    forecast,
    latency,
    links,
    plan,
    plan_speed,
    red_day,
    small_house,
    speed,
    winter,
)

BENCHES: dict[str, Callable[[], dict[str, object]]] = {
    "latency": latency.figures,
    "footprint": footprint.figures,
    "small_house": small_house.figures,
    "speed": speed.figures,
    "control": control.figures,
    "links": links.figures,
    "beside_a_loop": beside_a_loop.figures,
    "dimmer": dimmer.figures,
    "days": days.figures,
    "forecast": forecast.figures,
    "winter": winter.figures,
    "red_day": red_day.figures,
    "plan": plan.figures,
    "plan_speed": plan_speed.figures,
}
"""Those that ask for a calm machine come first."""


def main() -> None:
    """Run those that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHES)}; all if none is named")
    names = parser.parse_args().names or list(BENCHES)
    if strangers := sorted(set(names) - set(BENCHES)):
        parser.error(f"there is no bench {strangers[0]}; there are {', '.join(BENCHES)}")
    measured = {}
    for number, name in enumerate(names, 1):
        sys.stderr.write(f"[{number}/{len(names)}] {name} …\n")
        measured[name] = BENCHES[name]()
    sys.stdout.write(orjson.dumps(measured, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()

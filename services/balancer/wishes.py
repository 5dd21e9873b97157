"""What people may write for each setting: parsed, or refused with what would be right."""

from collections.abc import Callable, Mapping
from math import inf

from common.config.settings import first_twice
from services.balancer.config import Config

MOST_MODES = 10
FORCE = "force_minutes"
"""Above zero a load is on for so long, below it is off; 0 ends either."""
BOOST, HEAT = "boost_minutes", "heat"
"""Of an output of a rotation: heat it before the others, for minutes or until off; as if its thermostat asked."""
FORCE_W = "force_power_w"
"""The power it is forced to, until `force_minutes` end or for good; 0 ends it."""
ON = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
HOT_WATER = "hot_water_mode"


class Refused(ValueError):
    """Raised for a request that cannot be granted; the text says what would be right."""


def _word(*words: str) -> Callable[[str, Config], str]:
    def parse(text: str, _: Config) -> str:
        if text.lower() not in words:
            raise Refused(f"{text[:20]!r} is none of {', '.join(words)}")
        return text.lower()

    return parse


def _switch(text: str, _: Config) -> bool:
    if text.lower() not in ON:
        raise Refused(f"{text[:20]!r} is neither on nor off")
    return ON[text.lower()]


def _number(least: float, most: float, unit: str) -> Callable[[str, Config], float]:
    def parse(text: str, _: Config) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise Refused(f"{text[:20]!r} is no number from {least:g} to {most:g} {unit}")
        return value

    return parse


def _mode_number(text: str, _: Config) -> float:
    if not (text.isdecimal() and int(text) < MOST_MODES):
        raise Refused(f"{text[:20]!r} is no saving mode: those are 0 to {MOST_MODES - 1}, 0 allows most")
    return float(text)


def _boost(text: str, config: Config) -> float:
    """Minutes; without end if it is just switched on."""
    if text.lower() in ("on", "true"):
        return inf
    if text.lower() in ("off", "false"):
        return 0.0
    try:
        return _number(0, 1440, "minutes")(text, config)
    except Refused as refused:
        raise Refused(f"{refused}, nor on or off") from None


def _order(text: str, config: Config) -> tuple[str, ...]:
    """Who is left out of it is read, and not commanded."""
    wanted = tuple(entry.strip() for entry in text.split(","))
    known = ", ".join(config.order)
    for name in wanted:
        if name not in config.order:
            raise Refused(f"{name[:32]!r} is not in the file's order; that has {known}, separated by commas")
    if twice := first_twice(wanted):
        raise Refused(f"{twice} stands in it twice; an order names each of {known} at most once")
    return wanted


PARSERS: Mapping[str, Callable[[str, Config], object]] = {
    "mode": _word("auto", "manual", "off"),
    "dry_run": _switch,
    "manual_power_w": _number(-50_000, 50_000, "W"),
    "manual_minutes": _number(1, 720, "minutes"),
    "target_grid_w": _number(-20_000, 20_000, "W"),
    "order": _order,
    "reserve_soc_pct": _number(0, 100, "%"),
    FORCE: _number(-1440, 1440, "minutes"),
    "away": _switch,
    "saving_mode": _mode_number,
    FORCE_W: _number(0, 100_000, "W"),
    HOT_WATER: _word("off", "day_night", "solar"),
    BOOST: _boost,
    HEAT: _switch,
}
PER_DEVICE = frozenset({"reserve_soc_pct", FORCE, FORCE_W, HOT_WATER, BOOST, HEAT})

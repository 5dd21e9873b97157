"""One line per event, for whoever is woken at night: when, how bad, which service, what.

INFO is a change of state, WARNING comes once per kind of trouble (then it is counted), DEBUG is traffic.
"""

import logging
import sys
from datetime import UTC, datetime

import orjson

PER_MINUTE = 120
"""Lines of one logger and level per minute; a flood may not fill an SD card."""


class Lines(logging.Formatter):
    """Each record as one line for people; of what came from outside, nothing can begin another. Traces may."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # logging calls it so
        line = super().formatMessage(record)
        if line.isprintable():
            return line
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)


class JsonLines(logging.Formatter):
    """Each record as one JSON object, for machines that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "text": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


class FloodGate(logging.Filter):
    """Let at most `PER_MINUTE` lines of a logger and level through in a minute, and say how many were not."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key, minute = (record.name, record.levelno), int(record.created // 60)
        then, count = self._counts.get(key, (minute, 0))
        if then != minute:
            if count > PER_MINUTE:
                record.msg = f"{record.msg} ({count - PER_MINUTE} lines left out)"
            count = 0
        self._counts[key] = (minute, count + 1)
        return count < PER_MINUTE


def set_up(style: str, level: str) -> None:
    """Log to stderr, as `text` or `json`. Tokens and serial numbers are never passed to a logger."""
    handler = logging.StreamHandler(sys.stderr)
    text = Lines("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
    handler.setFormatter(JsonLines() if style == "json" else text)
    handler.addFilter(FloodGate())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for talkative in ("aiohttp.access", "asyncio"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    logging.getLogger("mqtt").setLevel(logging.CRITICAL)  # what goes wrong there, the bus tells in a sentence


class Once:
    """Say a trouble once, and once more when it is over, however often it is seen in between."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._troubles: dict[str, int] = {}

    def trouble(self, kind: str, text: str, *values: object) -> bool:
        """Note a trouble of this kind; log it only if it is new. Returns whether it was."""
        seen = self._troubles.get(kind, 0)
        self._troubles[kind] = seen + 1
        if not seen:
            self._logger.warning(text, *values)
        return not seen

    def over(self, kind: str, text: str, *values: object) -> bool:
        """Note that the trouble is gone. Returns whether there was one."""
        seen = self._troubles.pop(kind, 0)
        if seen:
            self._logger.info("%s (seen %d times)", text % values, seen)
        return bool(seen)

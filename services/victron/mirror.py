"""What the GX has said so far, by path. A value that is null, gone or never heard is None, and never 0. No I/O."""

from collections.abc import Iterable
from typing import Final

from services.victron.wire import Said, Value

MOST_PATHS: Final = 5000
"""More than any GX has."""


class Mirror:
    """The newest value of each path."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}

    def take(self, said: Said) -> None:
        """Remember what was said."""
        if said.is_gone:
            self._values.pop(said.path, None)
        elif said.path in self._values or len(self._values) < MOST_PATHS:
            self._values[said.path] = said.value

    def forget(self) -> None:
        """The connection was lost, or the GX was: nothing is known any more."""
        self._values.clear()

    def knows(self, path: str) -> bool:
        """It exists, be it without a value. Only what exists can be written."""
        return path in self._values

    def number(self, path: str) -> float | None:
        """A number."""
        value = self._values.get(path)
        return value if isinstance(value, float) else None

    def text(self, path: str) -> str | None:
        """A text."""
        value = self._values.get(path)
        return value if isinstance(value, str) else None

    def total(self, paths: Iterable[str]) -> float | None:
        """The sum of what is known; None if nothing is."""
        known = [value for path in paths if (value := self.number(path)) is not None]
        return sum(known) if known else None

    def instances(self, service: str) -> list[str]:
        """Device instances of a service: `512` of `battery/512/…`."""
        return sorted({path.split("/")[1] for path in self._values if path.startswith(f"{service}/")})

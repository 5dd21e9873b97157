"""The values inside a GX by path, as its settings and services take them: most refusals are silent. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Value = float | int | str | None
Kind = Literal["measured", "setting", "volatile", "relay"]
BURST_S: Final = 2.0
"""The settings are written to flash so long after the first change; further changes until then go along."""
SETTINGS: Final = "settings/0/Settings/"


@dataclass(slots=True)
class Item:
    """One value."""

    value: Value
    kind: Kind = "measured"
    least: float | None = None
    most: float | None = None
    is_whole: bool = False
    """A setting that drops what stands behind the point."""

    def told(self) -> dict[str, object]:
        """As it is notified."""
        if self.least is None:
            return {"value": self.value}
        return {"max": self.most, "min": self.least, "value": self.value}


@dataclass
class Flash:
    """What the settings' file went through."""

    changes: int = 0
    """Values that were changed and have to be kept."""
    writes: int = 0
    """Times that the file was written."""
    _pending_s: float | None = None

    def note(self, now_s: float) -> None:
        """A value was changed."""
        self.changes += 1
        if self._pending_s is None or now_s > self._pending_s + BURST_S:
            self._pending_s = now_s
            self.writes += 1


class Dbus:
    """Everything that a GX knows, and what has changed since it was last asked."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self.items = dict(items)
        self.flash = Flash()
        self.refuses: set[str] = set()
        """Paths that take nothing, for reasons of their own."""
        self.written_s: dict[str, float] = {}
        """When somebody last wrote a volatile value."""
        self._changed: dict[str, None] = {}

    def __getitem__(self, path: str) -> Value:
        return self.items[path].value

    def number(self, path: str) -> float | None:
        """A number; None if there is none."""
        item = self.items.get(path)
        return float(item.value) if item is not None and isinstance(item.value, int | float) else None

    def set(self, path: str, value: Value) -> None:
        """As the GX itself does: a measurement, or a setting that changes by itself."""
        item = self.items.setdefault(path, Item(None))
        if item.value != value:
            item.value = value
            self._changed[path] = None

    def keep(self, path: str, value: Value, now_s: float) -> None:
        """As the GX's own programs, the app or VRM change a setting: it goes to flash."""
        if self.items[path].value != value:
            self.set(path, value)
            self.flash.note(now_s)

    def write(self, path: str, value: object, now_s: float) -> bool:
        """As somebody asks over MQTT. Returns whether it was taken; nobody is told if not."""
        item = self.items.get(path)
        if item is None or path in self.refuses or isinstance(value, bool):
            return False
        if item.kind == "volatile":
            return self._override(path, value, now_s)
        if not isinstance(value, int | float) or not self._is_fit(path, item, value):
            return False
        self.keep(path, int(value) if item.is_whole else float(value), now_s)
        if item.kind == "relay":
            self.keep(f"{SETTINGS}Relay/{path.split('/')[3]}/InitialState", int(value), now_s)
        return True

    def changes(self) -> list[str]:
        """Paths whose value is another one than when this was last called."""
        changed, self._changed = list(self._changed), {}
        return [path for path in changed if path in self.items]

    def below(self, path: str) -> Iterator[str]:
        """A path itself, and everything below it."""
        return (each for each in tuple(self.items) if each == path or each.startswith(f"{path}/"))

    def lose(self, path: str) -> list[str]:
        """A device vanishes. Returns what it had."""
        lost = list(self.below(path))
        for each in lost:
            del self.items[each]
        return lost

    def _override(self, path: str, value: object, now_s: float) -> bool:
        if value is not None and not isinstance(value, int | float):
            return False
        self.written_s[path] = now_s
        self.set(path, value)
        return True

    def _is_fit(self, path: str, item: Item, value: float) -> bool:
        if item.kind == "relay":
            number = path.split("/")[3]
            function = f"{SETTINGS}Relay/Function" if number == "0" else f"{SETTINGS}Relay/{number}/Function"
            return value in (0, 1) and self.number(function) == 2
        is_between = item.least is None or item.most is None or item.least <= value <= item.most
        return item.kind == "setting" and is_between

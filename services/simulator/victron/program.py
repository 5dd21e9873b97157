"""The program behind the GX's broker: what it says, what it hears, and the ESS that acts on it.

Nothing is retained but its serial number, writes are never answered, and without somebody's keepalive it says nothing.
"""

from collections.abc import Callable
from datetime import tzinfo
from typing import Final

import orjson

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.physics import Battery
from services.simulator.victron.dbus import Dbus
from services.simulator.victron.ess import Ess
from services.simulator.victron.installation import PORTAL, installation
from services.simulator.victron.journal import Journal, Lost, Restarted, Written
from services.simulator.victron.measuring import measure

ALIVE_S: Final = 60.0
HEARTBEAT_S: Final = 3.0
LOOK_S: Final = 1.0


class Program:
    """What runs inside one GX. `speak(topic, payload)` tells everybody who listens."""

    def __init__(
        self,
        house: ClockedHouse,
        battery: Battery,
        clock: Clock,
        zone: tzinfo,
        speak: Callable[[str, bytes], None],
    ) -> None:
        self.dbus = Dbus(installation())
        self.ess = Ess(self.dbus, battery)
        self.journal = Journal()
        self.serial = (f"N/{PORTAL}/system/0/Serial", _json({"value": PORTAL}))
        """What its broker keeps for everybody who comes."""
        self.is_mute = False
        """It hangs: the broker stands, and nothing comes from it."""
        self._house, self._clock, self._zone, self._speak = house, clock, zone, speak
        self._alive_until_s = self._dark_until_s = clock.monotonic()
        self.look()

    @property
    def is_alive(self) -> bool:
        """Somebody keeps it talking."""
        return self._clock.monotonic() < self._alive_until_s and not self.is_mute

    def look(self) -> None:
        """Let its programs see how things stand, and act."""
        self._house.catch_up()
        measure(self.dbus, self._house.house, self.ess)
        self.ess.look(self._clock.monotonic(), self._clock.now().astimezone(self._zone))

    def lose(self, device: str) -> None:
        """A device goes, as `pvinverter/36` does each evening."""
        for path in self.dbus.lose(device):
            self._say(path, b"")
        self.journal.note(Lost(at_s=self._clock.monotonic(), device=device))

    def set_by_hand(self, path: str, value: float) -> None:
        """Somebody changes a setting in the app, or another program does."""
        self.dbus.keep(path, value, self._clock.monotonic())

    def write_by_hand(self, path: str, value: float | None) -> None:
        """Another program writes a value, over a connection of its own."""
        self.dbus.write(path, value, self._clock.monotonic())

    def restart(self, dark_s: float = 0.0) -> None:
        """Start anew: what is volatile is forgotten, and nothing is said for a while."""
        now_s = self._clock.monotonic()
        self._alive_until_s, self._dark_until_s = now_s, now_s + dark_s
        for path, item in installation().items():
            if item.kind == "volatile":
                self.dbus.set(path, item.value)
        self.dbus.written_s.clear()
        self.journal.note(Restarted(at_s=now_s))

    async def run(self) -> None:
        """For ever."""
        beat_s = -HEARTBEAT_S
        async for _ in self._clock.every(LOOK_S):
            now_s = self._clock.monotonic()
            if now_s < self._dark_until_s:
                continue
            self.look()
            for path in self.dbus.changes():
                self._notify(path)
            if now_s - beat_s > HEARTBEAT_S - LOOK_S / 2:
                beat_s = now_s
                self._say("heartbeat", _json({"value": self._clock.wall_ms() // 1000}))

    def hear(self, topic: str, payload: bytes) -> None:
        """Somebody asks or writes."""
        letter, _, rest = topic.partition("/")
        portal, _, path = rest.partition("/")
        if portal != PORTAL or self.is_mute:
            return
        if letter == "W":
            self._write(path, payload)
        elif letter == "R" and path in ("keepalive", "system/0/Serial"):
            self._keep_alive(payload)
        elif letter == "R":
            for each in self.dbus.below(path):
                self._notify(each)

    def _write(self, path: str, payload: bytes) -> None:
        now_s, before = self._clock.monotonic(), self.dbus.flash.changes
        value = _parsed(payload).get("value", "nothing")
        is_taken = self.dbus.write(path, value, now_s)
        is_kept = self.dbus.flash.changes > before
        self.journal.note(Written(at_s=now_s, path=path, value=value, is_taken=is_taken, is_kept=is_kept))
        self.look()
        for each in self.dbus.changes():
            self._notify(each)

    def _keep_alive(self, payload: bytes) -> None:
        was_alive, options = self.is_alive, _parsed(payload).get("keepalive-options", [])
        self._alive_until_s = self._clock.monotonic() + ALIVE_S
        wanted = options if isinstance(options, list) else []
        if "suppress-republish" in wanted:
            return
        if not was_alive:
            self._say("heartbeat", _json({"value": self._clock.wall_ms() // 1000}))
        for path in tuple(self.dbus.items):
            self._notify(path)
        echo: dict[str, object] = {}
        for option in wanted:
            echo |= option if isinstance(option, dict) else {}
        self._say("full_publish_completed", _json({**echo, "value": self._clock.wall_ms() // 1000}))

    def _notify(self, path: str) -> None:
        self._say(path, _json(self.dbus.items[path].told()))

    def _say(self, path: str, payload: bytes) -> None:
        if self.is_alive:
            self._speak(f"N/{PORTAL}/{path}", payload)


def _json(value: dict[str, object]) -> bytes:
    return orjson.dumps(value)


def _parsed(payload: bytes) -> dict[str, object]:
    """The object in a payload; empty if there is none."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}

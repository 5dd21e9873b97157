"""An older program for the same sockets, as a yardstick: what it decided each 30 s, its defects included.

It plans rows of a quarter hour to the next 06:00 from a forecast of the sun, shifted by one constant so that its first
row, which begins up to a quarter of an hour from now, is what is measured now. Batteries are only bookkeeping to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

CYCLE_S = 30.0
ROW_H = 0.25
FULL_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class OlderSocket:
    """One socket, as its owner describes it to that program."""

    name: str
    max_power_w: float
    capacity_wh: float
    priority: int
    daily_need: bool


@dataclass(frozen=True, slots=True)
class OlderBattery:
    """All batteries as one."""

    power_w: float
    capacity_wh: float
    stored_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is measured at the beginning of a cycle."""

    grid_w: float
    """+ import."""
    sockets_w: dict[str, float]
    on: dict[str, bool]
    battery_w: float = 0.0
    """+ charging."""
    battery: OlderBattery | None = None


@dataclass
class OlderScheduler:
    """Its memory, and one cycle of it."""

    sockets: Sequence[OlderSocket]
    stored_wh: dict[str, float] = field(default_factory=dict)
    ordered: dict[str, bool] = field(default_factory=dict)
    pause_cycles: int = 0
    """A later version switched a socket again only after so many cycles (10)."""
    rested: dict[str, int] = field(default_factory=dict)
    """Cycles since a socket was last switched."""

    def new_day(self) -> None:
        """06:00: everything is taken to be used up."""
        self.stored_wh = {socket.name: 0.0 for socket in self.sockets}

    def cycle(self, measured: Measured, forecast_w: Sequence[float]) -> dict[str, bool]:
        """On or off for each socket. `forecast_w`: sun per row, from the next full quarter to the next 06:00."""
        for socket in self.sockets:
            self._store(socket, measured)
        available_w = measured.battery_w + sum(measured.sockets_w.values()) - measured.grid_w
        if forecast_w:
            offset_w = forecast_w[0] - available_w
            on = _solve([row_w - offset_w for row_w in forecast_w], self._ranked(), self.stored_wh, measured.battery)
        else:
            on = {socket.name: False for socket in self.sockets}
        self.ordered = {name: self._paused(name, now, wanted=on[name]) for name, now in measured.on.items()}
        return self.ordered

    def _paused(self, name: str, now: bool, *, wanted: bool) -> bool:
        rested = self.rested.get(name, self.pause_cycles)
        may = rested >= self.pause_cycles
        self.rested[name] = 0 if wanted != now and may else rested + 1
        return wanted if may else now

    def _store(self, socket: OlderSocket, measured: Measured) -> None:
        name, power_w = socket.name, measured.sockets_w[socket.name]
        if measured.on[name] and power_w < FULL_SHARE * socket.max_power_w:
            self.stored_wh[name] = socket.capacity_wh
        elif measured.on[name] and not self.ordered.get(name, False):
            self.stored_wh[name] = 0.0
        else:
            self.stored_wh[name] = self.stored_wh.get(name, 0.0) + power_w * CYCLE_S / 3600

    def _ranked(self) -> list[OlderSocket]:
        return sorted(self.sockets, key=lambda each: (not each.daily_need, each.priority, -each.max_power_w))


def _solve(
    avail_w: list[float], ranked: Sequence[OlderSocket], stored_wh: dict[str, float], battery: OlderBattery | None
) -> dict[str, bool]:
    """Three steps per socket; only the first row is acted on."""
    on: dict[str, bool] = {}
    for socket in ranked:
        row_wh = socket.max_power_w * ROW_H
        full_wh = socket.capacity_wh - FULL_SHARE * row_wh
        steps = ceil((full_wh - stored_wh.get(socket.name, 0.0)) / row_wh)
        rows = [row for row, row_w in enumerate(avail_w) if row_w >= socket.max_power_w][:steps]
        _book(avail_w, rows, socket)
        if len(rows) < steps and socket.daily_need:
            helped = _with_battery(avail_w, socket, rows, battery) if battery else []
            _book(avail_w, helped, socket)
            rows = rows + helped
        if len(rows) < steps and socket.daily_need:
            best = sorted(range(len(avail_w)), key=lambda row: -avail_w[row])[: steps - len(rows)]
            _book(avail_w, best, socket)
            rows = rows + best
        on[socket.name] = 0 in rows
    return on


def _book(avail_w: list[float], rows: Sequence[int], socket: OlderSocket) -> None:
    for row in rows:
        avail_w[row] -= socket.max_power_w


def _with_battery(
    avail_w: Sequence[float], socket: OlderSocket, taken: Sequence[int], battery: OlderBattery
) -> list[int]:
    """Step 2: charge until some row, then run where the battery carries what is missing. As many rows as it finds."""
    found = [_from_row(avail_w, socket, taken, battery, until) for until in range(len(avail_w))]
    return max(found, key=lambda rows: (len(rows), -(rows[-1] - rows[0]) if rows else 0), default=[])


def _from_row(
    avail_w: Sequence[float], socket: OlderSocket, taken: Sequence[int], battery: OlderBattery, until: int
) -> list[int]:
    stored_wh = battery.stored_wh
    for row_w in avail_w[: until + 1]:
        stored_wh += _charged_wh(row_w, stored_wh, battery)
    rows = []
    for row in range(until + 1, len(avail_w)):
        missing_w = socket.max_power_w - avail_w[row]
        if row not in taken and missing_w <= battery.power_w and missing_w * ROW_H <= stored_wh:
            rows.append(row)
            stored_wh -= max(0.0, missing_w) * ROW_H
        elif avail_w[row] > 0:
            stored_wh += _charged_wh(avail_w[row], stored_wh, battery)
        elif avail_w[row] == 0:
            stored_wh = battery.stored_wh
        else:
            stored_wh -= min(stored_wh, min(-avail_w[row], battery.power_w) * ROW_H)
    return rows


def _charged_wh(row_w: float, stored_wh: float, battery: OlderBattery) -> float:
    return max(0.0, min(battery.capacity_wh - stored_wh, min(row_w, battery.power_w) * ROW_H))

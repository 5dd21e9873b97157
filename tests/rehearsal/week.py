"""The week: what each day is, what goes wrong in it, and what the GX must hold at each edge of the off-peak hours."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from services.simulator.victron.installation import MINIMUM, STATE, slot
from tests.rehearsal.house import Rehearsal, rehearsing
from tests.tempo.times import PARIS, at

DAY = timedelta(days=1)
COLOURS = {
    date(2026, 3, 24): "BLUE",
    date(2026, 3, 25): "WHITE",
    date(2026, 3, 26): "RED",
    date(2026, 3, 27): "RED",
    date(2026, 3, 28): "BLUE",
    date(2026, 3, 29): "BLUE",
}
"""In the night before the last one the clocks go forward."""
BEGINS, ENDS = "2026-03-24 12:00", "2026-03-29 12:00"
HOLDS = {"BLUE": (80, 30, True), "WHITE": (90, 30, True), "RED": (98, 25, False)}
"""(charge target, least charge, BatteryLife) by colour, written down a second time on purpose."""
MOST_WRITES = 20
"""To the GX's flash, a day."""
SETTLED_S = 30
"""So long after an edge everything must be as it should."""
REACHED_PCT = 1.5
"""What a battery may have lost of its target until the off-peak hours end."""
FIRST_PCT = 55.0


async def _tempo_dies(rehearsal: Rehearsal) -> None:
    await rehearsal.stop("tempo")


async def _tempo_returns(rehearsal: Rehearsal) -> None:
    rehearsal.start("tempo")


async def _balancer_stops(rehearsal: Rehearsal) -> None:
    await rehearsal.stop("balancer")


async def _balancer_returns(rehearsal: Rehearsal) -> None:
    rehearsal.start("balancer")


async def _broker_dies(rehearsal: Rehearsal) -> None:
    rehearsal.broker.kill()


async def _broker_returns(rehearsal: Rehearsal) -> None:
    rehearsal.broker.start()


async def _gx_reboots(rehearsal: Rehearsal) -> None:
    await rehearsal.gx.reboot()


async def _page_dies(rehearsal: Rehearsal) -> None:
    rehearsal.web.trouble["rte"] = 503


async def _box_dies(rehearsal: Rehearsal) -> None:
    await rehearsal.box.unplug()


Trouble = Callable[[Rehearsal], Awaitable[None]]
TROUBLES: Mapping[str, Trouble] = {
    "2026-03-24 13:00": _page_dies,
    "2026-03-25 20:05": _tempo_dies,
    "2026-03-26 09:00": _tempo_returns,
    "2026-03-26 20:05": _balancer_stops,
    "2026-03-26 21:40": _balancer_returns,
    "2026-03-26 21:50": _broker_dies,
    "2026-03-26 21:52": _broker_returns,
    "2026-03-27 03:00": _gx_reboots,
    "2026-03-27 19:00": _box_dies,
}


class Edge(NamedTuple):
    """What the GX held at one moment, and what it should have held."""

    at: str
    wanted: tuple[float, float, bool]
    found: tuple[float, float, bool]
    soc_pct: float
    is_full_enough: bool
    relay_on: bool
    wants_relay: bool

    @property
    def is_right(self) -> bool:
        """Everything was as it should be."""
        return self.wanted == self.found and self.is_full_enough and self.relay_on is self.wants_relay


@dataclass
class Report:
    """What the rehearsal saw."""

    edges: list[Edge] = field(default_factory=list)
    flash_writes: dict[str, int] = field(default_factory=dict)
    """Of ours, by day."""

    @property
    def is_good(self) -> bool:
        """Every edge right, and the flash spared."""
        return bool(self.edges) and all(edge.is_right for edge in self.edges) and self.most_writes <= MOST_WRITES

    @property
    def most_writes(self) -> int:
        """On the worst day."""
        return max(self.flash_writes.values(), default=0)

    def figures(self) -> dict[str, object]:
        """As JSON values."""
        wrong = [edge._asdict() for edge in self.edges if not edge.is_right]
        return {"edges": len(self.edges), "wrong": wrong, "flash_writes": self.flash_writes, "good": self.is_good}


async def rehearse(folder: Path, begins: str, ends: str, told: Callable[[str], None]) -> Report:
    """Live from `begins` to `ends`, with the troubles that lie between."""
    report = Report()
    async with rehearsing(folder, begins, COLOURS, FIRST_PCT) as house:
        for moment, trouble in _story(begins, ends):
            await house.until(moment)
            if trouble is not None:
                await trouble(house)
                told(f"{moment} {trouble.__name__.strip('_').replace('_', ' ')}")
            else:
                report.edges.append(edge := _look(house, moment))
                told(f"{moment} {'right' if edge.is_right else 'WRONG'} {edge.found} {edge.soc_pct:.0f} %")
        began = house.clock.now() - timedelta(seconds=house.clock.monotonic())
        for written in house.gx.program.journal.writes():
            day = f"{(began + timedelta(seconds=written.at_s)).astimezone(PARIS):%Y-%m-%d}"
            report.flash_writes[day] = report.flash_writes.get(day, 0) + written.is_kept
    return report


def _story(begins: str, ends: str) -> Sequence[tuple[str, Trouble | None]]:
    """Every moment at which something happens or is looked at, in order."""
    moments: list[tuple[str, Trouble | None]] = list(TROUBLES.items())
    for day in COLOURS:
        moments += [(f"{day} {clock}:{SETTLED_S}", None) for clock in ("06:00", "12:00", "22:00")]
    first, last = at(begins), at(ends)
    within = [moment for moment in moments if first < at(moment[0]) <= last]
    return sorted(within, key=lambda moment: at(moment[0]))


def _look(house: Rehearsal, moment: str) -> Edge:
    local = at(moment).astimezone(PARIS)
    today = COLOURS[local.date()]
    ahead = COLOURS.get(local.date() + DAY, today)
    wanted = HOLDS[ahead] if local.hour == 22 else (HOLDS[_target_of(local, today, ahead)][0], *HOLDS[today][1:])
    is_morning, soc_pct = local.hour == 6, house.battery.soc_pct
    return Edge(
        at=moment,
        wanted=wanted,
        found=_held(house),
        soc_pct=round(soc_pct, 1),
        is_full_enough=not is_morning or soc_pct >= HOLDS[today][0] - REACHED_PCT,
        relay_on=bool(house.gx.program.dbus["system/0/Relay/0/State"]),
        wants_relay=local.hour < 22 and today != "BLUE",
    )


def _target_of(local: datetime, today: str, ahead: str) -> str:
    """Whose target holds in peak hours: the coming day's once it is told, which is so by noon."""
    return ahead if local.hour >= 12 else today


def _held(house: Rehearsal) -> tuple[float, float, bool]:
    dbus = house.gx.program.dbus
    target, minimum, state = (dbus.number(path) or 0.0 for path in (slot(0, "Soc"), MINIMUM, STATE))
    return target, minimum, 1 <= state <= 8

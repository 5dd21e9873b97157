"""How much of what perfect foresight saves a plan reaches, on a recorded house; and how long a plan takes.

`make bench-plan`, about a quarter of an hour. The recordings are not part of this repository; without them there is
nothing to measure.
"""

import csv
import gzip
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from services.planner.core.problem import Store
from services.replay.compare import Result, Setting, compare
from services.replay.steps import Step
from tests.bench.forecast import DATA

PARIS = ZoneInfo("Europe/Paris")
HOUSE = "home_fr_pv_forecast_30min_2024-03_2024-12_dev.csv.gz"
SPOT = "price_fr_15min_2026-02-25_2026-04-30.csv.gz"
COLOURS = "tempo_calendar_2014-09_2022-08.csv"
BEFORE = datetime(2024, 7, 1, tzinfo=UTC)
BATTERY = Store(
    device="battery", capacity_wh=10_000, stored_wh=0, max_charge_w=5000, max_discharge_w=5000, end_eur_per_kwh=None
)
TEMPO = {"BLUE": (0.1356, 0.1654), "WHITE": (0.1536, 0.1921), "RED": (0.1615, 0.7295)}
"""Off-peak and peak in EUR/kWh, in force since 2026-08-01."""
SEASON_AGO = timedelta(days=1463)
"""From the days of the recording to those of season 2019-20, weekday and date alike."""
EXPORT_EUR_PER_KWH = 0.04
POLICIES = ("none", "rule", "rule-tuned", "ballast", "ballast-told", "oracle")
TARGETS = {"dynamic": (88.0, 97.3), "tempo": (93.0, 99.9), "flat": (99.8, 100.0)}
"""Per cent of the oracle's saving: with a forecast, and told the truth."""

Prices = Callable[[datetime], tuple[float, float]]
"""Import and export at an instant."""


def figures() -> dict[str, object]:
    """The share of the oracle's saving under three kinds of prices."""
    if not (DATA / HOUSE).is_file():
        return {"skipped": f"there is no {DATA / HOUSE}"}
    kinds: Mapping[str, Prices] = {"dynamic": _dynamic(DATA), "tempo": _tempo(DATA), "flat": lambda _: (0.25, 0.04)}
    return {kind: _told(kind, *_run(DATA, prices)) for kind, prices in kinds.items()}


def _run(folder: Path, prices: Prices) -> tuple[dict[str, Result], int]:
    steps = list(_recorded(folder, prices))
    setting = Setting(batteries=[BATTERY], chores={}, zone=PARIS)
    done = 0

    def passed(_: object) -> None:
        nonlocal done
        done += 1
        if done % 480 == 0:
            sys.stderr.write(f"  {done / 48:.0f} days\n")

    return compare(steps, setting, POLICIES, passed), len(steps)


def _told(kind: str, results: Mapping[str, Result], steps: int) -> dict[str, object]:
    forecast_pct, told_pct = TARGETS[kind]
    return {
        "steps": steps,
        "cost_eur": {name: round(result.ledger.cost_eur, 2) for name, result in results.items()},
        "oracle_share_pct": {name: round(result.oracle_share_pct or 0.0, 2) for name, result in results.items()},
        "target_pct": {"ballast": forecast_pct, "ballast-told": told_pct},
        "tuned": results["rule-tuned"].told,
    }


def _recorded(folder: Path, prices: Prices) -> Iterator[Step]:
    with gzip.open(folder / HOUSE, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["time_utc"])
            if at < BEFORE and row["load_w"] and row["pv_w"]:
                paid, received = prices(at)
                promised = float(row["pv_forecast_w"]) if row["pv_forecast_w"] else None
                start_s = int(at.timestamp())
                yield Step(start_s, 0.5, float(row["load_w"]), float(row["pv_w"]), paid, received, promised)


def _dynamic(folder: Path) -> Prices:
    """UTC day k of the period has the prices of day k mod 65 of the file; its last hour lasts until midnight."""
    days: dict[date, dict[int, list[tuple[float, float]]]] = {}
    with gzip.open(folder / SPOT, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["time_utc"])
            pair = float(row["retail_cu_ttc_eur_kwh"]), float(row["spot_eur_kwh"])
            days.setdefault(at.date(), {}).setdefault(_half_hour(at), []).append(pair)
    whole = [days[day] for day in sorted(days)][1:]
    first = date(2024, 3, 3)

    def price(at: datetime) -> tuple[float, float]:
        day = whole[(at.date() - first).days % len(whole)]
        pairs = day[min(_half_hour(at), max(day))]
        return sum(paid for paid, _ in pairs) / len(pairs), sum(received for _, received in pairs) / len(pairs)

    return price


def _half_hour(at: datetime) -> int:
    return at.hour * 2 + at.minute // 30


def _tempo(folder: Path) -> Prices:
    with (folder / COLOURS).open(encoding="utf-8") as file:
        colours = {date.fromisoformat(row["date"]): row["color"] for row in csv.DictReader(file)}

    @cache
    def price(at: datetime) -> tuple[float, float]:
        local = at.astimezone(PARIS)
        colour = colours[(local - timedelta(hours=6)).date() - SEASON_AGO]
        off_peak, peak = TEMPO[colour]
        return (peak if 6 <= local.hour < 22 else off_peak), EXPORT_EUR_PER_KWH

    return price

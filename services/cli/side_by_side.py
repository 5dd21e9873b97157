"""Measured data through several policies: a table for people, one object for machines, a page of curves."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from services.cli.configured import Unusable, complain, configured, say
from services.replay.compare import HORIZON_S, Result, Setting, compare
from services.replay.config import Config
from services.replay.names import USUAL
from services.replay.page import page
from services.replay.recorded import Recording
from services.replay.steps import Slot
from services.replay.table import Unreadable

LEAST_SLOT_S = 1800
"""A plan thinks in slots of this length, or in those of the data if they are longer."""
BAR = 30
HEADS = (
    "cost EUR", "import kWh", "export kWh", "own use %", "self-suff. %", "cycles", "peak W", "unmet kWh", "of oracle %",
)  # fmt: skip


def side_by_side(options: argparse.Namespace) -> int:
    """Compare, tell, draw. Raises Unusable with what is wrong with the data."""
    names = list(dict.fromkeys(options.policy or USUAL))
    try:
        told = _Telling(options, names)
        told.compare()
    except Unreadable as error:
        raise Unusable(str(error)) from error
    told.tell()
    return 0


class _Telling:
    """One comparison, from the files to what is said about them."""

    def __init__(self, options: argparse.Namespace, names: Sequence[str]) -> None:
        config, self._zone = _section(options)
        self._options, self._names, self._config = options, names, config
        self._recording = Recording(options.data, config.columns)
        total = sum(table.path.stat().st_size for table in self._recording.houses)
        self._bar = Bar(total, is_shown=sys.stderr.isatty())
        self._hours, self._first_s, self._last_s = 0.0, 0, 0
        self._results: Mapping[str, Result] = {}

    def compare(self) -> None:
        """Go through the files once."""
        config, step_s = self._config, self._recording.step_s
        if HORIZON_S % step_s:
            raise Unreadable(f"rows of {step_s} s do not fit into a day; use data of 15 or 30 minutes, or finer")
        setting = Setting(
            batteries=[battery.store(name) for name, battery in config.batteries.items()],
            chores={name: load.chore() for name, load in config.loads.items()},
            zone=self._zone,
            slot_s=max(LEAST_SLOT_S, step_s),
        )
        steps = self._recording.steps(config.import_eur_per_kwh, config.export_eur_per_kwh, self._bar.at)
        self._results = compare(steps, setting, self._names, self._passed)
        self._bar.end()
        if not self._hours:
            raise Unreadable(f"not one row has everything that is needed; missing: {self._missing()}")

    def _passed(self, slot: Slot) -> None:
        self._first_s = self._first_s or slot.start_s
        self._last_s, self._hours = slot.start_s, self._hours + slot.hours

    def tell(self) -> None:
        """To the person, to a machine, to a file."""
        told = self._summary()
        if self._options.plot:
            _write(self._options.plot, page(told, {name: result.days_eur for name, result in self._results.items()}))
        if self._options.json:
            say(orjson.dumps(told).decode())
            return
        say(f"{told['first']} to {told['last']}, {self._hours / 24:.1f} days measured")
        if self._recording.gaps.hours:
            say(f"left out: {self._missing()}; longest gap {self._recording.gaps.longest_h:.1f} h")
        for line in table(told["policies"]):
            say(line)
        if self._options.plot:
            complain(f"Written to {self._options.plot}; open it in a browser.")

    def _missing(self) -> str:
        return ", ".join(f"{hours:.1f} h without {column}" for column, hours in self._recording.gaps.hours.items())

    def _summary(self) -> dict[str, object]:
        gaps = self._recording.gaps
        return {
            "first": _day(self._first_s),
            "last": _day(self._last_s),
            "measured_h": round(self._hours, 2),
            "step_s": self._recording.step_s,
            "left_out_h": {column: round(hours, 2) for column, hours in gaps.hours.items()},
            "longest_gap_h": round(gaps.longest_h, 2),
            "policies": {name: figures(result) for name, result in self._results.items()},
        }


def figures(result: Result) -> dict[str, object]:
    """What a policy came to, as told; null where there is nothing to tell of."""
    ledger = result.ledger
    return {
        "cost_eur": round(ledger.cost_eur, 2),
        "import_kwh": round(ledger.import_wh / 1000, 1),
        "export_kwh": round(ledger.export_wh / 1000, 1),
        "self_consumption_pct": _rounded(ledger.self_consumption_pct),
        "self_sufficiency_pct": _rounded(ledger.self_sufficiency_pct),
        "cycles": _rounded(result.cycles),
        "peak_quarter_w": round(ledger.peak_quarter_w),
        "unmet_kwh": round(ledger.unmet_wh / 1000, 2),
        "oracle_share_pct": _rounded(result.oracle_share_pct),
        "note": result.told,
    }


def table(policies: object) -> list[str]:
    """The figures side by side."""
    assert isinstance(policies, dict)
    lines = [f"{'policy':<13}" + "".join(f"{head:>13}" for head in HEADS)]
    for name, told in policies.items():
        values = [value for key, value in told.items() if key != "note"]
        lines.append(f"{name:<13}" + "".join(f"{'–' if value is None else value:>13}" for value in values))
    lines += [f"{name}: {told['note']}" for name, told in policies.items() if told["note"]]
    return lines


class Bar:
    """How far the reading has come, on stderr, where a person looks at it."""

    def __init__(self, total: int, *, is_shown: bool) -> None:
        self._total, self._is_shown, self._shown = max(1, total), is_shown, -1
        self._before, self._at = 0, 0

    def at(self, read: int) -> None:
        """So many bytes of the file that is being read; a smaller number is a new file."""
        self._before += self._at if read < self._at else 0
        self._at = read
        share = int(BAR * min(1.0, (self._before + self._at) / self._total))
        if self._is_shown and share != self._shown:
            self._shown = share
            sys.stderr.write(f"\r{'█' * share:<{BAR}} {100 * share // BAR:>3} %")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave the line to what follows."""
        if self._is_shown:
            sys.stderr.write("\r" + " " * (BAR + 6) + "\r")


def _section(options: argparse.Namespace) -> tuple[Config, ZoneInfo]:
    """The section `replay` of the file that is named; a usual house without one."""
    if options.config is None:
        return Config(), ZoneInfo("UTC")
    loaded, _ = configured(options, more={"replay": Config})
    return loaded.section("replay", Config), ZoneInfo(loaded.site.timezone)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror}") from error


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _day(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d}"

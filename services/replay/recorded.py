"""From files to the steps of a house, with an account of what was not measured."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.replay.steps import Step
from services.replay.table import VALUES, Alongside, Passed, Row, Table, Unreadable, in_a_row, look

LOAD: Final = "load_w"


@dataclass(slots=True)
class Gaps:
    """What was left out."""

    hours: Counter[str] = field(default_factory=Counter)
    """By the column that was missing first."""
    longest_h: float = 0.0
    _running_h: float = 0.0

    def add(self, column: str, hours: float) -> None:
        """So much was not measured."""
        self.hours[column] += hours  # type: ignore[assignment] # hours need not be whole
        self._running_h += hours
        self.longest_h = max(self.longest_h, self._running_h)

    def over(self) -> None:
        """Something was measured again."""
        self._running_h = 0.0


@dataclass(slots=True)
class Recording:
    """Files that together tell of one house. Raises Unreadable if they do not."""

    paths: Sequence[Path]
    others: Mapping[str, str] = field(default_factory=dict)
    """Further names for columns."""
    gaps: Gaps = field(default_factory=Gaps)
    houses: list[Table] = field(default_factory=list)
    """The files with the house's load."""
    alongside: dict[str, Alongside] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """Columns that some file has."""

    def __post_init__(self) -> None:
        tables = [look(path, self.others) for path in self.paths]
        self.houses, elsewhere = _having(LOAD, tables), [table for table in tables if LOAD not in table.names]
        if not self.houses:
            raise Unreadable(f"no file has a column {LOAD}: what the house draws is the least that is needed")
        for column in VALUES:
            at_home, others = _having(column, self.houses), _having(column, elsewhere)
            if at_home or others:
                self.known.add(column)
            if others and not at_home:
                self.alongside[column] = Alongside(column, others)

    @property
    def step_s(self) -> int:
        """Length of the house's rows."""
        return max(table.length_s for table in self.houses)

    def steps(self, paid: float, received: float, passed: Passed | None = None) -> Iterator[Step]:
        """Every step that was measured. The prices (EUR/kWh, import and export) are for data without any."""
        usual = {"import_eur_per_kwh": paid, "export_eur_per_kwh": received, "pv_w": 0.0}
        needed = {LOAD, "pv_w", *usual}
        end_s = None
        for row in in_a_row(self.houses, passed):
            if end_s is not None and row.start_s > end_s:
                self.gaps.add(LOAD, (row.start_s - end_s) / 3600)
            end_s = row.start_s + row.length_s
            values = self._values(row) | {column: each for column, each in usual.items() if column not in self.known}
            missing = sorted(needed - values.keys())
            if missing:
                self.gaps.add(missing[0], row.length_s / 3600)
                continue
            self.gaps.over()
            yield Step(
                start_s=row.start_s,
                hours=row.length_s / 3600,
                load_w=values[LOAD],
                production_w=max(0.0, values["pv_w"]),
                import_eur_per_kwh=values["import_eur_per_kwh"],
                export_eur_per_kwh=values["export_eur_per_kwh"],
                promised_w=values.get("pv_forecast_w"),
            )

    def _values(self, row: Row) -> dict[str, float]:
        values = dict(row.values)
        for column, other in self.alongside.items():
            value = other.mean(row.start_s, row.start_s + row.length_s)
            if value is not None:
                values[column] = value
        return values


def _having(column: str, tables: Sequence[Table]) -> list[Table]:
    return [table for table in tables if column in table.names]

"""The results as one HTML page: a table and the course of what each policy saves. Loads nothing from anywhere."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import accumulate
from string import Template
from typing import Final

WIDE, HIGH, MARGIN = 960, 360, 60
COLOURS: Final = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860")
PAGE: Final = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Ballast: $first to $last</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; } td, th { padding: .3em .8em; text-align: right; border-bottom: 1px solid #8884; }
td:first-child, th:first-child { text-align: left; } svg { width: 100%; height: auto; } text { fill: currentColor; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } }
</style>
<h1>$first to $last</h1>
<p>$hours h measured in steps of $step s. $gaps</p>
<table>$table</table>
<h2>$title</h2>
$curves
$notes
</html>
""")


def page(told: Mapping[str, object], days_eur: Mapping[str, Mapping[int, float]]) -> str:
    """The page. `told`: the summary; `days_eur`: per policy, the cost of each day (UTC, counted from 1970)."""
    policies = told["policies"]
    assert isinstance(policies, dict)
    base = "none" if "none" in days_eur else next(iter(days_eur))
    return PAGE.substitute(
        first=told["first"], last=told["last"], hours=told["measured_h"], step=told["step_s"],
        gaps=_gaps(told), table=_table(policies), title=f"Saved beside “{escape(base)}”, in EUR",
        curves=curves(saved_eur(days_eur, base)),
        notes=_notes(policies),
    )  # fmt: skip


def _notes(policies: Mapping[str, Mapping[str, object]]) -> str:
    return "".join(
        f"<p>{escape(name)}: {escape(str(each['note']))}</p>" for name, each in policies.items() if each["note"]
    )


def _gaps(told: Mapping[str, object]) -> str:
    left_out = told["left_out_h"]
    assert isinstance(left_out, dict)
    parts = ", ".join(f"{hours} h without {escape(column)}" for column, hours in left_out.items())
    return f"Left out: {parts}; the longest gap lasts {told['longest_gap_h']} h." if parts else "Nothing is missing."


def _table(policies: Mapping[str, Mapping[str, object]]) -> str:
    heads = [key for key in next(iter(policies.values())) if key != "note"]
    head = "".join(f"<th>{escape(key.replace('_', ' '))}</th>" for key in heads)
    rows = "".join(
        f"<tr><td>{escape(name)}</td>" + "".join(f"<td>{_shown(each[key])}</td>" for key in heads) + "</tr>"
        for name, each in policies.items()
    )
    return f"<tr><th>policy</th>{head}</tr>{rows}"


def _shown(value: object) -> str:
    return "–" if value is None else escape(str(value))


def saved_eur(days_eur: Mapping[str, Mapping[int, float]], base: str) -> dict[str, list[tuple[int, float]]]:
    """Per policy: day, and what it has saved by its end."""
    days = sorted(days_eur[base])
    return {
        name: list(zip(days, accumulate(days_eur[base][day] - course.get(day, 0.0) for day in days), strict=True))
        for name, course in days_eur.items()
    }


def curves(courses: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Lines over days, with their names at the end."""
    points = [point for course in courses.values() for point in course]
    first, last = min(day for day, _ in points), max(day for day, _ in points)
    low, high = min(0.0, *(value for _, value in points)), max(0.01, *(value for _, value in points))

    def x(day: float) -> float:
        return MARGIN + (day - first) / max(1, last - first) * (WIDE - 2.5 * MARGIN)

    def y(value: float) -> float:
        return HIGH - MARGIN / 2 - (value - low) / (high - low) * (HIGH - MARGIN)

    parts = [f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" font-size="12">']
    for value in (low, 0.0, (low + high) / 2, high):
        parts.append(f'<line x1="{MARGIN}" x2="{x(last):.1f}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#8884"/>')
        parts.append(f'<text x="{MARGIN - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
    for day in (first, (first + last) // 2, last):
        date = f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"
        parts.append(f'<text x="{x(day):.1f}" y="{HIGH - 4}" text-anchor="middle">{date}</text>')
    for place, (name, course) in enumerate(courses.items()):
        colour = COLOURS[place % len(COLOURS)]
        line = " ".join(f"{x(day):.1f},{y(value):.1f}" for day, value in course)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{MARGIN + 10}" y="{20 + 16 * place}" style="fill:{colour}">{escape(name)}</text>')
    return "".join([*parts, "</svg>"])

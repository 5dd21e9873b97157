"""Draws what every panel shows of the recorded day, as the dashboards arrange it: the pictures of docs/seeing.md.

`uv run --with matplotlib python -m tests.seeing.draw`. Grafana itself is not needed, nor is this Grafana's drawing: the
queries, their answers, units, colours and places are those of the dashboards.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from services.cli.dashboards.boards import BOARDS
from services.cli.dashboards.panels import COLUMNS, Dashboard, Panel, Query, placed
from tests.seeing.prometheus import GRAFANA, Past, plain, recorded_day

OUT = GRAFANA.parent / "docs" / "dashboards"
SPAN_S = 40 * 60.0
SUFFIX = {"watt": "W", "percentunit": "%", "currencyEUR": "€", "kwatth": "kWh", "s": "s", "celsius": "°C", "none": ""}
COLOURS = {"text": "#444444", "blue": "#3274d9", "green": "#37872d", "orange": "#e08400", "red": "#c4162a"}
COLOURS |= {"yellow": "#b8930a"}
Shown = list[tuple[str, float]]
"""Names and values."""


def drawn(board: Dashboard, past: Past) -> None:
    """One dashboard, as a picture."""
    places = list(placed(board.panels))
    rows = max(place.y + panel.height for panel, place in zip(board.panels, places, strict=True))
    figure = plt.figure(figsize=(15, rows * 0.42), dpi=64)
    for panel, place in zip(board.panels, places, strict=True):
        left, width = place.x / COLUMNS, panel.width / COLUMNS
        bottom, height = 1 - (place.y + panel.height) / rows, panel.height / rows
        inset = 0.045 if panel.kind in ("timeseries", "state-timeline") else 0.012
        room = (left + inset, bottom + 0.62 / rows, width - inset - 0.012, height - 1.9 / rows)
        axes = figure.add_axes(room)
        axes.set_title(panel.title, loc="left", fontsize=9, fontweight="bold")
        DRAWERS[panel.kind](axes, panel, past)
    OUT.mkdir(exist_ok=True)
    figure.savefig(OUT / f"{board.uid.removeprefix('ballast-')}.png", pil_kwargs={"optimize": True})
    plt.close(figure)


def name_of(query: Query, labels: dict[str, str]) -> str:
    name = query.legend or ", ".join(value for key, value in labels.items() if not key.startswith("__"))
    for key, value in labels.items():
        name = name.replace(f"{{{{{key}}}}}", value)
    return name


def newest(panel: Panel, past: Past) -> Shown:
    """What a panel of newest values shows at the end."""
    return [
        (name_of(query, each["metric"]), float(each["value"][1]))
        for query in panel.queries
        for each in past.ask(plain(query.expression, "40m"))
    ]


def told(panel: Panel, value: float) -> str:
    """A value as it is written."""
    for number, word, _ in panel.words:
        if number == value:
            return word
    scaled = value * 100 if panel.unit == "percentunit" else value
    digits = panel.decimals if panel.decimals is not None else 0 if abs(scaled) >= 10 else 2
    return f"{scaled:,.{digits}f} {SUFFIX[panel.unit]}".strip()


def colour(panel: Panel, value: float) -> str:
    chosen = [name for least, name in panel.steps if least is None or value >= least][-1]
    return COLOURS[next((tint for number, _, tint in panel.words if number == value), chosen)]


def stat(axes: Axes, panel: Panel, past: Past) -> None:
    axes.axis("off")
    shown = newest(panel, past)
    size = 20 if len(shown) == 1 else 11
    columns = max(1, min(len(shown), panel.width // 3))
    for index, (name, value) in enumerate(shown):
        row, column = divmod(index, columns)
        x, y = (column + 0.5) / columns, 1 - (row + 0.5) / (1 + (len(shown) - 1) // columns)
        axes.text(x, y, told(panel, value), color=colour(panel, value), fontsize=size, ha="center", va="center")
        if len(shown) > 1:
            axes.text(x, y - 0.12, name, fontsize=6.5, ha="center", va="top", color="#666666")


def bars(axes: Axes, panel: Panel, past: Past) -> None:
    shown = newest(panel, past)
    axes.barh([name for name, _ in shown], [value for _, value in shown], color=[colour(panel, v) for _, v in shown])
    axes.set_xlim(panel.least, panel.most)
    axes.tick_params(labelsize=7)
    axes.tick_params(axis="y", direction="in", pad=-4)
    for label in axes.get_yticklabels():
        label.set_horizontalalignment("left")
    for index, (_, value) in enumerate(shown):
        axes.annotate(told(panel, value), (1, index), xycoords=("axes fraction", "data"), ha="right", fontsize=7)
    axes.invert_yaxis()


def followed(panel: Panel, past: Past) -> list[tuple[str, list[Any], list[float]]]:
    """Each series of a panel: its name, times and values."""
    return [
        (
            name_of(query, each["metric"]),
            [at / 86_400 for at, _ in each["values"]],
            [float(value) for _, value in each["values"]],
        )
        for query in panel.queries
        for each in past.follow(plain(query.expression, "40m"), SPAN_S)
    ]


def lines(axes: Axes, panel: Panel, past: Past) -> None:
    for name, times, values in followed(panel, past):
        axes.plot(times, values, linewidth=1.2, label=name)
    _over_time(axes)
    axes.set_ylim(panel.least, panel.most)
    axes.set_ylabel(SUFFIX[panel.unit], fontsize=7)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=6.5, ncol=4, loc="upper left", framealpha=0.6)


def timeline(axes: Axes, panel: Panel, past: Past) -> None:
    for row, (name, times, values) in enumerate(followed(panel, past)):
        axes.scatter(times, [row] * len(times), c=["#37872d" if value else "#dddddd" for value in values], marker="s")
        axes.annotate(name, (0, row), xycoords=("axes fraction", "data"), fontsize=7, ha="right", va="center")
    axes.set_yticks([])
    _over_time(axes)


def table(axes: Axes, panel: Panel, past: Past) -> None:
    axes.axis("off")
    text = "\n".join(f"{name or '–'}: {value:g}" for name, value in newest(panel, past))
    axes.text(0, 1, text, fontsize=8, va="top")


def _over_time(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%H:%M"))
    axes.tick_params(labelsize=7)


DRAWERS: dict[str, Callable[[Axes, Panel, Past], None]] = {
    "stat": stat,
    "bargauge": bars,
    "timeseries": lines,
    "state-timeline": timeline,
    "table": table,
}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, recorded_day(Path(folder)) as recorded:
        for each in BOARDS:
            drawn(each, recorded)

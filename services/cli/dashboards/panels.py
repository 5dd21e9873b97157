"""Panels and dashboards as values, and their JSON as Grafana reads it. Pure.

The JSON model is that of schema 39 (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Json = dict[str, object]
Kind = Literal["timeseries", "stat", "bargauge", "state-timeline", "table"]
COLUMNS: Final = 24
SOURCE: Final[Json] = {"type": "prometheus", "uid": "ballast"}
TAG: Final = "ballast"
PALETTE: Final[Json] = {"mode": "palette-classic-by-name"}
"""A device has the same colour everywhere."""


class Query(NamedTuple):
    """What is asked of Prometheus, and how its answers are called; empty: by all their labels."""

    expression: str
    legend: str = ""


Step = tuple[float | None, str]
"""From this value on (None: from the least), this colour."""
CALM: Final[tuple[Step, ...]] = ((None, "blue"),)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture. What it shows is in the queries; `text` says how to read it."""

    title: str
    text: str
    kind: Kind = "timeseries"
    queries: tuple[Query, ...]
    unit: str
    width: int = 12
    height: int = 8
    steps: tuple[Step, ...] = CALM
    least: float | None = None
    most: float | None = None
    decimals: int | None = None
    words: tuple[tuple[float, str, str], ...] = ()
    """Values that are told in words: the value, the word, its colour."""
    is_of_today: bool = False
    """It is about the day since midnight, whatever the dashboard's span of time."""
    leads_to: str = ""
    """The dashboard that tells more."""

    @property
    def is_instant(self) -> bool:
        """Whether only the newest values are shown."""
        return self.kind in ("stat", "bargauge", "table")


@dataclass(frozen=True)
class Dashboard:
    """One page of panels, from the upper left to the lower right."""

    uid: str
    title: str
    text: str
    panels: tuple[Panel, ...]

    def written(self) -> Json:
        """The JSON of it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.text,
            "tags": [TAG],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": "now-24h", "to": "now"},
            "timezone": "browser",
            "links": [{"type": "dashboards", "tags": [TAG], "title": "Ballast", "keepTime": True, "asDropdown": False}],
            "templating": {"list": []},
            "annotations": {"list": []},
            "panels": [
                _written(panel, number, place)
                for number, (panel, place) in enumerate(zip(self.panels, placed(self.panels), strict=True), 1)
            ],
        }


class Place(NamedTuple):
    """Where a panel stands, in columns of 24 and rows."""

    x: int
    y: int


def placed(panels: tuple[Panel, ...]) -> Iterator[Place]:
    """From left to right; a row is as high as its highest panel."""
    x = y = height = 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, height = 0, y + height, 0
        yield Place(x, y)
        x, height = x + panel.width, max(height, panel.height)


def _written(panel: Panel, number: int, place: Place) -> Json:
    written: Json = {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCE,
        "gridPos": {"x": place.x, "y": place.y, "w": panel.width, "h": panel.height},
        "targets": [_target(panel, query, chr(ord("A") + index)) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
    }
    if panel.is_of_today:
        written["timeFrom"] = "now/d"
    if panel.leads_to:
        written["links"] = [{"title": "More about it", "url": f"/d/{panel.leads_to}"}]
    return written


def _target(panel: Panel, query: Query, letter: str) -> Json:
    shape = {"instant": True, "format": "table"} if panel.kind == "table" else {"instant": panel.is_instant}
    said = {"refId": letter, "datasource": SOURCE, "expr": query.expression, "range": not panel.is_instant, **shape}
    return said | {"legendFormat": query.legend or "__auto"}


def _defaults(panel: Panel) -> Json:
    steps = [{"value": value, "color": colour} for value, colour in panel.steps]
    defaults: Json = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}, "noData": "unknown"}
    defaults["color"] = PALETTE if panel.kind == "timeseries" else {"mode": "thresholds"}
    told = {"min": panel.least, "max": panel.most, "decimals": panel.decimals}
    defaults |= {key: value for key, value in told.items() if value is not None}
    if panel.words:
        options = {f"{value:g}": {"text": word, "color": colour} for value, word, colour in panel.words}
        defaults["mappings"] = [{"type": "value", "options": options}]
    if panel.kind == "timeseries":
        defaults["custom"] = {"lineWidth": 2, "fillOpacity": 10, "showPoints": "never", "spanNulls": False}
        if panel.steps != CALM:
            defaults["custom"]["thresholdsStyle"] = {"mode": "line"}  # type: ignore[index]  # made a line above
    return defaults


_NEWEST: Final[Json] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: Final[dict[Kind, Json]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {"reduceOptions": _NEWEST, "colorMode": "value", "graphMode": "none", "textMode": "auto"},
    "bargauge": {"reduceOptions": _NEWEST, "orientation": "horizontal", "displayMode": "lcd", "showUnfilled": True},
    "state-timeline": {"mergeValues": True, "showValue": "never", "rowHeight": 0.8, "legend": {"showLegend": False}},
    "table": {"showHeader": True, "cellHeight": "sm"},
}

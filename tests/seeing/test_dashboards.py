"""Every panel is told in full, asks for what exists, and shows something of a recorded day, by a real Prometheus."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli import dashboards, metrics
from services.cli.dashboards.boards import BOARDS
from services.cli.dashboards.panels import COLUMNS, Dashboard, Panel, Query, placed
from services.cli.dashboards.queries import GRID_W, SUN_W
from tests.seeing.prometheus import GRAFANA, RECORDED, Past, asked_series, needs_prometheus, plain, recorded_day

PANELS = [pytest.param(board, panel, id=f"{board.title}: {panel.title}") for board in BOARDS for panel in board.panels]
UNITS = {"watt", "percentunit", "currencyEUR", "kwatth", "s", "celsius", "none"}
"""Grafana's names of those we use."""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    with recorded_day(tmp_path_factory.mktemp("prometheus")) as made:
        yield made


@needs_prometheus
def test_every_query_of_every_panel_shows_something(past: Past) -> None:
    """At some moment of the recorded day; each query, so that no line of a panel is always empty."""
    moments = [past.ends_s - minutes * 60 for minutes in range(0, 40, 5)]
    empty = [
        (board.title, panel.title, query.expression)
        for board in BOARDS
        for panel in board.panels
        for query in panel.queries
        if not any(past.ask(plain(query.expression), at_s) for at_s in moments)
    ]
    assert empty == []


@needs_prometheus
def test_what_is_called_by_a_label_has_that_label(past: Past) -> None:
    wrong = []
    for query in chain(*(panel.queries for board in BOARDS for panel in board.panels)):
        for label in re.findall(r"{{(\w+)}}", query.legend):
            found = past.ask(plain(query.expression))
            wrong += [(query, each["metric"]) for each in found if label not in each["metric"] and each["metric"]]
    assert wrong == []


@needs_prometheus
def test_what_flows_adds_up(past: Past) -> None:
    """Grid = house + steered − sun: what the dashboard *House* draws is one truth."""

    parts = (GRID_W, "ems:house:watts", "ems:flexible:watts", SUN_W)
    moments = [past.ends_s - minutes * 60 for minutes in range(40)]
    answers = [[past.ask(plain(part), at_s) for part in parts] for at_s in moments]
    whole = [[float(part[0]["value"][1]) for part in answer] for answer in answers if all(answer)]
    assert len(whole) > 10
    assert all(
        grid_w == pytest.approx(house_w + steered_w - sun_w, abs=1) for grid_w, house_w, steered_w, sun_w in whole
    )


@pytest.mark.parametrize("name", dashboards.files())
def test_the_files_are_current(name: str) -> None:
    """If this fails: `make docs`."""
    assert (GRAFANA / "dashboards" / name).read_text() == dashboards.files()[name]


def test_no_file_is_of_a_dashboard_that_is_no_more() -> None:
    assert {path.name for path in (GRAFANA / "dashboards").iterdir()} == dashboards.files().keys()


def test_dashboards_speak_of_series_that_exist() -> None:
    page = metrics.page()
    series = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked_series()}
    assert [name for name in series if f"| `{name}`" not in page] == []
    queries = " ".join(query.expression for board in BOARDS for panel in board.panels for query in panel.queries)
    assert set(re.findall(r"\bems:[\w:]+", queries)) == RECORDED.keys()


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_is_told_in_full(board: Dashboard, panel: Panel) -> None:
    assert panel.title
    assert panel.text.endswith(".")
    assert panel.unit in UNITS
    assert panel.queries
    assert panel.leads_to in {"", *(each.uid for each in BOARDS)} - {board.uid}
    assert panel.steps[0][0] is None, "the first colour is that of the least values"
    bounds = [value for value, _ in panel.steps if value is not None]
    assert bounds == sorted(bounds)
    assert all(query.legend for query in panel.queries) or len(panel.queries) == 1


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.title)
def test_panels_stand_beside_and_below_each_other_and_nowhere_else(board: Dashboard) -> None:
    taken: set[tuple[int, int]] = set()
    for panel, place in zip(board.panels, placed(board.panels), strict=True):
        assert place.x + panel.width <= COLUMNS
        cells = {(place.x + x, place.y + y) for x in range(panel.width) for y in range(panel.height)}
        assert not cells & taken, panel.title
        taken |= cells


def test_a_row_that_is_full_is_followed_by_the_next() -> None:
    made = [
        Panel(title="", text="", queries=(Query(""),), unit="none", width=12, height=height) for height in (4, 6, 5)
    ]
    assert list(placed(tuple(made))) == [(0, 0), (12, 0), (0, 6)]


def test_what_is_wrong_can_be_seen_on_the_first_dashboard() -> None:
    (panel,) = (panel for panel in BOARDS[0].panels if "ALERTS" in panel.queries[0].expression)
    assert panel.leads_to == "ballast-health"
    assert panel.words == ((0, "All is well", "green"),)
    assert list(placed(BOARDS[0].panels))[BOARDS[0].panels.index(panel)].y == 0


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    (source,) = provisioned("datasources/ballast.yml")["datasources"]
    assert (source["uid"], source["type"], source["url"]) == ("ballast", "prometheus", "http://prometheus:9090")
    (provider,) = provisioned("dashboards/ballast.yml")["providers"]
    assert provider["options"]["path"] == "/etc/ballast/dashboards"
    uids = {target["datasource"]["uid"] for text in dashboards.files().values() for target in targets(text)}
    assert uids == {"ballast"}


def provisioned(name: str) -> dict[str, Any]:
    text = (GRAFANA / "provisioning" / Path(name)).read_text()
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def targets(text: str) -> Iterator[dict[str, Any]]:
    for panel in json.loads(text)["panels"]:
        yield from panel["targets"]

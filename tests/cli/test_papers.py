"""What is generated is current, complete, and true of the messages."""

from pathlib import Path

import orjson
import pytest

from common.contract import COMMAND, LEAVES
from common.metrics import DECLARED, REGISTRY
from services.cli import contract, metrics, schema
from services.cli.leaf_schema import json_leaves

DOCS = Path(__file__).parents[2] / "docs"
PAPERS = contract.paper()


@pytest.mark.parametrize("name", PAPERS)
def test_the_contract_on_paper_is_current(name: str) -> None:
    """If this fails, `make docs` and look at what changed: topics and payloads are an API."""
    assert (DOCS / "contract" / name).read_text() == PAPERS[name]


def test_the_schema_of_the_file_is_current() -> None:
    """If this fails: `make docs`."""
    assert (DOCS / "ballast.schema.json").read_text() == schema.paper() + "\n"


def test_the_page_about_figures_is_current() -> None:
    """If this fails: `make docs`."""
    assert (DOCS / "metrics.md").read_text() == metrics.page()


def test_every_series_has_a_line() -> None:
    """As a scrape names them: what the library shows, and nothing that it does not know."""
    shown = {family.name + ("_total" if family.type == "counter" else "") for family in REGISTRY.collect()}
    assert shown == {each.name for each in DECLARED} - {"ems_state_age_seconds", "ems_state_limit_seconds"}
    page = metrics.page()
    assert all(f"| `{name}` |" in page for name in shown)


def test_a_measured_value_is_found_by_its_field_and_by_its_series() -> None:
    (line,) = (line for line in metrics.page().splitlines() if line.startswith("| `soc_pct` |"))
    assert line == "| `soc_pct` | `ems_soc_ratio` (× 0.01) | battery, ev |  |"


def test_a_meaning_that_is_one_classs_is_not_told_of_others() -> None:
    (line,) = (line for line in metrics.page().splitlines() if line.startswith("| `power_w` |"))
    assert "| Meter: The meter's own total over all phases; never a sum made by us. " in line
    assert "Ev: " not in line


def test_every_leaf_has_a_line_and_every_json_leaf_a_schema() -> None:
    assert all(f"| `{leaf.pattern}` |" in PAPERS["README.md"] for leaf in LEAVES)
    kinds = ("schemas", "schemas/writer", "examples")
    assert {f"{kind}/{name}.json" for kind in kinds for name in json_leaves()} < {*PAPERS}


def test_fields_are_explained_to_editors() -> None:
    properties = orjson.loads(schema.paper())["$defs"]["MqttSettings"]["properties"]
    assert "one file per account" in properties["password_dir"]["description"]


def test_commands_are_told_as_leases() -> None:
    page = PAPERS["README.md"]
    assert COMMAND.payload.__doc__ is not None
    assert COMMAND.payload.__doc__ in page

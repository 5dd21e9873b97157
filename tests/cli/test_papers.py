"""What is generated is current, complete, and true of the messages."""

from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from common.contract import COMMAND, LEAVES, METER_STATE, Leaf, Payload
from common.metrics import DECLARED, REGISTRY
from services.cli import contract, metrics, schema

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", contract.paper())
def test_the_contract_on_paper_is_current(name: str) -> None:
    """If this fails, `make docs` and look at what changed: topics and payloads are an API."""
    assert (DOCS / "contract" / name).read_text() == contract.paper()[name]


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
    papers = contract.paper()
    assert all(f"| `{leaf.pattern}` |" in papers["README.md"] for leaf in LEAVES)
    assert len(papers) == 1 + sum(issubclass(leaf.payload, Payload) for leaf in LEAVES)


@pytest.mark.parametrize(
    "leaf", [leaf for leaf in LEAVES if issubclass(leaf.payload, Payload)], ids=lambda leaf: leaf.pattern
)
def test_schemas_are_schemas(leaf: Leaf[Payload]) -> None:
    Draft202012Validator.check_schema(contract.schema(leaf))


ENVELOPE = {"v": 1, "ts_ms": 1_795_000_000_000, "seq": 3, "boot": "9f3a1c", "src": "ems-p1"}


def test_a_schema_accepts_what_readers_accept() -> None:
    validator = Draft202012Validator(contract.schema(METER_STATE))
    validator.validate({**ENVELOPE, "power_w": -812.5, "power_l2_w": None, "of_a_later_version": True})


@pytest.mark.parametrize(
    "wrong", [{"power_w": "12"}, {"power_w": 5e6}, {}, {"power_w": 1.0, "v": 2}, {"power_w": True}]
)
def test_a_schema_refuses_what_readers_refuse(wrong: dict[str, object]) -> None:
    validator = Draft202012Validator(contract.schema(METER_STATE))
    with pytest.raises(ValidationError):
        validator.validate({**ENVELOPE, **wrong})


def test_fields_are_explained_to_editors() -> None:
    properties = orjson.loads(schema.paper())["$defs"]["MqttSettings"]["properties"]
    assert "one file per account" in properties["password_dir"]["description"]


def test_commands_are_told_as_leases() -> None:
    page = contract.paper()["README.md"]
    assert COMMAND.payload.__doc__ is not None
    assert COMMAND.payload.__doc__ in page

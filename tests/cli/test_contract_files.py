"""Schemas, examples and AsyncAPI say the same as the models that read the messages."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from common.contract import COMMAND, LEAVES, METER_STATE, decode
from common.errors import MessageRejected
from services.cli.asyncapi import document
from services.cli.leaf_schema import json_leaves, name_of
from services.cli.specimens import examples as made
from tests.on_paper import off_paper, validator

ASYNCAPI = Path(__file__).parents[2] / ".venv" / "asyncapi" / "3.0.0-without-$id.json"
examples = cache(made)
EVERY = pytest.mark.parametrize("name", json_leaves())
ENVELOPE = {"v": 1, "ts_ms": 1_795_000_000_000, "seq": 3, "boot": "9f3a1c", "src": "ems-p1"}


@EVERY
@pytest.mark.parametrize("closed", [False, True])
def test_schemas_are_schemas(name: str, closed: bool) -> None:
    Draft202012Validator.check_schema(validator(name, closed=closed).schema)


@EVERY
def test_right_examples_are_right_for_everybody(name: str) -> None:
    assert examples(name)["valid"]
    for message in examples(name)["valid"]:
        validator(name, closed=False).validate(message)
        validator(name, closed=True).validate(message)
        decode(json_leaves()[name], orjson.dumps(message))


@EVERY
def test_a_field_of_a_later_version_is_for_readers_only(name: str) -> None:
    for message in examples(name)["valid_for_readers"]:
        validator(name, closed=False).validate(message)
        decode(json_leaves()[name], orjson.dumps(message))
        assert not validator(name, closed=True).is_valid(message)


@EVERY
def test_wrong_examples_are_wrong_for_everybody(name: str) -> None:
    wrong = examples(name)["invalid"]
    assert any("out of range" in each["why"] for each in wrong)
    for each in wrong:
        assert not validator(name, closed=False).is_valid(each["message"]), each["why"]
        with pytest.raises(MessageRejected):
            decode(json_leaves()[name], orjson.dumps(each["message"]))


def test_every_action_has_its_example() -> None:
    shown = {message["action"] for message in examples(name_of(COMMAND))["valid"]}
    assert shown == {"set_power", "set_mode", "switch", "set_reserve", "release"}


def test_writers_keep_to_the_fields_within_fields_too() -> None:
    (plan,) = made("plan-state")["valid"]
    plan["slots"][0]["of_a_later_version"] = 1
    validator("plan-state", closed=False).validate(plan)
    assert not validator("plan-state", closed=True).is_valid(plan)


@pytest.mark.parametrize(
    "wrong", [{"power_w": "12"}, {"power_w": 5e6}, {}, {"power_w": 1.0, "v": 2}, {"power_w": True}]
)
def test_a_schema_refuses_what_readers_refuse(wrong: dict[str, object]) -> None:
    assert not validator(name_of(METER_STATE), closed=False).is_valid({**ENVELOPE, **wrong})


def test_a_message_off_paper_is_told_with_its_topic_and_field() -> None:
    right = {**ENVELOPE, "power_w": -812.5, "power_l2_w": None}
    assert off_paper("meter/p1/state", orjson.dumps(right)) is None
    assert off_paper("alert/ems-p1/silent", b"") is None
    assert off_paper("meter/p1/availability", b"online") is None
    said = off_paper("meter/p1/state", orjson.dumps({**right, "power_w": "12"}))
    assert said is not None
    assert said.startswith("meter/p1/state: $.power_w: ")
    assert "of_a_later_version" in (off_paper("meter/p1/state", orjson.dumps({**right, "of_a_later_version": 1})) or "")
    assert off_paper("meter/p1/of_a_stranger", b"{}") == "meter/p1/of_a_stranger: no topic of the contract"


def references(part: object) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref")
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def found(reference: str) -> object:
    """What a reference within the document leads to. Raises KeyError if that is nothing."""
    part: Any = document()
    for key in reference.removeprefix("#/").split("/"):
        part = part[key]
    return part


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    told = set(references(document()))
    files = {f"schemas/{name}.json" for name in json_leaves()}
    assert files < told
    for reference in told - files:
        found(reference)


@pytest.mark.parametrize("leaf", LEAVES, ids=name_of)
def test_asyncapi_tells_of_each_leaf_where_it_is_and_how_it_travels(leaf: Any) -> None:
    channel: Any = found(f"#/channels/{name_of(leaf)}")
    values = {"base": "ems", "class": "battery", "id": "garage", "sub": "lamp"}
    assert set(re.findall(r"{(\w+)}", channel["address"])) == set(channel["parameters"])
    assert leaf.matches(channel["address"].format(**values).removeprefix("ems/"))
    operation: Any = found(f"#/operations/send-{name_of(leaf)}")
    bound = operation["bindings"]["mqtt"]
    assert (bound["qos"], bound["retain"], bound.get("messageExpiryInterval")) == (
        leaf.qos,
        leaf.retain,
        leaf.expiry_s,
    )
    assert leaf.writer in operation["title"]


def test_asyncapi_keeps_its_own_specification() -> None:
    if not ASYNCAPI.exists():
        pytest.skip("the published schema of AsyncAPI is not here: `make asyncapi` fetches it")
    Draft7Validator(json.loads(ASYNCAPI.read_text())).validate(document())

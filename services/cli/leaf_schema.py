"""The JSON Schema of a leaf's messages: open for those who read them, closed for those who write them."""

from common.contract import LEAVES, Envelope, Leaf, Payload
from services.cli.docstrings import described, models_within, with_descriptions


def name_of(leaf: Leaf[Payload | str]) -> str:
    """`+/+/cmd` → `cmd`, `balancer/+/decision/+` → `balancer-decision`."""
    return "-".join(level for level in leaf.pattern.split("/") if level not in ("+", "#"))


def json_leaves() -> dict[str, Leaf[Payload | str]]:
    """The leaves that carry JSON, by name; the others carry one word or number."""
    return {name_of(leaf): leaf for leaf in LEAVES if issubclass(leaf.payload, Payload)}


def schema(leaf: Leaf[Payload | str], *, closed: bool = False) -> dict[str, object]:
    """The JSON Schema (2020-12) of a leaf's messages, envelope included.

    Readers ignore fields they do not know. `closed` is for writers: a field the contract does not have is an error.
    """
    assert issubclass(leaf.payload, Payload)  # plain words have none
    whole = type(leaf.payload.__name__, (Envelope, leaf.payload), {"__doc__": leaf.payload.__doc__})
    made = whole.model_json_schema()  # type: ignore[attr-defined]  # both bases are models
    texts = described(Envelope) | described(leaf.payload)
    for name, text in texts.items():
        made["properties"][name].setdefault("description", text)
    with_descriptions(made, models_within(leaf.payload))
    for part in (made, *made.get("$defs", {}).values()):
        if "properties" in part:
            part["additionalProperties"] = not closed
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}

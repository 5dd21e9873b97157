"""Messages beside the published schemas, for whoever hears them."""

from functools import cache

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from common.contract import LEAVES
from services.cli.leaf_schema import json_leaves, name_of, schema


@cache
def validator(name: str, *, closed: bool) -> Draft202012Validator:
    """Of the leaf of that name."""
    return Draft202012Validator(schema(json_leaves()[name], closed=closed))


def off_paper(topic: str, payload: bytes) -> str | None:
    """What the writers' schema says against a message, whose topic stands below the base; None: nothing."""
    leaf = next((leaf for leaf in LEAVES if leaf.matches(topic)), None)
    if leaf is None:
        return f"{topic}: no topic of the contract"
    if not payload or name_of(leaf) not in json_leaves():
        return None
    wrong = best_match(validator(name_of(leaf), closed=True).iter_errors(orjson.loads(payload)))
    return f"{topic}: {wrong.json_path}: {wrong.message}" if wrong else None

"""The sentences beneath the fields of a model, read from its source: for schemas and pages, never at run time."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from pydantic import BaseModel

Described = dict[str, str]


def described(model: type[BaseModel]) -> Described:
    """Field → the docstring beneath it, of the model and the models it extends."""
    found: Described = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            found |= dict(_beneath(kind))
    return found


def _beneath(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(tree, ast.ClassDef)
    for pair in pairwise(tree.body):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                pass


def with_descriptions(schema: dict[str, object], models: Iterator[type[BaseModel]]) -> dict[str, object]:
    """A JSON Schema with the fields' sentences put in; models are found in it by their title."""
    texts = {model.__name__: described(model) for model in models}
    definitions = schema.get("$defs", {})
    parts = [schema, *(definitions.values() if isinstance(definitions, dict) else ())]
    for part in parts:
        for name, text in texts.get(str(part.get("title")), {}).items():
            field = part.get("properties", {}).get(name)
            if isinstance(field, dict):
                field.setdefault("description", text)
    return schema


def models_within(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and all models its fields are made of."""
    seen: list[type[BaseModel]] = []
    waiting: list[object] = [model]
    while waiting:
        current = waiting.pop()
        if isinstance(current, type) and issubclass(current, BaseModel) and current not in seen:
            seen.append(current)
            waiting += [field.annotation for field in current.model_fields.values()]
        else:
            waiting += list(getattr(current, "__args__", ()))
    return iter(seen)

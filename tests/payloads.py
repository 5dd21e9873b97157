"""Bodies of every kind, made by hypothesis from the contract's own models."""

import math
from collections.abc import Iterable
from dataclasses import fields
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import reject
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from common.contract import Envelope, Payload

P = TypeVar("P", bound=Payload)
Bounds = dict[type, Any]  # a bound is a number of whatever kind it bounds
ID = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
TEXT = st.characters(exclude_categories=["Cs"])


@st.composite
def bodies(draw: st.DrawFn, model: type[P]) -> P:
    """Any body that the model allows."""
    parts = {name: _values(field.annotation, field.metadata) for name, field in model.model_fields.items()}
    try:
        return model(**draw(st.fixed_dictionaries(parts)))
    except ValidationError:
        reject()


def envelopes() -> st.SearchStrategy[Envelope]:
    """Any envelope that may be sent."""
    return bodies(Envelope)


def longest(model: type[P]) -> P:
    """The body with the most characters that a device may really send: three decimals, ASCII."""
    return model(**{name: _longest(field.annotation, field.metadata) for name, field in model.model_fields.items()})


def _longest(annotation: object, metadata: Iterable[object]) -> Any:  # whatever the field takes
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return max(inner, key=lambda option: len(str(option)))
    if origin is tuple and get_origin(inner[0]) is Annotated:
        count, (kind, *limits) = dict(_bounds(metadata))[MaxLen], get_args(inner[0])
        if kind is str:
            return (_longest(str, limits),) * count
        return tuple(round(123_456.789 + index, 3) for index in range(count))
    if origin is tuple:
        return get_args(inner[0])
    if origin is not None:
        return _longest(inner[0], inner[1:])
    bounds = dict(_bounds(metadata))
    widest = {
        bool: False,
        int: bounds.get(Le, 10**9),
        float: round(0.123456789 * (bounds.get(Ge) or bounds.get(Le, 10**6)), 3),
        str: "x" * bounds.get(MaxLen, 32),
    }
    assert annotation in widest, f"no longest {annotation}"
    return widest[annotation]


def _values(annotation: object, metadata: Iterable[object]) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(inner[0], [*inner[1:], *metadata])
    if origin in (Union, UnionType):
        return st.one_of(*(_values(option, ()) for option in reversed(inner)))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        return st.lists(_values(inner[0], ()), max_size=4, unique=True).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, Payload):
        return bodies(annotation)
    return _plain(annotation, dict(_bounds(metadata)))


def _bounds(metadata: Iterable[object]) -> Iterable[tuple[type, Any]]:
    """Limits and patterns out of what pydantic keeps beside a type."""
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from _bounds(item.metadata)
        elif isinstance(item, Ge | Gt | Le | Lt | MaxLen | MinLen):
            yield type(item), getattr(item, fields(item)[0].name)
        elif pattern := getattr(item, "pattern", None):
            yield str, pattern


def _plain(kind: object, bounds: Bounds) -> st.SearchStrategy[Any]:
    if kind is NoneType:
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(bounds.get(Ge), bounds.get(Le, 10**14))
    if kind is float:
        low, high = bounds.get(Ge, bounds.get(Gt)), bounds.get(Le, bounds.get(Lt))
        numbers = st.floats(low, high, exclude_min=Gt in bounds, exclude_max=Lt in bounds, allow_infinity=False)
        return numbers.filter(math.isfinite)
    if kind is str and str in bounds:
        return st.from_regex(bounds[str], fullmatch=True)
    assert kind is str, f"no strategy for {kind}"
    return st.text(TEXT, min_size=bounds.get(MinLen, 0), max_size=bounds.get(MaxLen, 40))

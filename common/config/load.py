"""From file to settings, or to a list of every mistake in it."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from common.config.document import Document, Where, read
from common.config.settings import SERVICES, MqttSettings, ServiceSettings, Settings, SiteSettings
from common.errors import ConfigError, Problem

C = TypeVar("C", bound=ServiceSettings)
Schema = Mapping[str, Any]  # JSON Schema is free-form
EXAMPLE = ", for example `mqtt: {host: 192.168.1.10}`"
EXPECTED = {
    **dict.fromkeys(("model_type", "dict_type"), "settings are expected here, indented below their name"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list is expected here"),
}
"""Pydantic's words speak of objects and arrays, which are nothing to who edits YAML."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checked file. Paths in it are relative to the folder it stands in."""

    path: Path
    mqtt: MqttSettings
    site: SiteSettings
    data_dir: Path
    sections: Mapping[str, ServiceSettings]

    def section(self, name: str, kind: type[C]) -> C:
        """The settings of one service; its defaults if the file has no such section. Raises ConfigError if it must."""
        section = self.sections.get(name)
        if isinstance(section, kind):
            return section
        needed = {key: field.examples or ["…"] for key, field in kind.model_fields.items() if field.is_required()}
        if needed:
            examples = ", ".join(f"`{key}: {example[0]}`" for key, example in needed.items())
            raise ConfigError((Problem(f"{self.path}: {name}", f"is missing; it needs at least {examples}"),))
        return kind()


def load(path: Path, sections: Mapping[str, type[ServiceSettings]], environment: Mapping[str, str]) -> Loaded:
    """Read and check `path`. Raises ConfigError with every problem in it, each with line, key and example."""
    document = read(path, environment)
    written = document.values if isinstance(document.values, dict) else {}
    model = _whole(sections, written.__contains__)
    try:
        whole = model.model_validate_json(json.dumps(document.values))
    except ValidationError as error:
        described = model.model_json_schema()
        for detail in error.errors(include_url=False):
            where = _path(detail, document.values)
            if where not in document.unset and (text := _explained(detail, where, document, described)):
                document.complain(where, text)
        document.verdict()
        raise
    document.verdict()
    return _loaded(document, whole, sections)


def _loaded(document: Document, whole: BaseModel, sections: Iterable[str]) -> Loaded:
    folder = document.path.parent
    mqtt: MqttSettings = whole.__dict__["mqtt"]
    paths = {name: folder / path for name in ("password_dir", "ca_file") if (path := getattr(mqtt, name)) is not None}
    return Loaded(
        path=document.path,
        mqtt=mqtt.model_copy(update=paths),
        site=whole.__dict__["site"],
        data_dir=folder / whole.__dict__["data_dir"],
        sections={name: section for name in sections if (section := whole.__dict__[name]) is not None},
    )


def schema(sections: Mapping[str, type[ServiceSettings]]) -> dict[str, object]:
    """The JSON Schema of the whole file, for editors."""
    whole = _whole(sections, lambda name: True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole.model_json_schema()}


def _whole(sections: Mapping[str, type[ServiceSettings]], wanted: Callable[[str], bool]) -> type[BaseModel]:
    """A model of the whole file; sections of services that are not ours to check may hold anything.

    Only of those that are wanted the settings are looked up: the others would cost memory in every process.
    """
    fields: dict[str, Any] = dict.fromkeys((*SERVICES, *sections), (dict[str, Any] | None, None))
    fields |= {name: (sections[name] | None, None) for name in sections if wanted(name)}
    return create_model(
        "Ballast",
        __base__=Settings,
        mqtt=(MqttSettings, MqttSettings()),
        site=(SiteSettings, SiteSettings()),
        data_dir=(Path, Field(default=Path("data"), examples=["data"])),
        **fields,
    )


def _explained(detail: ErrorDetails, where: Where, document: Document, described: Schema) -> str | None:
    """A pydantic error as its reader needs it: what was found, and what would be right."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(str(where[-1]), _known(_schema_at(described, where[:-1]), described))
    example = _example(str(where[-1]), _schema_at(described, where)) if where else EXAMPLE
    if kind in ("missing", "union_tag_not_found"):
        return f"is missing{example}"
    if kind == "union_tag_invalid":
        return f"found {context['tag']!r}; one of {context['expected_tags']} is expected here"
    expected = EXPECTED.get(kind) or detail["msg"].removeprefix("Value error, ")
    return f"found {document.secrets.get(where) or _shown(detail['input'])}; {expected}{example}"


def _unknown(key: str, known: list[str]) -> str | None:
    if key in known:
        return None  # in one form of an entry, and this is about another
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}"
    return f"is not a setting; {hint}"


def _shown(value: object) -> str:
    """A value as far as it helps; what is inside a mapping or a list may be secret."""
    if value is None or value == "":
        return "an empty value"
    if isinstance(value, dict):
        return f"settings ({', '.join(value)})"[:60]
    return "a list" if isinstance(value, list) else repr(value)[:60]


def _path(detail: ErrorDetails, values: Any) -> Where:  # whatever stood in the file
    """The keys of the file out of pydantic's location, which also names branches of unions."""
    path: Where = ()
    for part in detail["loc"]:
        if part in values if isinstance(values, dict) else isinstance(values, list) and part in range(len(values)):
            values, path = values[part], (*path, part)
    absent = detail["loc"][-1] if detail["type"] == "missing" else detail.get("ctx", {}).get("discriminator")
    return path if absent is None else (*path, absent.strip("'") if isinstance(absent, str) else absent)


def _known(here: Schema, described: Schema) -> list[str]:
    return sorted({name for branch in _branches(here, described) for name in branch.get("properties", ())})


def _schema_at(described: Schema, where: tuple[str | int, ...]) -> Schema:
    """The part of a JSON Schema that describes the value at `where`; empty if there is none."""
    here: Schema = described
    for part in where:
        found = [inner for branch in _branches(here, described) if (inner := _inside(branch, part))]
        if not found:
            return {}
        here = found[0]
    branches = _branches(here, described)
    return {**(branches[0] if branches else {}), **here}


def _branches(here: Schema, described: Schema) -> list[Schema]:
    if "$ref" in here:
        return _branches(described["$defs"][here["$ref"].rsplit("/", 1)[-1]], described)
    options = here.get("anyOf") or here.get("oneOf")
    return [branch for option in options for branch in _branches(option, described)] if options else [here]


def _inside(branch: Schema, part: str | int) -> Schema | None:
    if isinstance(part, int):
        return branch.get("items")
    named: Schema | None = branch.get("properties", {}).get(part)
    others = (*branch.get("patternProperties", {}).values(), branch.get("additionalProperties"))
    return named or next((other for other in others if isinstance(other, dict)), None)


def _example(key: str, here: Schema) -> str:
    examples = here.get("examples")
    return f", for example `{key}: {examples[0]}`" if examples else ""

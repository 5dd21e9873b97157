"""From file to settings, or to a list of every mistake in it."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from common.config.document import Document, read
from common.config.settings import SERVICES, MqttSettings, ServiceSettings, Settings, SiteSettings
from common.errors import ConfigError, Problem

C = TypeVar("C", bound=ServiceSettings)
Schema = Mapping[str, Any]  # JSON Schema is free-form


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
    model = _whole(sections)
    try:
        whole = model.model_validate_json(orjson.dumps(document.values))
    except ValidationError as error:
        described = model.model_json_schema()
        for detail in error.errors(include_url=False):
            document.complain(*_explained(detail, described))
        document.verdict()
        raise
    document.verdict()
    return _loaded(document, whole, sections)


def _loaded(document: Document, whole: BaseModel, sections: Mapping[str, type[ServiceSettings]]) -> Loaded:
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
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_whole(sections).model_json_schema()}


def _whole(sections: Mapping[str, type[ServiceSettings]]) -> type[BaseModel]:
    """A model of the whole file; sections of services that are not ours to check may hold anything."""
    fields: dict[str, Any] = dict.fromkeys(SERVICES, (dict[str, Any] | None, None))
    fields |= {name: (kind | None, None) for name, kind in sections.items()}
    return create_model(
        "Ballast",
        __base__=Settings,
        mqtt=(MqttSettings, MqttSettings()),
        site=(SiteSettings, SiteSettings()),
        data_dir=(Path, Field(default=Path("data"), examples=["data"])),
        **fields,
    )


def _explained(detail: ErrorDetails, described: Schema) -> tuple[tuple[str | int, ...], str]:
    """A pydantic error as its reader needs it: where, what was found, what would be right."""
    where = _path(detail["loc"], described)
    here = _schema_at(described, where)
    if detail["type"] == "extra_forbidden":
        known = list(_schema_at(described, where[:-1]).get("properties", ()))
        close = difflib.get_close_matches(str(where[-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(sorted(known))}"
        return where, f"is not a setting; {hint}"
    example = _example(str(where[-1]) if where else "mqtt", here)
    if detail["type"] == "missing":
        return where, f"is missing{example}"
    found = "an empty value" if detail["input"] in (None, "") else repr(detail["input"])[:60]
    return where, f"found {found}; {detail['msg'].removeprefix('Value error, ')}{example}"


def _path(location: tuple[str | int, ...], described: Schema) -> tuple[str | int, ...]:
    """The keys of the file out of pydantic's location, which also names the branch of a union."""
    path: tuple[str | int, ...] = ()
    if location and location[-1] == "[key]":  # how pydantic says that the key itself is wrong
        return location[:-1]
    for part in location:
        candidate = (*path, part)
        unknown_branch = isinstance(part, str) and not _schema_at(described, candidate) and path != location[:-1]
        path = path if unknown_branch else candidate
    return path


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
    extra = branch.get("additionalProperties")
    by_owner = next(iter(branch.get("patternProperties", {}).values()), None)  # keys the owner chose: device ids
    return branch.get("properties", {}).get(part) or by_owner or (extra if isinstance(extra, dict) else None)


def _example(key: str, here: Schema) -> str:
    examples = here.get("examples")
    return f", for example `{key}: {examples[0]}`" if examples else ""

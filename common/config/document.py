"""YAML as people mean it: plain values, each with the line it stood on.

YAML 1.1 reads `22:30` as 1350, `no` as false and `0123` as 83, and keeps the last of duplicate keys. Here only
`true`, `false`, `null` and plain decimal numbers are special, everything else is text, and a key given twice
is a mistake. `${NAME}` in a text is taken from the environment.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from common.errors import ConfigError, Problem

Key = str | int
Where = tuple[Key, ...]

MAX_NODES = 100_000
"""More than any house needs; aliases inside aliases ("a YAML bomb") reach it within a millisecond."""
SPECIAL: Mapping[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?")
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character: Python's way to keep a byte of the environment that is no UTF-8."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass
class Document:
    """One file, read: its values, and for each path the line where it begins."""

    path: Path
    environment: Mapping[str, str]
    values: object = None
    lines: dict[Where, int] = field(default_factory=dict)
    mistakes: list[tuple[int, Problem]] = field(default_factory=list)
    """Each with its line."""
    secrets: dict[Where, str] = field(default_factory=dict)
    """Texts with something out of the environment in them, as the file has them: nothing else is ever shown."""
    unset: set[Where] = field(default_factory=set)
    """Texts that lack a variable: nothing more needs to be said about them."""
    _nodes: int = 0

    def complain(self, where: Where, text: str, line: int | None = None) -> None:
        """Note a mistake on `line`, or at the deepest part of `where` that exists in the file."""
        known = where
        while known and known not in self.lines:
            known = known[:-1]
        key = ".".join(str(part) for part in where) or "file"
        line = line or self.lines.get(known, 1)
        mistake = (line, Problem(f"{self.path}:{line}: {key}", text))
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)

    def verdict(self) -> None:
        """Raise ConfigError if there was any mistake, with all of them in the order of the file."""
        if self.mistakes:
            raise ConfigError(tuple(problem for _, problem in sorted(self.mistakes, key=lambda mistake: mistake[0])))

    def take(self, node: yaml.Node, where: Where) -> object:
        """The plain value of a YAML node, its lines noted on the way."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ConfigError((Problem(str(self.path), f"holds more than {MAX_NODES} values; is it the right file?"),))
        self.lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, where))
        if isinstance(node, yaml.SequenceNode):
            return [self.take(child, (*where, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, where)

    def _entries(self, node: yaml.MappingNode, where: Where) -> Iterator[tuple[str, object]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.complain(where, "has a list or a mapping for a key; a key is a name")
                continue
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in seen:
                self.complain((*where, key), f"is given twice, first on line {seen[key]}; keep one of them", line)
                continue
            seen[key] = line
            self.lines[(*where, key)] = line
            yield key, self.take(value_node, (*where, key))

    def _scalar(self, node: yaml.Node, where: Where) -> object:
        text = str(node.value)
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        if plain and text in SPECIAL:
            return SPECIAL[text]
        if plain and INTEGER.fullmatch(text):
            return int(text)
        if plain and NUMBER.fullmatch(text):
            return float(text)
        if VARIABLE.search(text):
            self.secrets[where] = text
            text = VARIABLE.sub(lambda match: self._variable(match[1], where), text)
        if SURROGATE.search(text):
            self.complain(where, "holds bytes that are no UTF-8 text")
        return SURROGATE.sub("?", text)

    def _variable(self, name: str, where: Where) -> str:
        if name not in self.environment:
            self.unset.add(where)
            self.complain(where, f"the environment variable {name} is not set; set it, or write the value itself")
        return self.environment.get(name, "")


def read(path: Path, environment: Mapping[str, str]) -> Document:
    """Read a file. Raises ConfigError if it is absent, unreadable or no YAML at all."""
    document = Document(path, environment)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        values = document.take(node, ()) if node is not None else None
        document.values = {} if values is None else values
    except OSError as error:
        advice = "copy ballast.example.yaml to it and edit that, or name another file with --config"
        raise ConfigError((Problem(str(path), f"cannot be read ({error.strerror}); {advice}"),)) from error
    except UnicodeDecodeError as error:
        raise ConfigError((Problem(str(path), f"is not UTF-8 text (byte {error.start})"),)) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError((_not_yaml(path, error),)) from error
    return document


def _not_yaml(path: Path, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "nested too deeply"
    return Problem(f"{path}{line}", f"is not YAML: {what}. Check indentation (spaces, no tabs) and colons")

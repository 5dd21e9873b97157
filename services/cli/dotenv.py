"""`.env`, from which Compose fills in `compose.yaml`. Pure: a text and what it should say in, a text out."""

from collections.abc import Mapping
from typing import NamedTuple

HEAD = "# Read by docker compose. Written by `ballast setup`, which adds what is missing and keeps what you changed.\n"


class Variable(NamedTuple):
    """One line, and why it is there."""

    value: str
    why: str
    is_derived: bool = False
    """It follows from ballast.yaml, so what the file says is overwritten."""


def variables(text: str) -> dict[str, str]:
    """What a file says."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, equals, value in pairs if equals}


def completed(text: str, wanted: Mapping[str, Variable]) -> str:
    """The text with every wanted variable in it."""
    known = variables(text)
    lines = [_kept(line, wanted) for line in (text or HEAD).splitlines()]
    for name, variable in wanted.items():
        if name not in known:
            lines += [f"# {variable.why}", f"{name}={variable.value}"]
    return "\n".join(lines) + "\n"


def _kept(line: str, wanted: Mapping[str, Variable]) -> str:
    """A line as it was, unless it is one that is not the owner's to choose."""
    name = line.partition("=")[0].strip()
    variable = wanted.get(name)
    return f"{name}={variable.value}" if variable is not None and variable.is_derived else line

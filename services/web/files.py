"""The page's own files, read once, each squeezed and with a mark by which a browser knows what it has."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

KINDS: Final = {
    "html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """One file."""

    kind: str
    plain: bytes
    squeezed: bytes
    mark: str


def page_files() -> Mapping[str, File]:
    """All of them, by name."""
    folder = files("services.web") / "static"
    return {each.name: _file(each.name, each.read_bytes()) for each in folder.iterdir() if each.is_file()}


def _file(name: str, plain: bytes) -> File:
    mark = f'"{hashlib.sha256(plain).hexdigest()[:16]}"'
    return File(KINDS[name.rsplit(".", 1)[-1]], plain, gzip.compress(plain, mtime=0), mark)

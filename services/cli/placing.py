"""Puts files where they belong, whole or not at all, for the user the services run as; notes what it did."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Literal, NamedTuple

Deed = Literal["new", "changed", "kept"]


class Owner(NamedTuple):
    """A user and a group of the system, by number."""

    uid: int
    gid: int


SERVICE = Owner(10001, 10001)
"""The user of the image: whom things belong to where everything else is root's, so that no service runs as root."""


class Done(NamedTuple):
    """What became of one file or folder."""

    deed: Deed
    path: Path


@dataclass
class Placing:
    """Makes files and folders. As root it gives them to `owner`; anybody else makes their own."""

    owner: Owner
    done: list[Done] = field(default_factory=list)

    def file(self, path: Path, text: str, mode: int, owner: Owner | None = None) -> None:
        """Make the file say `text`, with these rights. Raises OSError."""
        known = path.read_text() if path.exists() else None
        if known != text:
            self._write(path, text)
        self._belongs(path, mode, owner or self.owner)
        self.done.append(Done("new" if known is None else "kept" if known == text else "changed", path))

    def folder(self, path: Path, mode: int) -> None:
        """Make the folder if there is none. Raises OSError."""
        is_new = not path.is_dir()
        path.mkdir(parents=True, exist_ok=True)
        self._belongs(path, mode if is_new else stat.S_IMODE(path.stat().st_mode), self.owner)
        self.done.append(Done("new" if is_new else "kept", path))

    def _write(self, path: Path, text: str) -> None:
        """Never half a file, and never readable by others, not even for a moment."""
        number, draft = mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(number, "w") as file:
                file.write(text)
            Path(draft).replace(path)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise

    def _belongs(self, path: Path, mode: int, owner: Owner) -> None:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) != mode:
            path.chmod(mode)
        if os.geteuid() == 0 and (found.st_uid, found.st_gid) != owner:
            os.chown(path, *owner)

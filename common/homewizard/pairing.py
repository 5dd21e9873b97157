"""A device's token and certificate on disk: written once while its button is pressed, read at every connection.

The file is the only place the token is in: mode 0600, never logged, never published.
"""

import os
from pathlib import Path
from tempfile import TemporaryFile, mkstemp

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.homewizard.answers import PAIR
from common.homewizard.errors import NotPaired
from common.homewizard.identity import Appliance


class Pairing(BaseModel):
    """What is remembered of one device."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    serial: str
    """Out of the certificate."""
    kind: str
    """Out of the certificate: `p1dongle`, `energymeter`, `battery`."""
    user: str
    """Our name on the device; unique per installation, because a name that is used again voids the older token."""
    token: str = Field(min_length=1, repr=False)
    leaf_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the certificate seen while the owner stood beside the device."""
    paired_ms: int

    @property
    def shown(self) -> Appliance:
        """Whose certificate it was."""
        return Appliance(self.kind, self.serial)


def pairing_file(data_dir: Path, device: str) -> Path:
    """Where the pairing of the device with this id lives."""
    return data_dir / "homewizard" / f"{device}.json"


def load(path: Path) -> Pairing:
    """The pairing. Raises NotPaired, with what to do, if there is none or it cannot be read."""
    try:
        return Pairing.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise NotPaired(f"It was never paired. {PAIR}") from error
    except OSError as error:
        raise NotPaired(f"{path} cannot be read ({error.strerror}): give it to the user Ballast runs as.") from error
    except ValidationError:
        raise NotPaired(f"{path} is damaged. {PAIR}") from None  # the error would show the token


def prepare(path: Path) -> None:
    """Prove that a pairing can be stored here, before its owner goes and presses a button. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryFile(dir=path.parent):
        pass


def save(path: Path, pairing: Pairing) -> None:
    """Write the pairing whole or not at all, for our eyes only. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, draft = mkstemp(dir=path.parent, prefix=".")  # made with mode 0600
    try:
        with os.fdopen(number, "wb") as file:
            file.write(pairing.model_dump_json(indent=2).encode())
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def forget(path: Path) -> None:
    """Remove the pairing."""
    path.unlink(missing_ok=True)

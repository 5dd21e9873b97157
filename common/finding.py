"""What became of trying one device, for `ballast check`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One device, tried once."""

    device: str
    is_well: bool
    text: str
    """What was found, or what is wrong and what to do; for the householder."""

"""What a line brings: measurements as they came, not yet understood."""

from dataclasses import dataclass

from common.errors import DeviceUnintelligible
from common.homewizard.answers import JsonObject


@dataclass(frozen=True, slots=True)
class Heard:
    """One measurement as it came, not yet understood."""

    document: JsonObject
    arrived_ms: int
    arrived_s: float
    is_first: bool
    """Since the connection was made: it may be an old one."""
    each_s: float
    """Shortest time to the next one, this way; 0 where they are pushed."""


Item = Heard | DeviceUnintelligible
"""One bad answer is an answer; it does not end the line."""

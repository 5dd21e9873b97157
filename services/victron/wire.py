"""The GX's topics and payloads without any I/O: `N` for what it says, `R` to ask, `W` to write.

Source: dbus-flashmq (README and src/), Venus OS 3.20 and later. Signs are ours already: the grid counts import as
positive, the battery charge. A null is a path without a value, an empty payload a device that is gone; neither is zero.
"""

from dataclasses import dataclass
from typing import Final

import orjson

from common.errors import DeviceUnintelligible

Value = float | str | None

SERIAL: Final = "N/+/system/0/Serial"
"""The only topic that the GX retains; it tells the portal id."""
HEARTBEAT: Final = "heartbeat"
RESTARTED: Final = "keepalive"
COMPLETED: Final = "full_publish_completed"
ECHO: Final = "full-publish-completed-echo"
SUPPRESSED: Final = '{"keepalive-options":["suppress-republish"]}'
"""Stay awake, and say nothing again."""

SETTINGS: Final = "settings/0/Settings/"
LIFE: Final = f"{SETTINGS}CGwacs/BatteryLife/"
STATE: Final = f"{LIFE}State"
MINIMUM: Final = f"{LIFE}MinimumSocLimit"
TARGET: Final = f"{LIFE}Schedule/Charge/0/Soc"
SCHEDULE_DAY: Final = f"{LIFE}Schedule/Charge/0/Day"
HUB4_MODE: Final = f"{SETTINGS}CGwacs/Hub4Mode"
DYNAMIC_ESS: Final = f"{SETTINGS}DynamicEss/Mode"
SETPOINT: Final = "hub4/0/Overrides/Setpoint"

HEARD: Final = (
    HEARTBEAT, RESTARTED, COMPLETED, "system/0/#", "hub4/0/Overrides/#", "grid/+/Ac/#", "vebus/+/ProductName",
    "vebus/+/Ac/#", "vebus/+/Hub4/AssistantId", "vebus/+/Alarms/GridLost", "battery/+/Info/#", "battery/+/Dc/0/Voltage",
    f"{SETTINGS}CGwacs/Hub4Mode", f"{LIFE}#", DYNAMIC_ESS, f"{SETTINGS}Relay/#",
)  # fmt: skip
"""What we listen to, below `N/<portal>/`: of a thousand values the fifty that matter."""


@dataclass(frozen=True, slots=True)
class Said:
    """One notification."""

    path: str
    value: Value
    is_gone: bool = False
    """The device behind the path has vanished."""
    echo: str | None = None
    """Of a full publication: the word with which somebody asked for it."""


def read(portal: str, topic: str, payload: bytes) -> Said:
    """What a notification says. Raises DeviceUnintelligible for what is none."""
    path = topic.removeprefix(f"N/{portal}/")
    if path == topic:
        raise DeviceUnintelligible(f"{topic[:80]} is no topic of {portal}")
    if not payload:
        return Said(path, None, is_gone=True)
    try:
        found = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise DeviceUnintelligible(f"{path[:80]}: {payload[:60]!r} is no JSON") from error
    if isinstance(found, dict) and "value" in found:
        echo = found.get(ECHO)
        return Said(path, _plain(found["value"]), echo=echo if isinstance(echo, str) else None)
    if path == RESTARTED:  # the one payload that is a bare number
        return Said(path, _plain(found))
    raise DeviceUnintelligible(f"{path[:80]}: {payload[:60]!r} has no value")


def portal(topic: str) -> str:
    """The portal id in a topic of `SERIAL`."""
    return topic.split("/")[1]


def written(value: float | None) -> str:
    """What to write: null takes an override back. A whole number is sent as one, as settings want it."""
    number = int(value) if value is not None and value == int(value) else value
    return orjson.dumps({"value": number}).decode()


def published_in_full(nonce: str) -> str:
    """Stay awake, say everything, and repeat this word when that is done."""
    return orjson.dumps({"keepalive-options": [{ECHO: nonce}]}).decode()


def relay(number: int) -> str:
    """The position of a relay, counted from 1 as in the menu: 1 is closed."""
    return f"system/0/Relay/{number - 1}/State"


def relay_function(number: int) -> str:
    """What a relay is for; 2 is "Manual"."""
    return f"{SETTINGS}Relay/Function" if number == 1 else f"{SETTINGS}Relay/{number - 1}/Function"


def _plain(value: object) -> Value:
    """A number or a text; lists and truth values are none of ours."""
    if isinstance(value, bool):
        return None
    return float(value) if isinstance(value, int | float) else value if isinstance(value, str) else None

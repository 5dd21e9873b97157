"""The orders of a pilot wire, as contacts behind diodes. Pure.

No signal is comfort, the full wave is eco, the negative half wave is frost-free, the positive one is off. With one
diode only the order that its half wave means is possible beside comfort.
"""

from collections.abc import Mapping
from typing import Final

from common.contract import Command
from common.contract.devices import Mode

COMFORT: Final[Mode] = "comfort"
ORDERS: Mapping[Mode, tuple[bool, bool]] = {
    "comfort": (False, False),
    "eco": (True, True),
    "frost_free": (False, True),
    "off": (True, False),
}
"""Whether each half wave is on the wire: (positive, negative)."""
COLDEST: tuple[Mode, ...] = ("off", "frost_free", "eco")


def modes(*, positive: bool, negative: bool) -> tuple[Mode, ...]:
    """What can be said with the diodes that there are."""
    known = ORDERS.items()
    return tuple(mode for mode, (plus, minus) in known if (positive or not plus) and (negative or not minus))


def wanted(command: Command, known: tuple[Mode, ...]) -> Mode | None:
    """The order a command asks for; None if it asks for something else. `switch` is comfort or the coldest there is."""
    if command.action == "switch":
        return COMFORT if command.on else next((mode for mode in COLDEST if mode in known), None)
    return command.mode if command.action == "set_mode" and command.mode in known else None


def heard(waves: tuple[bool, bool]) -> Mode:
    """The order that is on the wire."""
    return next(mode for mode, signal in ORDERS.items() if signal == waves)

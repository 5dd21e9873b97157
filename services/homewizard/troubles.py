"""What a failure means for the householder. Pure."""

from typing import Final

from common.errors import DeviceError, DeviceLocked, DeviceUnreachable
from common.homewizard import troubles
from common.homewizard.errors import ApiOff, NotOffered, PairAgain, WrongDevice
from common.homewizard.troubles import Kind, Trouble

MOST_S: Final = 30.0
"""A device that is away, or answers nonsense, is looked for at least this often: somebody may wait to switch it."""


def explain(error: DeviceError, device: str, host: str) -> Trouble:
    """The trouble behind an error."""
    return troubles.explain(_KINDS, error, device=device, host=host)


_WRONG = "Correct the `host` of {device}. If you replaced the device, write its serial number there as `serial`."
_NOT_OFFERED = (
    "Update its firmware in the vendor's app. The `host` of a group must be the P1 or kWh meter that the batteries "
    "hang on."
)
_UNREACHABLE = (
    "Check its power and the Wi-Fi (after a change of access point some need their plug pulled), and its `host`. A "
    "water meter answers on USB power only. It resumes by itself."
)
_NOT_UNDERSTOOD = (
    "Check that its `host` is right. If it is, pull its plug for a moment and see whether the vendor's app shows it."
)
_KINDS: Final = (
    Kind(ApiOff, "api_off", "{device} at {host} has its local API switched off."),
    Kind(PairAgain, "pair", "{device} at {host} must be paired: `ballast pair homewizard {device}`."),
    Kind(DeviceLocked, "pair", "{device} at {host} cannot be used."),
    Kind(
        WrongDevice,
        "wrong_device",
        "What answers for {device} at {host} is {found}. It gets no orders.",
        _WRONG,
        most_s=MOST_S,
    ),
    Kind(NotOffered, "not_offered", "{device} at {host} lacks what is needed: {found}.", _NOT_OFFERED),
    Kind(DeviceUnreachable, "silent", "{device} does not answer at {host}.", _UNREACHABLE, False, MOST_S),
    Kind(DeviceError, "nonsense", "{device} at {host} gives no usable answer.", _NOT_UNDERSTOOD, False, MOST_S),
)

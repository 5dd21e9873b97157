"""What a failure means for the householder. Pure."""

from typing import Final

from common.errors import DeviceError, DeviceLocked, DeviceUnreachable
from common.homewizard import troubles
from common.homewizard.errors import ApiOff, NoTelegram, PairAgain, WrongDevice
from common.homewizard.troubles import Kind, Trouble

SILENT_S: Final = 30.0
"""A dongle that is away is looked for at least this often: the whole house waits for it …"""
ANSWERS_S: Final = 60.0
"""… and one that answers nonsense is asked a little less often. Other clients wait up to 300 s, but steer nothing."""


def explain(error: DeviceError, host: str) -> Trouble:
    """The trouble behind an error."""
    return troubles.explain(_KINDS, error, dongle=f"The P1 dongle at {host}", host=host)


_CABLE = "Check the cable between meter and dongle, and that the grid operator has switched the meter's P1 port on."
_WRONG = "Correct `host` in section `p1`. If you replaced the dongle, write its serial number there as `serial`."
_UNREACHABLE = (
    "Check its power and the Wi-Fi (after a change of access point some need their plug pulled), and `host` in "
    "section `p1`. Reading resumes by itself."
)
_NOT_UNDERSTOOD = (
    "Check that `host` in section `p1` is the P1 dongle. If it is, pull its plug for a moment and see whether the "
    "vendor's app shows values."
)
FROZEN: Final = Trouble("frozen", "The P1 dongle repeats an old telegram; nothing new comes from the meter.", _CABLE)
_KINDS: Final = (
    Kind(ApiOff, "api_off", "{dongle} has its local API switched off."),
    Kind(PairAgain, "pair", "{dongle} must be paired before it can be read."),
    Kind(DeviceLocked, "pair", "{dongle} cannot be used."),
    Kind(
        WrongDevice,
        "wrong_device",
        "What answers at {host} is {found}. Nothing of it is used.",
        _WRONG,
        True,
        ANSWERS_S,
    ),
    Kind(NoTelegram, "frozen", "{dongle} receives nothing from the meter.", _CABLE, True, ANSWERS_S),
    Kind(DeviceUnreachable, "unreachable", "{dongle} does not answer.", _UNREACHABLE, False, SILENT_S),
    Kind(DeviceError, "not_understood", "{dongle} gives no usable answer.", _NOT_UNDERSTOOD, False, ANSWERS_S),
)

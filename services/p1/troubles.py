"""What a failure means for the householder, and how long to leave the dongle alone after it. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

from common.errors import DeviceError, DeviceLocked, DeviceUnreachable
from common.homewizard.errors import ApiOff, NoTelegram, PairAgain, WrongDevice
from common.retry import backoff_s

Name = Literal["unreachable", "not_understood", "api_off", "pair", "wrong_device", "frozen"]
FIRST_S, MOST_S = 5.0, 300.0
OWNERS_TURN_S = 60.0
"""What only the owner can change is looked at once a minute, not more often."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble with the dongle, as an alert."""

    name: Name
    text: str
    advice: str
    is_sure: bool = True
    """Worth an alert the first time; the others may be over in a moment."""


def explain(error: DeviceError, host: str) -> Trouble:
    """The trouble behind an error."""
    kind = next(kind for kind in _KINDS if isinstance(error, kind.error))
    text = kind.text.format(dongle=f"The P1 dongle at {host}", host=host, found=error)
    return Trouble(kind.name, text, kind.advice or str(error), kind.is_sure)


def pause_s(trouble: Trouble, failures: int) -> float:
    """How long to wait after the n-th failure in a row."""
    if trouble.name in ("api_off", "pair"):
        return OWNERS_TURN_S
    return backoff_s(failures, FIRST_S, MOST_S)


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


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one class of errors is told."""

    error: type[DeviceError]
    name: Name
    text: str
    advice: str | None = None
    """None: the error's own text is the advice."""
    is_sure: bool = True


_KINDS = (
    _Kind(ApiOff, "api_off", "{dongle} has its local API switched off."),
    _Kind(PairAgain, "pair", "{dongle} must be paired before it can be read."),
    _Kind(DeviceLocked, "pair", "{dongle} cannot be used."),
    _Kind(WrongDevice, "wrong_device", "What answers at {host} is {found}. Nothing of it is used.", _WRONG),
    _Kind(NoTelegram, "frozen", "{dongle} receives nothing from the meter.", _CABLE),
    _Kind(DeviceUnreachable, "unreachable", "{dongle} does not answer.", _UNREACHABLE, is_sure=False),
    _Kind(DeviceError, "not_understood", "{dongle} gives no usable answer.", _NOT_UNDERSTOOD, is_sure=False),
)
"""The first that fits counts."""

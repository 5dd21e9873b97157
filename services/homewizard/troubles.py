"""What a failure means for the householder, and how long to leave the device alone after it. Pure."""

from dataclasses import dataclass
from typing import Final

from common.errors import DeviceError, DeviceLocked, DeviceUnreachable
from common.homewizard.errors import ApiOff, NotOffered, PairAgain, WrongDevice
from common.retry import backoff_s

FIRST_S: Final = 5.0
MOST_S: Final = 30.0
"""A device that is away, or answers nonsense, is looked for at least this often: somebody may wait to switch it."""
OWNERS_TURN_S: Final = 60.0
"""What only the owner can change is looked at once a minute, not more often."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble with a device, as an alert."""

    name: str
    text: str
    advice: str
    is_sure: bool = True
    """Worth an alert the first time; the others may be over in a moment."""


def explain(error: DeviceError, device: str, host: str) -> Trouble:
    """The trouble behind an error."""
    kind = next(kind for kind in _KINDS if isinstance(error, kind.error))
    words = {"device": device, "host": host, "found": error}
    advice = kind.advice if kind.advice is not None else str(error)
    return Trouble(kind.name, kind.text.format(**words), advice.format(**words), kind.is_sure)


def pause_s(trouble: Trouble, failures: int) -> float:
    """How long to wait after the n-th failure in a row."""
    if trouble.name in ("api_off", "pair", "not_offered"):
        return OWNERS_TURN_S
    return backoff_s(failures, FIRST_S, MOST_S)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one class of errors is told."""

    error: type[DeviceError]
    name: str
    text: str
    advice: str | None = None
    """None: the error's own text is the advice."""
    is_sure: bool = True


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
_KINDS = (
    _Kind(ApiOff, "api_off", "{device} at {host} has its local API switched off."),
    _Kind(PairAgain, "pair", "{device} at {host} must be paired: `ballast pair homewizard {device}`."),
    _Kind(DeviceLocked, "pair", "{device} at {host} cannot be used."),
    _Kind(WrongDevice, "wrong_device", "What answers for {device} at {host} is {found}. It gets no orders.", _WRONG),
    _Kind(NotOffered, "not_offered", "{device} at {host} lacks what is needed: {found}.", _NOT_OFFERED),
    _Kind(DeviceUnreachable, "silent", "{device} does not answer at {host}.", _UNREACHABLE, is_sure=False),
    _Kind(DeviceError, "nonsense", "{device} at {host} gives no usable answer.", _NOT_UNDERSTOOD, is_sure=False),
)
"""The first that fits counts."""

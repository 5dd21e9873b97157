"""Whether a source still speaks. Pure but for the counting."""

from typing import Final

from common import metrics
from common.errors import DeviceError, DeviceLocked, DeviceUnintelligible, DeviceUnreachable

KINDS: Final = ((DeviceUnreachable, "unreachable"), (DeviceLocked, "locked"), (DeviceUnintelligible, "unintelligible"))


class Pulse:
    """One source. One that is asked is silent once it fails for `patience_s`; one that speaks by itself, and has since
    `heard_s`, after so long without a word. One that locks us out is so at once."""

    def __init__(self, name: str, account: str, advice: str, patience_s: float, heard_s: float | None = None) -> None:
        self.name, self.advice = name, advice
        self.failures = 0
        """In a row."""
        self.why = ""
        self._account, self._patience_s = account, patience_s
        self._speaks = heard_s is not None
        self._since_s = heard_s
        """Since when it may be silent; None while there is no sign of it."""
        self._is_locked = False

    def good(self, now_s: float) -> None:
        """It said something that can be used."""
        self.failures, self._is_locked, self.why = 0, False, ""
        self._since_s = now_s if self._speaks else None
        metrics.DEVICE_AVAILABLE.labels(self.name, self._account).set(1)

    def bad(self, error: DeviceError, now_s: float) -> None:
        """It did not, or something that cannot be used."""
        self.failures += 1
        self.why = str(error)
        self._is_locked = isinstance(error, DeviceLocked)
        self._since_s = now_s if self._since_s is None else self._since_s
        kind = next((kind for wrong, kind in KINDS if isinstance(error, wrong)), "refused")
        metrics.DEVICE_AVAILABLE.labels(self.name, self._account).set(0)
        metrics.DEVICE_ERRORS.labels(self.name, self._account, kind).inc()

    def is_silent(self, now_s: float) -> bool:
        """Whether its owner should know."""
        return self._is_locked or (self._since_s is not None and now_s - self._since_s >= self._patience_s)

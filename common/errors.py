"""The tree of what may go wrong, where every room can see it.

    BallastError
    ├── ConfigError            the owner's file is wrong: names file, line, key; exit code 78
    ├── DeviceError            a device did not do what it was asked
    │   ├── DeviceUnreachable  silence, no route, closed port: may be asked again
    │   ├── DeviceRefused      it understood and said no: asking again changes nothing
    │   │   └── DeviceLocked   only its owner can change that: a token, a switch in an app, a new pairing
    │   └── DeviceUnintelligible   it said something that no fact sheet knows; the bytes are in the text
    ├── MessageRejected        a message on MQTT that may not be used; carries its machine-readable reason
    └── BrokerLost             the message did not reach the broker, or nobody knows whether it did
        └── BrokerRefused      it will not have us, or it is another one: only its owner can change that

Whether an error may be retried is a property of its class, decided where it is understood.
"""

from dataclasses import dataclass

EXIT_CONFIG = 78
"""`EX_CONFIG`: starting again without mending the file is useless."""


class BallastError(Exception):
    """Anything Ballast expects to go wrong. Whatever is not one of these ends the process."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration file, told so that its reader can mend it."""

    where: str
    """`file:line: key.path`"""
    text: str
    """What was found, what is right, and an example."""

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


class ConfigError(BallastError):
    """Raised when the configuration cannot be used. Holds every problem found, not only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def told(self) -> str:
        """For the person at the terminal."""
        return f"The configuration has {len(self.problems)} mistake(s); nothing was started.\n{self}"


class DeviceError(BallastError):
    """Raised when a device did not do what it was asked; the only kind a `device.py` lets out."""


class DeviceUnreachable(DeviceError):
    """Raised when nothing, or nothing in time, came back. Reads may be repeated."""


class DeviceRefused(DeviceError):
    """Raised when the device understood and said no. Not retried."""


class DeviceLocked(DeviceRefused):
    """Raised when only the owner can help. The text is the advice to give them."""


class DeviceUnintelligible(DeviceError):
    """Raised when an answer fits no known shape. The text holds the beginning of it."""


class MessageRejected(BallastError):
    """Raised when a message from MQTT may not be used.

    `reason` is one word out of a closed set, for a metric's label and for tests.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class BrokerLost(BallastError):
    """Raised when a message that must not be late could not be handed to the broker."""


class BrokerRefused(BrokerLost):
    """Raised when a broker refuses our name and password, or shows a certificate that is not to be trusted."""

    def __init__(self, text: str, *, is_stranger: bool) -> None:
        super().__init__(text)
        self.is_stranger = is_stranger
        """It is the certificate; nothing was said to whoever shows it."""

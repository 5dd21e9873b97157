"""What may go wrong with a HomeWizard device beyond the common tree, each kind with what its owner can do.

DeviceLocked
├── ApiOff            v1: the local API is switched off in the vendor's app
└── PairAgain         v2: nothing valid is stored for this device; `ballast pair homewizard` mends all three
    ├── NotPaired     no token was ever stored
    ├── TokenRevoked  the device does not know our token any more
    └── LeafChanged   its certificate is not the one seen at pairing; our token was not sent
DeviceRefused
├── NotOffered        404: this device or firmware does not have it
├── NoTelegram        the dongle hears nothing from the smart meter
├── ButtonNotPressed  pairing: not yet
└── WrongDevice       another device answers at this address
"""

from common.errors import DeviceLocked, DeviceRefused


class ApiOff(DeviceLocked):
    """Raised when the owner has the v1 API switched off (403 with id 202)."""


class PairAgain(DeviceLocked):
    """Raised when only a new pairing helps."""


class NotPaired(PairAgain):
    """Raised when there is no pairing on disk, or none that can be read."""


class TokenRevoked(PairAgain):
    """Raised on 401: somebody removed our user, or the device was reset."""


class LeafChanged(PairAgain):
    """Raised when the device shows another certificate than at pairing, before anything is sent."""


class NotOffered(DeviceRefused):
    """Raised on 404, and from memory until the firmware changes."""


class NoTelegram(DeviceRefused):
    """Raised when the dongle works but has nothing from its meter."""


class ButtonNotPressed(DeviceRefused):
    """Raised while the device waits for its button."""


class WrongDevice(DeviceRefused):
    """Raised when the device at this address is not the one that is configured."""

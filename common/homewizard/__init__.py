"""HomeWizard's local API, both generations: the client that the bridges `p1` and `homewizard` share.

    async with connect_v1(host, clock) as device:            await device.data()
    async with connect_v2(host, pairing, clock) as device:   await device.measurement()
        async with device.stream("measurement") as stream:   await stream.next(patience_s=10)

Every failure is a DeviceError; those with an owner's remedy are in `errors.py`.
"""

from common.homewizard.announcement import Found
from common.homewizard.answers import JsonObject
from common.homewizard.client import Absent, Client
from common.homewizard.discovery import DiscoveryFailed, discover, find
from common.homewizard.errors import (
    ApiOff,
    ButtonNotPressed,
    LeafChanged,
    NoTelegram,
    NotOffered,
    NotPaired,
    PairAgain,
    TokenRevoked,
    WrongDevice,
)
from common.homewizard.identity import DeviceFacts
from common.homewizard.pair import Progress, pair
from common.homewizard.pairing import Pairing, load, pairing_file
from common.homewizard.stream import Pushed, Stream
from common.homewizard.v1 import V1Client, connect_v1
from common.homewizard.v2 import V2Client, connect_v2

__all__ = [
    "Absent",
    "ApiOff",
    "ButtonNotPressed",
    "Client",
    "DeviceFacts",
    "DiscoveryFailed",
    "Found",
    "JsonObject",
    "LeafChanged",
    "NoTelegram",
    "NotOffered",
    "NotPaired",
    "PairAgain",
    "Pairing",
    "Progress",
    "Pushed",
    "Stream",
    "TokenRevoked",
    "V1Client",
    "V2Client",
    "WrongDevice",
    "connect_v1",
    "connect_v2",
    "discover",
    "find",
    "load",
    "pair",
    "pairing_file",
]

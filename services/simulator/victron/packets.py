"""The packets of MQTT 3.1.1 that a client without a session sends, and their answers. Raises ValueError for rubbish."""

import asyncio
from dataclasses import dataclass
from typing import Final

CONNECT: Final = 0x10
PUBLISH: Final = 0x30
SUBSCRIBE: Final = 0x80
UNSUBSCRIBE: Final = 0xA0
PINGREQ: Final = 0xC0
DISCONNECT: Final = 0xE0
PINGRESP: Final = b"\xd0\x00"
V311: Final = 4
HAS_WILL, HAS_PASSWORD, HAS_USER = 0x04, 0x40, 0x80
MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Login:
    """What a client says of itself."""

    is_ours: bool
    """It speaks 3.1.1."""
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What a client said on a topic."""

    topic: str
    payload: bytes
    number: int | None
    """To be confirmed, with QoS 1."""


class _Bytes:
    """Reads one field after the other."""

    def __init__(self, body: bytes) -> None:
        self.rest = body

    def take(self, length: int) -> bytes:
        if len(self.rest) < length:
            raise ValueError("the packet ends too early")
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def text(self) -> str:
        return self.take(self.number()).decode()


async def packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The kind of the next packet and what is in it; of a PUBLISH the first byte goes with it."""
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if digit < 0x80:
            break
    if length > MOST_BYTES or shift > 28:
        raise ValueError("a packet beyond all measure")
    body = await reader.readexactly(length)
    kind = first & 0xF0
    return kind, bytes([first]) + body if kind == PUBLISH else body


def login(body: bytes) -> Login:
    """Who connects."""
    fields = _Bytes(body)
    protocol, version, flags = fields.text(), fields.take(1)[0], fields.take(1)[0]
    if protocol != "MQTT" or version != V311:
        return Login(is_ours=False)
    fields.number()  # keep alive
    fields.text()  # client id
    if flags & HAS_WILL:
        fields.text()
        fields.take(fields.number())
    user = fields.text() if flags & HAS_USER else None
    return Login(is_ours=True, user=user, password=fields.text() if flags & HAS_PASSWORD else None)


def published(body: bytes) -> Published:
    """What was said."""
    fields = _Bytes(body)
    qos = fields.take(1)[0] >> 1 & 0x03
    topic = fields.text()
    number = fields.number() if qos else None
    return Published(topic, fields.rest, number)


def filters(body: bytes, *, with_qos: bool) -> list[str]:
    """The filters of a SUBSCRIBE or UNSUBSCRIBE."""
    fields = _Bytes(body)
    fields.number()
    found = []
    while fields.rest:
        found.append(fields.text())
        if with_qos:
            fields.take(1)
    return found


def welcome(code: int) -> bytes:
    """CONNACK; 0 lets in."""
    return bytes((0x20, 2, 0, code))


def confirmed(number: int) -> bytes:
    """PUBACK."""
    return b"\x40\x02" + number.to_bytes(2, "big")


def subscribed(body: bytes, count: int) -> bytes:
    """SUBACK: QoS 0 for each filter."""
    return _framed(0x90, body[:2] + bytes(count))


def unsubscribed(body: bytes) -> bytes:
    """UNSUBACK."""
    return b"\xb0\x02" + body[:2]


def word(topic: str, payload: bytes, *, is_kept: bool = False) -> bytes:
    """PUBLISH with QoS 0."""
    name = topic.encode()
    return _framed(PUBLISH | is_kept, len(name).to_bytes(2, "big") + name + payload)


def _framed(first: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray()
    while True:
        length, digit = length >> 7, length & 0x7F
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(digits) + body

"""Messages as the bus delivers them, said by whom and when a test wants."""

from common.contract import Envelope, Payload, Topic, encode
from common.messaging import Message, Received

NOW_MS = 1_795_000_000_000


def received(
    topic: Topic[Payload | str],
    body: Payload | str,
    at_s: float = 0.0,
    *,
    src: str = "ems-balancer",
    boot: str = "b1",
    retained: bool = False,
) -> Received:
    """`body` as it arrives `at_s` after the beginning, measured at that instant."""
    return Received(topic.name, encode(envelope(at_s, src, boot), body), retained, at_s)


def message(topic: Topic[Payload | str], body: Payload | str, at_s: float = 0.0) -> Message[Payload | str]:
    """`body` as a reader hands it on."""
    return Message(topic.name, body, envelope(at_s) if isinstance(body, Payload) else None, False, at_s)


def envelope(at_s: float, src: str = "ems-balancer", boot: str = "b1") -> Envelope:
    """The envelope of a message measured `at_s` after the beginning."""
    return Envelope(v=1, ts_ms=NOW_MS + round(at_s * 1000), seq=0, boot=boot, src=src)

"""The common name out of a certificate that nobody has verified: a walk through its DER, read-only and bounded.

RFC 5280, 4.1: `Certificate ::= SEQUENCE { tbsCertificate, … }` and
`TBSCertificate ::= SEQUENCE { [0] version OPTIONAL, serialNumber, signature, issuer, validity, subject, … }`.
"""

from common.errors import DeviceUnintelligible

COMMON_NAME = b"\x55\x04\x03"
"""Object identifier 2.5.4.3."""
VERSION = 0xA0
SUBJECT = 4
"""Place of the subject among the parts of a certificate, the optional version left out."""

Element = tuple[int, bytes]
"""Tag and content."""


def common_name(certificate: bytes) -> str:
    """The subject's common name. Raises DeviceUnintelligible if these bytes are no certificate, or it has none."""
    try:
        parts = _children(_children(_children(certificate)[0][1])[0][1])
        if parts[0][0] == VERSION:
            del parts[0]
        return _named(parts[SUBJECT][1])
    except (IndexError, ValueError) as error:
        raise DeviceUnintelligible(f"not a certificate with a common name: {certificate[:40]!r}") from error


def _named(subject: bytes) -> str:
    for _, relative_name in _children(subject):
        for _, attribute in _children(relative_name):
            (_, identifier), (_, value), *_ = _children(attribute)
            if identifier == COMMON_NAME:
                return value.decode()
    raise ValueError("no common name")


def _children(content: bytes) -> list[Element]:
    """The elements that a constructed element holds."""
    elements = []
    while content:
        tag, size, header = content[0], content[1], 2
        if size >= 0x80:  # the length of the length, then the length
            header += size - 0x80
            size = int.from_bytes(content[2:header], "big")
        if len(content) < header + size:
            raise ValueError("cut off")
        elements.append((tag, content[header : header + size]))
        content = content[header + size :]
    return elements

"""Passwords, and Mosquitto's file of their hashes. Pure but for the randomness.

A line is `name:$7$<iterations>$<salt>$<hash>`: PBKDF2 with SHA-512, as `mosquitto_passwd` writes it. The passwords
themselves are random and long, so the number of iterations protects nothing and only costs a Pi time.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

ALPHABET: Final = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look alike: people copy some of these by hand."""
LENGTH: Final = 24
ITERATIONS: Final = 101
SALT_BYTES: Final = 12
"""Mosquitto 2.0 accepts no other length."""


def fresh() -> str:
    """A new password of 139 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def hashed(password: str) -> str:
    """The hash of a password, with a salt of its own."""
    salt = secrets.token_bytes(SALT_BYTES)
    return f"$7${ITERATIONS}${_text(salt)}${_text(_derived(password, salt, ITERATIONS))}"


def verifies(password: str, known: str) -> bool:
    """Whether `known` is a hash of this password."""
    try:
        nothing, seven, iterations, salt, derived = known.split("$")
        expected = _derived(password, base64.b64decode(salt, validate=True), int(iterations))
        given = base64.b64decode(derived, validate=True)
    except (ValueError, OverflowError, binascii.Error):
        return False
    return (nothing, seven) == ("", "7") and hmac.compare_digest(given, expected)


def password_file(known: str, passwords: Mapping[str, str]) -> str:
    """The file for these accounts. Lines that still fit, and those of names that are not ours, stay as they are."""
    lines = {line.partition(":")[0]: line for line in known.splitlines() if ":" in line}
    for name, password in passwords.items():
        if not verifies(password, lines.get(name, "").partition(":")[2]):
            lines[name] = f"{name}:{hashed(password)}"
    return "".join(f"{line}\n" for line in lines.values())


def _derived(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

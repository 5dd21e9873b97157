"""Pairing with a v2 device: ask for a token each 2 s until its owner has pressed the button.

The certificate is looked at first and pinned for all that follows; token and pin are on disk before anything else
can fail. Only then is the device asked who it is, and if that is not what its certificate says, both are forgotten.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import StringConstraints, TypeAdapter
from yarl import URL

from common.clock import Clock
from common.errors import DeviceRefused, DeviceUnintelligible, DeviceUnreachable
from common.homewizard.answers import JsonObject, checked, json_object, judge_v2
from common.homewizard.errors import ButtonNotPressed, NotPaired, WrongDevice
from common.homewizard.identity import agree, appliance, fingerprint
from common.homewizard.pairing import Pairing, forget, load, pairing_file, prepare, save
from common.homewizard.tls import shown_leaf
from common.homewizard.transport import Transport, Trust, authority
from common.homewizard.v2 import HTTPS_PORT, VERSION, V2Client

ASK_EACH_S: Final = 2.0
BUTTON_S: Final = 60.0
Step = Literal["found", "press_button", "paired"]
_TOKEN = TypeAdapter(Annotated[str, StringConstraints(strict=True, pattern="^[0-9A-Za-z]{16,128}$")])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far pairing is, for whoever watches."""

    step: Step
    text: str
    left_s: float = 0.0
    """Time that remains to press the button."""


async def pair(
    host: str,
    device: str,
    data_dir: Path,
    clock: Clock,
    tell: Callable[[Progress], None],
    *,
    port: int = HTTPS_PORT,
    serial: str | None = None,
    ca_file: Path | None = None,
) -> Pairing:
    """Pair with the device at `host` and store the result under the id `device`.

    `serial`, where it is known from discovery, is compared before anything is asked. Raises DeviceError with a
    sentence for the owner, and OSError if the result cannot be stored.
    """
    path = pairing_file(data_dir, device)
    prepare(path)
    leaf = await shown_leaf(host, port, clock)
    shown = appliance(leaf)
    if serial is not None and shown.serial != serial.lower():
        raise WrongDevice(f"the certificate at {host} belongs to {shown.serial}, not to {serial}; check the address")
    tell(Progress("found", f"Found {shown.kind} {shown.serial} at {host}."))
    user = _user(path)
    trust = Trust(fingerprint(leaf), authority(ca_file))
    async with Transport(URL.build(scheme="https", host=host, port=port), clock, trust) as transport:
        token = await _token(transport, user, tell)
        pairing = Pairing(
            serial=shown.serial,
            kind=shown.kind,
            user=user,
            token=token,
            leaf_sha256=trust.leaf_sha256,
            paired_ms=clock.wall_ms(),
        )
        save(path, pairing)
        await _confirm(V2Client(transport, token), pairing, path)
    tell(Progress("paired", f"Paired with {shown.kind} {shown.serial}; stored in {path}."))
    return pairing


def _user(path: Path) -> str:
    """Our name on the device: the one used before, so that the old token dies, or a new one nobody else has."""
    try:
        return load(path).user
    except NotPaired:
        return f"local/ballast-{secrets.token_hex(4)}"


async def _token(transport: Transport, user: str, tell: Callable[[Progress], None]) -> str:
    until_s = transport.clock.monotonic() + BUTTON_S
    async for _ in transport.clock.every(ASK_EACH_S):
        left_s = until_s - transport.clock.monotonic()
        if left_s <= 0:
            break
        try:
            return await _ask_for_token(transport, user)
        except (ButtonNotPressed, DeviceUnreachable):  # not yet; asking again is how it is meant to be
            tell(Progress("press_button", "Press the button on the device, briefly.", left_s))
    raise DeviceRefused(f"The button was not pressed within {BUTTON_S:g} s. Start again when you stand beside it.")


async def _ask_for_token(transport: Transport, user: str) -> str:
    answer = await transport.ask("POST", "/api/user", VERSION, {"name": user})
    judge_v2(answer.status, answer.body, "/api/user")
    return checked(_TOKEN, _secret_object(answer.body).get("token"))


def _secret_object(body: bytes) -> JsonObject:
    """A JSON object that must not be shown, not even where it is broken."""
    try:
        return json_object(body)
    except DeviceUnintelligible:
        raise DeviceUnintelligible(
            "the device accepted the pairing but its answer cannot be read; start again"
        ) from None


async def _confirm(client: V2Client, pairing: Pairing, path: Path) -> None:
    """Compare what the device says of itself with its certificate. If it does not answer now, later readers do it."""
    try:
        said = await client.device()
    except DeviceUnreachable:
        return
    if not agree(pairing.shown, said):
        forget(path)
        raise WrongDevice(
            f"its certificate is for {pairing.kind} {pairing.serial}, but it calls itself {said.product_type} "
            f"{said.serial}; nothing was stored"
        )

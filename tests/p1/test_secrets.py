"""What must not get out: the token, and the numbers of the dongle."""

import logging

import pytest

from tests.p1.rig import Rig


async def test_token_and_serial_are_neither_logged_nor_published(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """homewizard.md 5.20: through a good day and every kind of trouble."""
    caplog.set_level(logging.DEBUG)
    pairing = await rig.pair()
    caplog.clear()
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.babble = "truncated"
        await rig.clock.sleep(10)
        rig.fake.faults.babble = None
        rig.fake.replace_certificate()
        await rig.clock.sleep(10)
        await rig.pair()
        rig.fake.revoke_tokens()
        rig.fake.faults.serial = "ffeeddccbbaa"
        await rig.clock.sleep(70)
    published = b"\n".join(rig.payloads).decode()
    for secret in (pairing.token, pairing.serial, "ffeeddccbbaa"):
        assert secret not in caplog.text
        assert secret not in published

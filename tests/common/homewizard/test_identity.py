"""Who a device is."""

import pytest

from common.errors import DeviceUnintelligible
from common.homewizard.identity import Appliance, DeviceFacts, agree, appliance, facts, fingerprint
from services.simulator.p1_meter import certified


def said(product_type: str = "HWE-P1", serial: str = "aabbcc0d1e2f") -> DeviceFacts:
    """What a device says of itself."""
    return DeviceFacts(product_type=product_type, serial=serial)


def test_a_device_describes_itself() -> None:
    found = facts(
        b'{"product_type":"HWE-P1","product_name":"P1","serial":"AABBCC0D1E2F","firmware_version":"6.0305","x":1}'
    )
    assert (found.product_type, found.serial, found.firmware_version) == ("HWE-P1", "aabbcc0d1e2f", "6.0305")


def test_a_product_nobody_knows_is_fine() -> None:
    """homewizard.md 2: `product_type` is an open set."""
    assert facts(b'{"product_type":"HWE-XYZ","serial":"aabbcc0d1e2f"}').product_type == "HWE-XYZ"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<html>", b'{"product_type":"HWE-P1"}', b'{"product_type":1,"serial":"a"}', b"\xff"]
)
def test_anything_else_is_no_description_and_is_not_quoted(body: bytes) -> None:
    with pytest.raises(DeviceUnintelligible, match=r"^not a device's description$"):
        facts(body)


def test_a_certificate_says_whose_it_is() -> None:
    assert appliance(certified("appliance/p1dongle/aabbcc0d1e2f").der) == Appliance("p1dongle", "aabbcc0d1e2f")


@pytest.mark.parametrize(
    "name",
    ["router.local", "appliance/p1dongle/AABBCC0D1E2F", "appliance/p1dongle/", "appliance/p1dongle/aabbcc0d1e2f/x"],
)
def test_a_certificate_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(DeviceUnintelligible):
        appliance(certified(name).der)


def test_certificate_and_word_must_agree_on_serial_and_kind() -> None:
    shown = Appliance("p1dongle", "aabbcc0d1e2f")
    assert agree(shown, said())
    assert agree(shown, said("HWE-P1-SUCCESSOR"))  # not known, so not compared
    assert not agree(shown, said(serial="aabbcc0d1e30"))
    assert not agree(shown, said("HWE-BAT"))


def test_a_fingerprint_is_what_openssl_shows() -> None:
    assert fingerprint(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

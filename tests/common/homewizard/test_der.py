"""The name out of a certificate that nobody verified."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceUnintelligible
from common.homewizard.der import common_name
from services.simulator.p1_meter import certified

LEAF = certified("appliance/p1dongle/aabbcc0d1e2f").der


def test_the_subjects_name_is_read_and_not_the_issuers() -> None:
    issuer = certified("Some Authority")
    assert common_name(certified("appliance/battery/aabbcc0d1e31", issuer).der) == "appliance/battery/aabbcc0d1e31"


@given(st.text(alphabet="abcdef0123456789/äß€", min_size=1, max_size=40))
def test_any_name_is_read_as_it_was_written(name: str) -> None:
    assert common_name(certified(name).der) == name


def test_the_vendors_version_one_certificate_is_read(shared: Path) -> None:
    """Its authority is X.509 version 1, where the version is left out."""
    pem = (shared / "protocols/samples/homewizard/homewizard-ca-cert.pem").read_text()
    assert common_name(ssl.PEM_cert_to_DER_cert(pem)) == "Appliance Access CA"


@given(st.integers(0, len(LEAF) - 1))
def test_a_certificate_cut_off_is_none(length: int) -> None:
    with pytest.raises(DeviceUnintelligible):
        common_name(LEAF[:length])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_name_or_a_device_error(data: bytes) -> None:
    with suppress(DeviceUnintelligible):
        assert isinstance(common_name(data), str)


@given(st.integers(0, len(LEAF) - 1), st.integers(0, 255))
def test_one_wrong_byte_is_a_name_or_a_device_error(place: int, byte: int) -> None:
    with suppress(DeviceUnintelligible):
        assert isinstance(common_name(LEAF[:place] + bytes([byte]) + LEAF[place + 1 :]), str)

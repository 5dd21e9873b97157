"""What an HTTP answer means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceError, DeviceRefused, DeviceUnintelligible
from common.homewizard import ApiOff, ButtonNotPressed, NoTelegram, NotOffered, TokenRevoked
from common.homewizard.answers import json_object, judge_v1, judge_v2

OFF = b'{"error":{"id":202,"description":"API not enabled"}}'


@pytest.mark.parametrize("status", [200, 204])
def test_a_good_answer_passes(status: int) -> None:
    judge_v1(status, b"{}", "/api")
    judge_v2(status, b"", "/api")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, OFF, ApiOff),
        (403, b'{"error":{"id":9}}', DeviceRefused),
        (403, b"<html>Forbidden</html>", DeviceRefused),
        (403, b'{"error":"202"}', DeviceRefused),
        (400, OFF, DeviceRefused),
        (404, b"Not Found", NotOffered),
        (429, b"", DeviceRefused),
        (500, b'{"error":{"id":901}}', DeviceRefused),
        (302, b"", DeviceRefused),
    ],
)
def test_v1_is_judged_by_status_and_number(status: int, body: bytes, kind: type[DeviceError]) -> None:
    """homewizard.md 3 and 5.7: judge on status + id, not on text; other 403 bodies apart."""
    with pytest.raises(kind) as caught:
        judge_v1(status, body, "/api/v1/data")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"error":"user:unauthorized"}', TokenRevoked),
        (401, b"", TokenRevoked),
        (403, b'{"error":"user:creation-not-enabled"}', ButtonNotPressed),
        (400, b'{"error":"request:api-version-not-supported"}', DeviceRefused),
        (400, b'{"error":"user:no-storage"}', DeviceRefused),
        (404, b"Not Found", NotOffered),
        (503, b"telegram:no-telegram-received", NoTelegram),
        (503, b"", DeviceRefused),
        (500, b'{"error":{"id":1}}', DeviceRefused),
    ],
)
def test_v2_is_judged_by_status_and_reason(status: int, body: bytes, kind: type[DeviceError]) -> None:
    """homewizard.md 4: an open set of `scope:reason`; the scope has been seen to differ."""
    with pytest.raises(kind) as caught:
        judge_v2(status, body, "/api/measurement")
    assert type(caught.value) is kind


def test_what_the_owner_can_do_is_in_the_text() -> None:
    with pytest.raises(ApiOff, match="Settings > Meters > your device > Local API"):
        judge_v1(403, OFF, "/api")
    with pytest.raises(TokenRevoked, match="ballast pair homewizard"):
        judge_v2(401, b"", "/api")
    with pytest.raises(DeviceRefused, match="remove one of its local users"):
        judge_v2(400, b'{"error":"user:no-storage"}', "/api/user")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[1]",
        b"null",
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":1',
        b"\xef\xbb\xbf{}",
        b"[" * 5000,
        b'{"a":"\x00"}',
        b"<html>",
    ],
)
def test_what_is_no_json_object_is_unintelligible(body: bytes) -> None:
    """F14, F44."""
    with pytest.raises(DeviceUnintelligible):
        json_object(body)


def test_a_bad_answer_is_quoted_briefly() -> None:
    with pytest.raises(DeviceUnintelligible) as caught:
        json_object(b'{"wifi_strength":82,"smr_version":50,"unique_id":"53414D504C4530303031"')
    assert "wifi_strength" in str(caught.value)
    assert "53414D" not in str(caught.value)


@given(st.integers(300, 599), st.binary(max_size=60))
def test_no_answer_is_anything_but_a_device_error(status: int, body: bytes) -> None:
    for judge in (judge_v1, judge_v2):
        with pytest.raises(DeviceError):
            judge(status, body, "/api")

"""Every payload on file, whole, cut off, and with rubbish around it, from the bytes to the state."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceUnintelligible
from common.homewizard.answers import JsonObject, json_object
from services.p1.wire import telegram
from tests.p1.rig import SITE
from tests.p1.samples import FOLDER

NEAR_MS = round(datetime(2026, 4, 18, 9, 0, 8, tzinfo=UTC).timestamp() * 1000)
PAYLOADS = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("v*.json"))}


@pytest.mark.parametrize("name", PAYLOADS)
def test_whole_it_is_a_state(name: str) -> None:
    document = json_object(PAYLOADS[name])
    state = telegram(document, SITE.zone, NEAR_MS).state
    assert state.power_w == document.get("power_w", document.get("active_power_w"))


@given(st.sampled_from(sorted(PAYLOADS)), st.floats(0, 1, exclude_max=True))
def test_cut_off_anywhere_it_is_nothing(name: str, share: float) -> None:
    """F44: truncated JSON."""
    payload = PAYLOADS[name].rstrip()
    with pytest.raises(DeviceUnintelligible):
        json_object(payload[: int(share * len(payload))])


@given(st.sampled_from(sorted(PAYLOADS)), st.binary(min_size=1, max_size=5))
def test_rubbish_behind_it_makes_it_nothing(name: str, rubbish: bytes) -> None:
    if rubbish.strip(b" \t\r\n"):
        with pytest.raises(DeviceUnintelligible):
            json_object(PAYLOADS[name] + rubbish)


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_nobody_knows_yet_is_ignored(name: str) -> None:
    """homewizard.md 5.10: unknown keys and types are ignored."""
    document = json_object(PAYLOADS[name])
    newer: JsonObject = {**document, "active_flux_w": "many", "external_new": [1], "tariff_name": {"nl": "dal"}}
    assert telegram(newer, SITE.zone, NEAR_MS) == telegram(document, SITE.zone, NEAR_MS)


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_field_may_be_missing_or_null(name: str) -> None:
    """homewizard.md 3: every field is optional; null is as absent."""
    document = json_object(PAYLOADS[name])
    for key in document.keys() - {"power_w", "active_power_w"}:
        without = {other: value for other, value in document.items() if other != key}
        assert telegram(without, SITE.zone, NEAR_MS) == telegram({**without, key: None}, SITE.zone, NEAR_MS)

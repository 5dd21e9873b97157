"""How a failure is told, whatever the bridge's own words are."""

import pytest

from common.errors import DeviceError, DeviceLocked, DeviceUnreachable
from common.homewizard import ApiOff
from common.homewizard.troubles import LONGEST, OWNERS_TURN_S, Kind, explain

KINDS = (
    Kind(ApiOff, "api_off", "{device} is closed."),
    Kind(DeviceUnreachable, "silent", "{device} is silent: {found}.", "Look at {device}.", False, 30.0),
    Kind(DeviceError, "nonsense", "{device} talks nonsense.", "Pull its plug.", False, 60.0),
)


@pytest.mark.parametrize(
    ("error", "name"),
    [(ApiOff("x"), "api_off"), (DeviceUnreachable("x"), "silent"), (DeviceLocked("x"), "nonsense")],
)
def test_the_first_kind_that_fits_counts(error: DeviceError, name: str) -> None:
    assert explain(KINDS, error, device="boiler").name == name


def test_texts_name_the_device_and_what_was_found() -> None:
    trouble = explain(KINDS, DeviceUnreachable("no route"), device="boiler")
    assert (trouble.text, trouble.advice) == ("boiler is silent: no route.", "Look at boiler.")


def test_an_error_that_is_its_own_advice_may_hold_anything() -> None:
    """Also what looks like a place for a word."""
    assert explain(KINDS, ApiOff('{"id": 202}'), device="boiler").advice == '{"id": 202}'


def test_no_sentence_is_too_long_for_an_alert() -> None:
    trouble = explain(KINDS, DeviceUnreachable("x" * 500), device="boiler")
    assert len(trouble.text) == LONGEST


def test_what_only_the_owner_can_end_is_looked_at_once_a_minute_the_rest_less_and_less_often() -> None:
    owners = explain(KINDS, ApiOff("x"), device="boiler")
    assert {owners.pause_s(failures) for failures in (1, 2, 50)} == {OWNERS_TURN_S}
    silent = explain(KINDS, DeviceUnreachable("x"), device="boiler")
    assert 5 <= silent.pause_s(1) <= 10
    assert 15 <= silent.pause_s(20) <= 30

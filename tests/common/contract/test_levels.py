"""A device's levels, in whatever order its bridge tells them."""

from common.contract import DeviceInfo


def test_levels_ascend_and_rest_is_one_of_them() -> None:
    told = {"vendor": "somebody", "model": "radiator", "poll_s": 5.0, "stale_after_s": 30.0}
    assert DeviceInfo.model_validate({**told, "levels_w": (1000.0, 500.0)}).levels_w == (0, 500, 1000)
    assert DeviceInfo.model_validate(told).levels_w == ()

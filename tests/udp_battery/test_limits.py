"""How much may be asked for: hardware, owner, experience, state of charge."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.lease import Limits
from services.udp_battery.config import BatterySettings
from services.udp_battery.firmware import Firmware, firmware
from services.udp_battery.limits import Caps, bounds, permitted

E3 = firmware("VenusE 3.0", 150)


def settings(**values: object) -> BatterySettings:
    return BatterySettings.model_validate({"host": "192.168.1.21", **values})


@pytest.mark.promise("4.8-06")
@pytest.mark.parametrize(
    ("model", "asked", "limits"),
    [
        (E3, {}, Limits(-800, 2500)),
        (E3, {"max_discharge_w": 2500}, Limits(-2500, 2500)),
        (firmware("VenusA", 150), {"max_discharge_w": 2500}, Limits(-1500, 1500)),
        (firmware("VenusD", 150), {"max_discharge_w": 2500}, Limits(-2200, 2200)),
        (firmware("Venus E mini", 301), {"max_charge_w": 1000}, Limits(-800, 1000)),
        (E3, {"max_discharge_w": 0}, Limits(0, 2500)),
    ],
)
def test_the_narrowest_of_hardware_and_owner(model: Firmware, asked: dict[str, object], limits: Limits) -> None:
    """Checklist 9: 800 W out until the owner says that more is unlocked."""
    assert bounds(settings(**asked), model, Caps()) == limits


def test_nothing_at_all_has_no_sign() -> None:
    assert str(bounds(settings(max_discharge_w=0), E3, Caps()).min_w) == "0.0"


def test_experience_narrows_further() -> None:
    caps = Caps().learn(-612.7, 10.0)
    assert bounds(settings(), E3, caps) == Limits(-612, 2500)
    assert bounds(settings(), E3, caps.learn(1800.2, 20.0)) == Limits(-612, 1800)


def test_a_limit_that_is_passed_is_gone() -> None:
    caps = Caps().learn(-800, 0)
    assert caps.saw(-850).discharge_w == 800
    assert caps.saw(-1500).discharge_w == math.inf
    assert caps.saw(1500).discharge_w == 800


def test_a_limit_is_forgotten_only_when_the_owner_wants_it_tried_again() -> None:
    caps = Caps().learn(-800, 0)
    assert caps.aged(1e6, None) == caps
    assert caps.aged(3599, 1).discharge_w == 800
    assert caps.aged(3600, 1).discharge_w == math.inf


WIDE = Limits(-800, 2500)


@pytest.mark.promise("4.8-06")
@pytest.mark.parametrize(
    ("soc_pct", "limits"),
    [
        (21, Limits(-800, 2500)),
        (20, Limits(0, 2500)),
        (5, Limits(0, 2500)),
        (90, Limits(-800, 0)),
        (100, Limits(-800, 0)),
        (None, Limits(0, 0)),
    ],
)
def test_reserve_and_ceiling_close_one_direction_each(soc_pct: float | None, limits: Limits) -> None:
    """I3; what is unknown closes both."""
    assert permitted(WIDE, settings(reserve_soc_pct=20, ceiling_soc_pct=90), soc_pct) == limits


def test_without_bounds_of_the_owner_an_unknown_charge_closes_nothing() -> None:
    """The battery's own protection holds."""
    assert permitted(WIDE, settings(), None) == WIDE
    assert permitted(WIDE, settings(), 100) == Limits(-800, 0)


@given(
    st.floats(0, 2500),
    st.floats(1, 2500),
    st.lists(st.floats(-3000, 3000), max_size=5),
    st.one_of(st.none(), st.floats(0, 100)),
)
def test_nothing_ever_widens_what_the_owner_allows(
    out_w: float, in_w: float, learnt_w: list[float], soc_pct: float | None
) -> None:
    """I3."""
    caps = Caps()
    for power_w in learnt_w:
        caps = caps.learn(power_w, 0).saw(-power_w)
    owner = settings(max_discharge_w=out_w, max_charge_w=in_w, reserve_soc_pct=15)
    within = permitted(bounds(owner, E3, caps), owner, soc_pct)
    assert -out_w <= within.min_w <= 0 <= within.max_w <= in_w

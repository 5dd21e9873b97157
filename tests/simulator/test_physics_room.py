"""A room holds what its thermostat wants, and cools as its walls allow."""

import pytest

from services.simulator.physics import Room, RoomModel

MODEL = RoomModel(loss_w_per_k=25.0)


def test_its_thermostat_holds_what_is_wanted_with_the_power_that_is_lost() -> None:
    room, used_wh, seen_c = Room(MODEL, 20.0), 0.0, []
    for minute in range(3 * 24 * 60):
        heat_w = 1500.0 if room.asks else 0.0
        room.advance(60, heat_w, -5.0)
        if minute >= 24 * 60:
            used_wh += heat_w / 60
            seen_c.append(room.air_c)
    assert min(seen_c) >= 19.5
    assert max(seen_c) <= 20.5
    assert used_wh / 48 == pytest.approx(25 * 25, rel=0.03)


def test_without_heat_it_cools_towards_the_outside_and_never_below() -> None:
    room = Room(MODEL, 20.0)
    room.advance(60, 0, 0.0)
    assert 19.5 < room.air_c < 20
    for _ in range(60 * 24 * 60):
        room.advance(60, 0, 0.0)
    assert 0 <= room.air_c < 1
    assert room.asks

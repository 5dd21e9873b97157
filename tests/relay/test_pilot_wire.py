"""A pilot wire of one or two relays: four orders, either way round, and what becomes of them."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from common.clock import Clock
from common.contract import INFO
from common.contract.devices import Mode
from services.relay import pilot
from services.relay.config import Config
from tests.relay.home import Home

ORDERS: list[tuple[Mode, bool, bool]] = [
    ("comfort", False, False), ("eco", True, True), ("frost_free", False, True), ("off", True, False)
]  # fmt: skip


async def wired(home: Home, **more: Any) -> None:  # what a wire may say
    """A wire called lounge on a Tasmota (positive) and a Shelly (negative)."""
    home.set("pilot_wires", "lounge", **{"positive": "plus", "negative": "minus", **more})
    await home.ready()


@pytest.mark.parametrize("inverted", [False, True])
async def test_each_order_puts_its_half_waves_on_the_wire(clock: Clock, tmp_path: Path, inverted: bool) -> None:
    async with Home(clock, tmp_path) as home:
        plus, minus = home.tasmota("plus"), home.shelly("minus")
        await wired(home, inverted=inverted)
        told = home.heard(INFO, "switch", "lounge")[-1]
        assert set(told.modes) == {"comfort", "eco", "frost_free", "off"}
        for mode, positive, negative in ORDERS:
            order = await home.order(to="lounge", action="set_mode", mode=mode)
            await clock.sleep(3)
            seen = (minus.is_on, plus.is_on) if inverted else (plus.is_on, minus.is_on)
            assert seen == (positive, negative)
            assert home.outcomes(order, "lounge")[-1] == "applied"
            assert home.states("lounge")[-1].on is (mode == "comfort")


async def test_its_relays_are_parts_of_it_and_go_to_their_safe_states_with_its_order(
    clock: Clock, tmp_path: Path
) -> None:
    """The radiator is kept from freezing, and does not heat, when nobody gives orders any more."""
    async with Home(clock, tmp_path) as home:
        plus, minus = home.tasmota("plus"), home.shelly("minus", safe_state="on")
        await wired(home)
        assert home.heard(INFO, "switch", "plus")[-1].member_of == "lounge"
        assert home.heard(INFO, "switch", "lounge")[-1].safe_state == "off"
        await home.order(to="lounge", action="set_mode", mode="comfort")
        await clock.sleep(5)
        assert (plus.is_on, minus.is_on) == (False, False)
        assert home.controls("lounge")[-1].mode == "leased"
        await clock.sleep(40)
        assert (plus.is_on, minus.is_on) == (False, True)
        assert home.controls("lounge")[-1].mode in ("safe", "autonomous")
        assert home.states("lounge")[-1].on is False


async def test_with_one_diode_there_are_two_orders_and_others_are_refused(clock: Clock, tmp_path: Path) -> None:
    async with Home(clock, tmp_path) as home:
        minus = home.tasmota("minus")
        home.set("pilot_wires", "lounge", negative="minus")
        await home.ready()
        assert home.heard(INFO, "switch", "lounge")[-1].modes == ("comfort", "frost_free")
        order = await home.order(to="lounge", action="set_mode", mode="eco")
        await clock.sleep(3)
        assert home.outcomes(order, "lounge")[-1] == "failed"
        assert home.acks(order, "lounge")[-1].detail == "this pilot wire knows comfort, frost_free"
        await home.order(to="lounge", on=False)
        await clock.sleep(3)
        assert minus.is_on, "off is the coldest it knows"


async def test_a_relay_that_does_not_move_fails_the_order(clock: Clock, tmp_path: Path) -> None:
    async with Home(clock, tmp_path) as home:
        home.tasmota("plus").is_stuck = True
        home.shelly("minus")
        await wired(home)
        order = await home.order(to="lounge", action="set_mode", mode="off")
        await clock.sleep(20)
        assert home.outcomes(order, "lounge")[-1] == "failed"
        assert home.states("lounge")[-1].on is True, "it is still in comfort"


async def test_a_hand_at_one_of_its_relays_is_told(clock: Clock, tmp_path: Path) -> None:
    async with Home(clock, tmp_path) as home:
        plus = home.tasmota("plus")
        home.shelly("minus")
        await wired(home)
        await home.order(to="lounge", action="set_mode", mode="comfort")
        await clock.sleep(5)
        plus.press()
        await clock.sleep(3)
        assert home.controls("lounge")[-1].mode == "manual"


@pytest.mark.parametrize("mode", list(pilot.ORDERS))
def test_what_is_said_is_what_is_heard(mode: Mode) -> None:
    assert pilot.heard(pilot.ORDERS[mode]) == mode


@pytest.mark.parametrize(
    ("wires", "answer"),
    [
        ({"a": {}}, "needs a relay"),
        ({"a": {"positive": "cellar"}}, "cellar of a pilot wire is not described"),
        ({"a": {"positive": "plus"}, "b": {"negative": "plus"}}, "plus is on two pilot wires"),
        ({"plus": {"positive": "plus"}}, "two devices are called plus"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(wires: dict[str, Any], answer: str) -> None:
    with pytest.raises(ValidationError, match=answer):
        Config.model_validate({"tasmota": {"plus": {"topic": "t"}}, "pilot_wires": wires})

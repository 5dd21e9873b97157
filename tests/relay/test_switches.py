"""Orders, safe states, off-timers, hands and leftovers, with devices that speak their own topics."""

import pytest

from services.simulator.relay.journal import Armed, Told
from tests.relay.home import Home

pytestmark = pytest.mark.virtual

TASMOTA = "cmnd/tasmota_1A2B3C"
FAMILIES = ["tasmota", "shelly", "shelly_gen1", "zigbee", "esphome"]


@pytest.mark.promise("3.10-09")
@pytest.mark.parametrize("family", FAMILIES)
async def test_an_order_is_carried_out_verified_and_measured(home: Home, family: str) -> None:
    fake = getattr(home, family)(poll_s=10.0)
    await home.ready()
    assert home.availability() == ["online"]
    cmd_id = await home.order(on=True)
    await home.clock.sleep(15)
    assert fake.is_on
    assert home.outcomes(cmd_id) == ["accepted", "applied"]
    assert (home.states()[-1].on, home.states()[-1].power_w, home.states()[-1].quality) == (True, 2000, "good")
    assert home.controls()[-1].mode == "leased"


@pytest.mark.promise("3.10-16")
@pytest.mark.parametrize("family", FAMILIES)
async def test_a_lease_that_ends_leads_to_the_safe_state(home: Home, family: str) -> None:
    fake = getattr(home, family)()
    await home.ready()
    await home.order(on=True)
    await home.clock.sleep(25)
    assert fake.is_on
    await home.clock.sleep(7)
    assert not fake.is_on
    assert home.controls()[-1].mode == "safe"


@pytest.mark.promise("3.10-16")
@pytest.mark.parametrize("family", FAMILIES)
async def test_an_orderly_stop_takes_our_doing_back(home: Home, family: str) -> None:
    fake = getattr(home, family)()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(30)
    home.let_go()
    await home.stop()
    assert not fake.is_on


@pytest.mark.promise("3.10-16")
@pytest.mark.parametrize(
    ("family", "settings"), [("tasmota", {}), ("shelly", {}), ("shelly_gen1", {}), ("zigbee", {"dead_man_s": 120})]
)
async def test_when_the_bridge_dies_the_devices_own_timer_opens_it(
    home: Home, family: str, settings: dict[str, float]
) -> None:
    fake = getattr(home, family)(**settings)
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(300)
    assert fake.moves == [(True, "mqtt")]  # fed all the time
    home.let_go()
    await home.kill()
    await home.clock.sleep(121)
    assert fake.moves[-1] == (False, "timer")


async def test_each_movement_and_each_feeding_of_its_timer_is_in_its_journal(home: Home) -> None:
    fake = home.shelly_gen1()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(100)
    home.let_go()
    await home.clock.sleep(40)
    assert fake.moves == [(True, "mqtt"), (False, "mqtt")]
    armed = [entry for entry in fake.journal.entries if isinstance(entry, Armed)]
    words = [entry.payload for entry in fake.journal.entries if isinstance(entry, Told) and "relay/0" in entry.topic]
    assert {entry.timer_s for entry in armed} == {120.0}
    assert len(armed) == words.count("on") >= 2
    assert words[-1] == "off"


async def test_a_relay_that_opened_because_too_much_flowed_is_not_closed_again(home: Home) -> None:
    fake = home.shelly_gen1()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(30)
    fake.trip()
    await home.clock.sleep(60)
    assert fake.moves == [(True, "mqtt"), (False, "overpower")]
    assert not home.states()[-1].on
    assert home.controls()[-1].mode == "manual"


async def test_energy_goes_on_where_it_was_when_a_device_counts_from_its_start(home: Home) -> None:
    """Its counter begins anew with each start; what is told never falls."""
    fake = home.shelly_gen1(auto_off_s=0.0)
    fake.press()
    await home.ready(settle_s=900.0)
    fake.restart()
    fake.press()
    await home.clock.sleep(900.0)
    told = [state.energy_import_wh for state in home.states() if state.energy_import_wh is not None]
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1000, abs=80)


async def test_a_node_whose_owner_wrote_on_disconnect_opens_without_a_broker_and_obeys_again(home: Home) -> None:
    fake = home.esphome()
    fake.opens_alone = True
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(30)
    home.devices.ready.clear()
    home.air.ready.clear()
    await home.clock.sleep(20)
    assert fake.moves[-1] == (False, "on_disconnect")
    home.devices.ready.set()
    home.air.ready.set()
    await home.clock.sleep(60)
    assert fake.is_on


async def test_a_node_whose_plug_is_pulled_is_offline_at_once_and_nothing_is_said_of_it(home: Home) -> None:
    fake = home.esphome()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(30)
    await fake.lose_power()
    said = len(home.states())
    await home.clock.sleep(30)
    assert home.availability()[-1] == "offline"
    assert len(home.states()) == said


async def test_the_owners_own_pulse_time_comes_back_after_the_order(home: Home) -> None:
    fake = home.tasmota()
    fake.pulse_time = 1900
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(200)
    assert fake.pulse_time == 220
    home.let_go()
    await home.clock.sleep(60)
    assert (fake.is_on, fake.pulse_time, fake.pulses_set) == (False, 1900, 2)


async def test_a_timer_left_by_a_bridge_that_was_killed_is_taken_back_by_the_next(home: Home) -> None:
    fake = home.tasmota()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(60)
    home.let_go()
    await home.kill()
    assert fake.is_on
    await home.ready(settle_s=30)
    assert (fake.is_on, fake.pulse_time) == (False, 0)


async def test_a_switch_found_on_is_left_alone(home: Home) -> None:
    fake = home.tasmota()
    fake.press()
    await home.ready(settle_s=120)
    assert fake.moves == [(True, "button")]
    assert home.controls()[-1].mode == "autonomous"


async def test_the_load_of_an_inverted_relay_runs_while_it_is_open(home: Home) -> None:
    """Its off-timer would switch the load on, so there is none."""
    fake = home.shelly(inverted=True)
    await home.ready()
    await home.order(on=False)
    await home.clock.sleep(5)
    assert fake.is_on
    assert not home.states()[-1].on
    assert not any("toggle_after" in said for said in home.told(f"{fake.prefix}/rpc"))


async def test_an_inverted_relay_that_is_safe_when_on_has_its_timer(home: Home) -> None:
    fake = home.shelly(inverted=True, safe_state="on")
    await home.ready()
    home.renew(on=False)
    await home.clock.sleep(50)
    home.let_go()
    await home.kill()
    await home.clock.sleep(121)
    assert fake.moves == [(True, "mqtt"), (False, "timer")]


async def test_keep_leaves_it_as_it_is(home: Home) -> None:
    fake = home.tasmota(safe_state="keep")
    await home.ready()
    await home.order(on=True)
    await home.clock.sleep(400)
    assert (fake.is_on, fake.pulse_time) == (True, 0)


async def test_a_hand_at_the_button_is_respected_and_told(home: Home) -> None:
    fake = home.shelly()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(30)
    fake.press()
    await home.clock.sleep(60)
    assert fake.moves == [(True, "mqtt"), (False, "button")]
    assert home.controls()[-1].mode == "manual"


async def test_an_owner_may_prefer_the_order_to_the_hand(home: Home) -> None:
    fake = home.shelly(by_hand="override")
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(30)
    fake.press()
    await home.clock.sleep(10)
    assert fake.is_on


async def test_the_longest_time_on_is_kept_although_orders_are_renewed(home: Home) -> None:
    fake = home.tasmota(max_on_s=600, rest_s=300)
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(605)
    assert not fake.is_on
    assert "max_on-boiler" in home.alerts()
    await home.clock.sleep(310)
    assert fake.is_on


async def test_a_stuck_relay_is_told_three_times_and_then_once_a_minute(home: Home) -> None:
    fake = home.shelly()
    fake.is_stuck = True
    await home.ready()
    before = len(home.told(f"{fake.prefix}/rpc"))
    home.renew(on=True)
    await home.clock.sleep(60)
    orders = [said for said in home.told(f"{fake.prefix}/rpc")[before:] if "Switch.Set" in said]
    assert len(orders) == 3
    assert "stuck-boiler" in home.alerts()
    assert home.acks(f"{home.epoch}-1")[-1].outcome == "failed"


async def test_a_silent_device_is_offline_within_three_periods_and_alarmed(home: Home) -> None:
    fake = home.tasmota(poll_s=10.0)
    await home.ready()
    fake.is_deaf = True
    await home.clock.sleep(35)
    assert home.availability()[-1] == "offline"
    cmd_id = await home.order(on=True)
    await home.clock.sleep(70)
    assert "failed" in home.outcomes(cmd_id)
    assert "silent-boiler" in home.alerts()
    fake.is_deaf = False
    home.renew(on=True)
    await home.clock.sleep(20)
    assert fake.is_on
    assert not home.alerts()


async def test_a_last_will_is_believed_at_once_and_nothing_is_sent_to_the_dead(home: Home) -> None:
    fake = home.tasmota()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(20)
    fake.is_deaf = True
    home.says("tele/tasmota_1A2B3C/LWT", "Offline")
    await home.clock.sleep(2)
    assert home.availability()[-1] == "offline"
    said = len(home.told(f"{TASMOTA}/POWER1"))
    await home.clock.sleep(15)
    assert not any(word == "ON" for word in home.told(f"{TASMOTA}/POWER1")[said:])


async def test_a_device_that_started_anew_gets_its_order_again(home: Home) -> None:
    fake = home.tasmota()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(20)
    home.says("tele/tasmota_1A2B3C/LWT", "Offline")
    fake.load.is_on = False
    await home.clock.sleep(10)
    home.says("tele/tasmota_1A2B3C/LWT", "Online")
    await home.clock.sleep(25)
    assert fake.is_on


async def test_a_gateway_that_is_away_takes_its_devices_with_it(home: Home) -> None:
    home.zigbee()
    await home.ready()
    home.says("zigbee2mqtt/bridge/state", '{"state":"offline"}')
    await home.clock.sleep(2)
    assert home.availability()[-1] == "offline"
    home.says("zigbee2mqtt/bridge/state", "online")
    await home.clock.sleep(2)
    assert home.availability()[-1] == "online"


async def test_no_order_is_ever_retained_and_a_leftover_is_taken_back(home: Home) -> None:
    fake = home.tasmota()
    home.says(f"{TASMOTA}/POWER", "ON", retain=True)
    await home.ready()
    assert f"{TASMOTA}/POWER" not in home.bus.retained
    assert "leftover-boiler" in home.alerts()
    await home.order(on=True)
    await home.clock.sleep(10)
    ours = [said for said in home.said if said.topic.startswith(TASMOTA) and said.payload]
    assert not any(said.retained for said in ours[1:])
    assert fake.is_on
    await home.clock.sleep(4000)
    assert not home.alerts()


async def test_a_state_that_the_broker_kept_is_not_believed_where_the_device_can_be_asked(home: Home) -> None:
    fake = home.tasmota()
    fake.is_deaf = True
    home.says("stat/tasmota_1A2B3C/POWER", "ON", retain=True)
    await home.ready()
    assert not home.states()


@pytest.mark.parametrize(
    "rubbish", ["", "{", "nan", "null", "[1,", '{"POWER":7}', '{"ENERGY":"?"}', '{"ENERGY":{"Power":null}}', "\x00"]
)
async def test_rubbish_changes_nothing(home: Home, rubbish: str) -> None:
    home.tasmota()
    await home.ready()
    before = home.states()[-1]
    for topic in ("stat/tasmota_1A2B3C/RESULT", "tele/tasmota_1A2B3C/SENSOR", "tele/tasmota_1A2B3C/LWT"):
        home.says(topic, rubbish)
    await home.clock.sleep(5)
    assert home.states()[-1] == before
    assert home.availability() == ["online"]


async def test_a_power_that_cannot_be_is_left_out(home: Home) -> None:
    home.tasmota(poll_s=300.0)
    await home.ready()
    for _ in range(3):
        home.says("tele/tasmota_1A2B3C/SENSOR", '{"ENERGY":{"Power":1e9}}')
        await home.clock.sleep(2)
    assert home.states()[-1].power_w == 0
    assert "implausible-boiler" in home.alerts()


async def test_a_switch_takes_switch_and_nothing_else(home: Home) -> None:
    home.tasmota()
    await home.ready()
    cmd_id = await home.order(500, action="set_power")
    await home.clock.sleep(3)
    assert set(home.outcomes(cmd_id)) == {"accepted", "failed"}


async def test_while_the_broker_is_away_the_timer_falls_and_it_is_nobodys_hand(home: Home) -> None:
    fake = home.shelly()
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(30)
    home.air.ready.clear()
    await home.clock.sleep(200)
    assert fake.moves[-1] == (False, "timer")
    home.air.ready.set()
    await home.clock.sleep(10)
    assert fake.is_on
    assert home.controls()[-1].mode == "leased"


async def test_a_device_without_the_off_timer_it_should_have_is_used_and_named(home: Home) -> None:
    fake = home.tasmota()
    fake.knows_pulse_time = False
    await home.ready()
    home.renew(on=True)
    await home.clock.sleep(10)
    assert fake.is_on
    await home.clock.sleep(20)
    assert "no_timer-boiler" in home.alerts()


@pytest.mark.parametrize("away_s", [6, 100])
async def test_a_device_that_missed_the_first_question_is_asked_again_before_it_is_named(
    home: Home, away_s: float
) -> None:
    fake = home.tasmota()
    fake.is_deaf = True
    await home.ready(settle_s=away_s)
    fake.is_deaf = False
    fake.press()
    await home.clock.sleep(25)
    assert home.availability()[-1] == "online"
    assert not [said for said in home.said if "no_timer" in said.topic and said.payload]

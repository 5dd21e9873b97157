"""Dimmers at a real broker: orders become percentages, off is 0, and no failure leaves a heater on."""

import asyncio
import json
from pathlib import Path

import pytest

from common.clock import Clock
from common.contract import CONTROL, LOAD_STATE
from common.foreign import Foreign
from tests.brokers import Broker
from tests.guests import guest, retained
from tests.pzem.home import Home

CMD = "regul/vload/heater/cmd"


@pytest.fixture
def home(broker: Broker, clock: Clock, tmp_path: Path) -> Home:
    return Home(broker, clock, tmp_path)


@pytest.mark.promise("3.10-07")
async def test_an_order_becomes_a_percentage_of_its_curve_and_is_proven(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer(meter="smeter/pzem/heater")
        await home.ready()
        cmd_id = await home.order(1200)
        assert dimmer.percent == 50
        assert home.outcomes(cmd_id) == ["accepted", "applied"]
        assert home.authority() == "leased"
        assert len(home.info()["topics"]) == 3, "where it tells, where it is told, and its meter"
        assert home.info()["topics"][-1] == "smeter/pzem/heater"
        await home.clock.sleep(3.0)
        state = home.last(LOAD_STATE, "heater")
        assert state.level_pct == 50
        assert state.power_w == pytest.approx(1200, abs=1)


async def test_a_power_measured_before_an_order_is_not_told_as_if_measured_after_it(home: Home) -> None:
    """Its status comes at once, its meter's reading a second later: nobody may take the old power for disobedience."""
    async with home:
        await home.dimmer(meter="smeter/pzem/heater")
        await home.ready()
        await home.order(1200)
        await home.clock.sleep(3.3)
        await home.order(300)
        await home.clock.sleep(3.0)
        states = [json.loads(said.payload) for said in home.said if said.topic.endswith("load/heater/state")]
        measured_ms = max(state["ts_ms"] for state in states if state["level_pct"] == 50)
        late = [state["ts_ms"] for state in states if state["level_pct"] != 50 and state["power_w"] > 1000]
        assert late
        assert max(late) <= measured_ms
        assert states[-1]["power_w"] == pytest.approx(300, abs=20)


@pytest.mark.promise("3.10-07")
async def test_its_curve_is_the_one_that_was_measured(home: Home) -> None:
    (home.folder / "curve.csv").write_text("percent;watts\n25;100\n50;800\n75;1900\n100;2000\n")
    async with home:
        dimmer = await home.dimmer(curves=[str(home.folder / "curve.csv")])
        await home.ready()
        await home.order(800)
        assert dimmer.percent == 50
        assert home.info()["max_w"] == 2000


async def test_a_curve_that_cannot_be_used_is_told_and_stops_nothing(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer(curves=["nowhere.csv"])
        await home.ready()
        assert "nowhere.csv" in home.alerts()["curve-heater"].text
        await home.order(1200)
        assert dimmer.percent == 50


async def test_an_older_dimmer_knows_numbers_only_and_answers_with_one(home: Home) -> None:
    async with home, Foreign(home.broker.settings, "ems-simulator", "scr", home.clock) as older:
        inbox, words = await older.hear("scr/0/in"), list[str]()

        async def answer() -> None:
            async for received in inbox:
                words.append(received.payload.decode())
                await older.say("scr/0/out", f"{float(words[-1]):.2f}")

        answering = asyncio.create_task(answer())
        places = {"topic": "scr/0/out", "command_topic": "scr/0/in"}
        home.settings["dimmers"] = {"heater": {**places, "speaks": "scr", "poll_s": 2}}
        await home.ready()
        cmd_id = await home.order(1200)
        assert home.outcomes(cmd_id) == ["accepted", "applied"]
        assert home.last(LOAD_STATE, "heater").level_pct == 50
        assert set(words) == {"0", "50"}
        await home.stop()
        assert words[-1] == "0"
        answering.cancel()


@pytest.mark.promise("3.10-07")
async def test_off_is_really_0_and_so_is_too_little(home: Home) -> None:
    """The older program leaves its dimmer at 4 %."""
    async with home:
        dimmer = await home.dimmer(min_power_w=101)
        await home.ready()
        await home.order(800)
        cmd_id = await home.order(90)
        assert dimmer.percent == 0
        assert home.acks(cmd_id)[-1].detail == "90 W is less than it can be dimmed to; it is off"
        assert home.last(LOAD_STATE, "heater").power_w == 0
        await home.order(2400)
        assert dimmer.percent >= 99
        await home.order(0)
        assert dimmer.percent == 0


async def test_without_a_meter_of_its_own_its_power_is_an_estimate_of_how_it_stands_and_not_what_was_ordered(
    home: Home,
) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        await home.order(1300)
        state = home.last(LOAD_STATE, "heater")
        assert (state.level_pct, state.power_w, state.quality) == (52, 1295.9, "estimated")
        dimmer.is_stuck = True
        await home.order(2400)
        await home.clock.sleep(20.0)
        assert home.last(LOAD_STATE, "heater").power_w == 1295.9


@pytest.mark.promise("3.10-15")
async def test_an_order_that_is_not_renewed_ends_at_0(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        await home.order(1200, ttl_s=10)
        assert dimmer.percent == 50
        await home.clock.sleep(9.0)
        assert dimmer.percent == 0
        assert home.authority() == "safe"


@pytest.mark.promise("3.10-16")
async def test_an_orderly_stop_switches_it_off(home: Home) -> None:
    """The older program is not told of SIGTERM, and leaves the heater as it is."""
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        await home.order(1200)
        await home.stop()
        assert dimmer.percent == 0
        assert home.authority() == "safe"


async def test_nothing_that_is_said_to_it_is_retained(home: Home) -> None:
    """A dimmer that starts anew resumes what the older program left for it."""
    async with home:
        await home.dimmer()
        await home.ready()
        await home.order(1200)
        assert await retained(home.broker.settings, "regul/#") == {}


async def test_what_an_older_program_left_is_swept_away(home: Home) -> None:
    async with home, guest(home.broker.settings) as older:
        await older.say(CMD, "87.5", retain=True)
        dimmer = await home.dimmer()
        await home.ready()
        assert dimmer.percent == 0
        assert await retained(home.broker.settings, "regul/#") == {}
        await home.order(1200)
        await older.say(CMD, "20", retain=True)
        await home.clock.sleep(15.0)
        assert dimmer.percent == 50


async def test_a_dimmer_that_started_anew_gets_its_order_again(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        await home.order(1200)
        await dimmer.unplug()
        await dimmer.plug_in()
        assert dimmer.percent == 0
        await home.clock.sleep(13.0)
        assert dimmer.percent == 50


async def test_a_dimmer_switched_off_by_word_is_switched_on_before_its_number(home: Home) -> None:
    async with home, guest(home.broker.settings) as somebody:
        dimmer = await home.dimmer()
        await home.ready()
        await somebody.say(CMD, "off")
        await home.clock.sleep(1.0)
        cmd_id = await home.order(1200)
        assert dimmer.percent == 50
        assert home.outcomes(cmd_id) == ["accepted", "applied"]


async def test_what_somebody_sets_without_an_order_is_left_alone_and_told(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        await dimmer.set_by_hand(70)
        await home.clock.sleep(30.0)
        assert (dimmer.percent, home.authority()) == (70, "manual")
        await home.order(1200)
        assert (dimmer.percent, home.authority()) == (50, "leased")


async def test_another_master_is_told_of(home: Home) -> None:
    async with home, guest(home.broker.settings) as somebody:
        dimmer = await home.dimmer()
        await home.ready()
        await home.order(1200)
        await somebody.say(CMD, "99.5")
        await home.clock.sleep(3.0)
        assert dimmer.percent == 50
        assert "stranger-heater" in home.alerts()


async def test_a_deaf_dimmer_is_offline_and_its_order_times_out(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        dimmer.is_deaf = True
        cmd_id = await home.order(1200, ttl_s=100)
        await home.clock.sleep(40.0)
        assert home.outcomes(cmd_id)[-1] == "timeout"
        assert (home.availability(), home.authority()) == (["online", "offline"], "offline")
        assert "gone-heater" in home.alerts()
        dimmer.is_deaf = False
        await home.clock.sleep(12.0)
        assert dimmer.percent == 50
        assert (home.availability()[-1], home.alerts()) == ("online", {})


async def test_a_stuck_dimmer_is_told_of(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        dimmer.is_stuck = True
        cmd_id = await home.order(1200)
        await home.clock.sleep(8.0)
        assert home.outcomes(cmd_id)[-1] == "failed"
        assert "stuck-heater" in home.alerts()


async def test_an_order_of_another_kind_fails_and_leaves_it_off(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        cmd_id = await home.order(on=True)
        assert home.acks(cmd_id)[-1].detail == "it takes power and nothing else"
        assert dimmer.percent == 0


@pytest.mark.promise("3.10-08")
async def test_two_dimmers_follow_their_own_curves_and_do_not_disturb_each_other(home: Home) -> None:
    async with home:
        one, other = await home.dimmer("one", max_power_w=2400), await home.dimmer("other", max_power_w=1200)
        await home.ready()
        one.is_deaf = True
        await home.order(600, to="one")
        await home.order(600, to="other")
        assert (one.percent, other.percent) == (0, 50)


async def test_no_word_is_a_text_that_a_dimmer_takes_for_0(home: Home) -> None:
    async with home:
        dimmer = await home.dimmer()
        await home.ready()
        for power_w in (300, 1200.4, 2400, 0):
            await home.order(power_w)
        assert all(word in ("status", "on") or word.isdecimal() for word in dimmer.heard)


async def test_who_controls_it_is_told_with_what_and_until_when(home: Home) -> None:
    async with home:
        await home.dimmer()
        await home.ready()
        await home.order(1200)
        control = home.last(CONTROL, "load", "heater")
        assert (control.setpoint_w, control.holder, control.epoch) == (1200, "ems-balancer", home.epoch)

"""Promises about the whole balancer that no rule alone can prove."""

import pytest

from common.contract import EV_STATE, INFO, DeviceInfo, EvState
from services.balancer.config import Config, DevicePolicy, PeakHours
from services.balancer.rules.leader import LEADER_W, LEAST_HELP_W
from tests.balancer.houses import run
from tests.balancer.stage import Stage, staged
from tests.balancer.test_team import Crew
from tests.balancer.test_team_house import team

SATURDAY = PeakHours(days=("sat",))
"""The stage's clock begins on a Saturday at noon."""


@pytest.mark.promise("4.8-09")
@pytest.mark.promise("4.8-10")
@pytest.mark.parametrize(
    ("hours", "car_w"), [(PeakHours(), 1400.0), (SATURDAY, 0.0), (PeakHours(days=("sun",)), 1400.0)]
)
def test_the_owners_peak_hours_decide_whether_a_car_charges_from_the_grid(hours: PeakHours, car_w: float) -> None:
    async def story(stage: Stage) -> None:
        charger = stage.bus("ems-relay")
        await charger.publish(INFO.at("ev", "car"), DeviceInfo(vendor="v", model="m", poll_s=5, stale_after_s=60))
        await charger.publish(EV_STATE.at("car"), EvState(connected=True, power_w=0.0))
        await stage.play(10)
        assert stage.last("balancer/main/state")["car_w"] == car_w

    staged(story, Config(order=("garage",), car="car", peak_hours=hours))


@pytest.mark.promise("4.8-09")
def test_a_car_that_is_not_connected_gets_no_advice_to_charge() -> None:
    async def story(stage: Stage) -> None:
        charger = stage.bus("ems-relay")
        await charger.publish(INFO.at("ev", "car"), DeviceInfo(vendor="v", model="m", poll_s=5, stale_after_s=60))
        await charger.publish(EV_STATE.at("car"), EvState(connected=False, power_w=0.0))
        await stage.play(10)
        assert stage.last("balancer/main/state")["car_w"] == 0

    staged(story, Config(order=("garage",), car="car"))


@pytest.mark.promise("4.8-14")
def test_the_same_house_leads_to_the_same_messages_each_with_its_reason() -> None:
    courses: list[list[object]] = []

    async def story(stage: Stage) -> None:
        for load_w in (500, 2500, -1500):
            stage.load_w = load_w
            await stage.play(20)
        decided = stage.heard("decision/garage")
        assert len(decided) > 3
        assert all(said.body["reason"] and said.body["rule"] for said in decided)
        courses.append([(said.at_s, said.topic, said.body) for said in stage.said])

    for _ in range(2):
        staged(story)
    assert courses[0] == courses[1]


@pytest.mark.promise("4.8-03")
def test_the_efficiency_that_an_owner_states_weighs_in() -> None:
    """75 % at 95 % efficiency give more than 80 % at 85 %."""
    crew = Crew(a=80, b=75)
    crew.policies = {"a": DevicePolicy(round_trip_pct=85), "b": DevicePolicy(round_trip_pct=95)}
    assert crew.powers(2000)["b"] is None
    crew = Crew(a=80, b=75)
    assert crew.powers(2000)["a"] is None


@pytest.mark.promise("4.8-05")
@pytest.mark.parametrize(
    ("need_w", "helps"), [(LEADER_W + LEAST_HELP_W - 60, False), (LEADER_W + LEAST_HELP_W + 60, True)]
)
def test_in_a_house_too_nobody_helps_with_less_than_300_w(need_w: float, helps: bool) -> None:
    trace = run(team([(30.0, need_w)], (80, 75, 70)), 240.0)
    helping_w = min(sorted(powers)[1] for powers in trace.batteries_w[1200:])
    assert (helping_w < -250) is helps


@pytest.mark.promise("4.8-11")
def test_the_leader_is_thought_over_each_minute_unless_the_owner_wants_otherwise() -> None:
    assert Config().leader_cycle_s == 60
    crew = Crew(a=80, b=75, c=70)
    crew.desk.cycle_s = Config(leader_cycle_s=20).leader_cycle_s
    crew.powers(3000)
    assert crew.powers(3400, 19.0) == {"a": None, "b": -750, "c": -750}
    assert crew.powers(3400, 1.0) == {"a": None, "b": -950, "c": -950}

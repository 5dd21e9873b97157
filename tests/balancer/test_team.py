"""The desk of the leading battery: thought over once a cycle, at once when somebody reaches an edge."""

import pytest

from common.contract import BatteryState, DeviceInfo
from services.balancer.config import DevicePolicy
from services.balancer.dispatch import Target
from services.balancer.rules.soc import Held
from services.balancer.team import FOLLOWS, HASTE_S, TeamDesk
from services.balancer.world import Device

LEADS = Target(action="set_mode", mode=FOLLOWS)
INFO = DeviceInfo(
    vendor="v",
    model="m",
    poll_s=1,
    stale_after_s=10,
    capabilities=("power", "mode"),
    modes=("self_consumption",),
    min_w=-2500.0,
    max_w=2500.0,
)
EMPTY, FULL = Held(at_reserve=True), Held(at_ceiling=True)


class Crew:
    """A desk and its batteries, and what it told each at the last reading."""

    def __init__(self, **socs: float) -> None:
        self.desk = TeamDesk(60.0)
        self.socs = socs
        self.held: dict[str, Held] = {}
        self.policies: dict[str, DevicePolicy] = {}
        self.now_s = 1000.0

    @property
    def pool(self) -> list[Device]:
        """The batteries as last heard."""
        return [
            Device(name, "battery", INFO, BatteryState(power_w=0.0, soc_pct=soc), self.now_s)
            for name, soc in self.socs.items()
        ]

    def told(self, need_w: float, after_s: float = 1.0) -> dict[str, Target]:
        """What each is told at a reading so much later."""
        self.now_s += after_s
        policies = {name: self.policies.get(name, DevicePolicy()) for name in self.socs}
        held = {name: self.held.get(name, Held()) for name in self.socs}
        return self.desk.targets(self.pool, policies, held, need_w, self.now_s)

    def powers(self, need_w: float, after_s: float = 1.0) -> dict[str, float | None]:
        """The same as set-points; None for the one that leads."""
        return {name: target.power_w for name, target in self.told(need_w, after_s).items()}


@pytest.mark.promise("4.8-02")
def test_one_is_told_to_follow_its_meter_and_the_others_hold_set_points() -> None:
    assert Crew(a=80, b=75, c=70).told(2500) == {
        "a": LEADS,
        "b": Target(action="set_power", power_w=-500.0),
        "c": Target(action="set_power", power_w=-500.0),
    }


def test_without_batteries_there_is_nothing_to_tell() -> None:
    assert Crew().told(3000) == {}


@pytest.mark.promise("4.8-11")
def test_a_team_that_fits_is_thought_over_once_a_minute() -> None:
    crew = Crew(a=80, b=75, c=70)
    assert crew.powers(3000) == {"a": None, "b": -750, "c": -750}
    assert crew.powers(3400, 30.0) == {"a": None, "b": -750, "c": -750}, "the leader carries the difference"
    assert crew.powers(3400, 30.0) == {"a": None, "b": -950, "c": -950}


def test_helpers_that_do_more_than_the_need_are_called_back_in_seconds() -> None:
    """Else the leader would charge from them for up to a minute."""
    crew = Crew(a=80, b=75, c=70)
    crew.powers(4500)
    assert crew.powers(500) == {"a": None, "b": -1500, "c": -1500}
    assert crew.powers(500, HASTE_S) == {"a": None, "b": 0, "c": 0}


def test_helpers_that_run_against_the_need_are_called_back_in_seconds() -> None:
    crew = Crew(a=80, b=75, c=70)
    crew.powers(4500)
    crew.powers(-4500)
    assert crew.powers(-4500, HASTE_S) == {"a": 1500, "b": 1500, "c": None}


def test_a_need_beyond_the_leader_brings_helpers_in_seconds() -> None:
    crew = Crew(a=80, b=75, c=70)
    assert crew.powers(500) == {"a": None, "b": 0, "c": 0}
    crew.powers(5000)
    assert crew.powers(5000, HASTE_S) == {"a": None, "b": -1750, "c": -1750}


def test_one_odd_reading_changes_nothing() -> None:
    """The batteries' own measurements come later than the meter's."""
    crew = Crew(a=80, b=75, c=70)
    before = crew.powers(4500)
    assert crew.powers(-2000) == before
    assert crew.powers(4500, HASTE_S) == before
    assert crew.powers(-2000, HASTE_S) == before


@pytest.mark.promise("4.8-06")
def test_a_helper_at_its_reserve_stops_at_once() -> None:
    crew = Crew(a=80, b=75, c=20)
    crew.powers(4500)
    crew.held["c"] = EMPTY
    assert crew.powers(4500) == {"a": None, "b": -2500, "c": 0}


@pytest.mark.promise("4.8-06")
def test_a_leader_at_its_reserve_is_relieved_in_seconds() -> None:
    crew = Crew(a=20, b=75)
    crew.desk.team = crew.desk.team.__class__("a", {"b": 0.0}, "")
    crew.desk.chosen_s = crew.now_s
    crew.held["a"] = EMPTY
    crew.powers(400)
    assert crew.powers(400, HASTE_S) == {"a": 0, "b": None}


def test_when_all_are_empty_nobody_leads_until_there_is_something_to_take() -> None:
    crew = Crew(a=20, b=20)
    crew.held = {"a": EMPTY, "b": EMPTY}
    assert crew.powers(400) == {"a": 0, "b": 0}
    assert crew.powers(400, 61.0) == {"a": 0, "b": 0}
    assert crew.powers(-60, HASTE_S) == {"a": 0, "b": 0}, "60 W are no sunrise"
    crew.powers(-500)
    assert None in crew.powers(-500, HASTE_S).values()


def test_when_all_are_full_nobody_leads_until_there_is_something_to_give() -> None:
    crew = Crew(a=100, b=100)
    crew.held = {"a": FULL, "b": FULL}
    assert crew.powers(-4000) == {"a": 0, "b": 0}
    crew.powers(800)
    assert None in crew.powers(800, HASTE_S).values()


@pytest.mark.promise("4.8-12")
def test_when_a_battery_is_gone_the_others_go_on_at_once() -> None:
    crew = Crew(a=80, b=75, c=70)
    crew.powers(4500)
    del crew.socs["a"]
    assert crew.powers(4500) == {"b": None, "c": -2500}


def test_a_battery_that_comes_back_joins_at_once() -> None:
    crew = Crew(b=75, c=70)
    crew.powers(4500)
    crew.socs["a"] = 80
    assert crew.powers(4500) == {"a": None, "b": -1500, "c": -1500}


def test_the_owners_limits_bind_helpers_and_leader() -> None:
    crew = Crew(a=80, b=75, c=70)
    crew.policies = {"a": DevicePolicy(max_discharge_w=800), "b": DevicePolicy(max_discharge_w=500)}
    assert crew.powers(4500) == {"a": None, "b": -500, "c": -2500}


def test_a_battery_of_unknown_charge_may_take_but_gives_nothing() -> None:
    crew = Crew(a=80, b=75)
    pool = [*crew.pool, Device("c", "battery", INFO, BatteryState(power_w=0.0), crew.now_s)]
    held = {"a": Held(), "b": Held(), "c": Held(at_reserve=True)}
    policies = dict.fromkeys("abc", DevicePolicy())
    assert crew.desk.targets(pool, policies, held, 4500, 1.0)["c"].power_w == 0
    assert crew.desk.targets(pool, policies, held, -4500, 100.0)["c"].mode == FOLLOWS


def test_what_is_left_to_the_team_is_a_share_of_its_leader_and_all_of_its_helpers() -> None:
    crew = Crew(a=80, b=75, c=70)
    assert crew.desk.limits_w(crew.pool, 0.8) == (0, 0)
    crew.powers(4500)
    assert crew.desk.limits_w(crew.pool, 0.8) == (-2000 - 3000, 2000)

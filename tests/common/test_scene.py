"""What a person sees, put together out of messages."""

import pytest

from common.contract import (
    ALERT,
    AVAILABILITY,
    BALANCER_STATE,
    BATTERY_STATE,
    CONTROL,
    DECISION,
    GROUP,
    INFO,
    METER_STATE,
    PV_STATE,
    SERVICE_HEALTH,
    SERVICE_STATUS,
    SETTING,
    SWITCH_STATE,
    Alert,
    BalancerState,
    BatteryState,
    Control,
    Decision,
    DeviceInfo,
    GroupState,
    MeterState,
    Payload,
    PvState,
    ServiceHealth,
    SwitchState,
    Topic,
)
from common.scene import COURSE, NEWS, Scene
from tests.words import NOW_MS, message

GARAGE, CELLAR = BATTERY_STATE.at("garage"), BATTERY_STATE.at("cellar")


def scene(*told: tuple[Topic[Payload | str], Payload | str]) -> Scene:
    """Made of messages, one each second."""
    made = Scene()
    for at_s, (topic, body) in enumerate(told):
        made.take(message(topic, body, at_s))
    return made


def decision(target_w: float | None = -300.0, rule: str = "hold-grid", bound_by: str | None = None) -> Decision:
    return Decision(target_w=target_w, rule=rule, bound_by=bound_by, reason="because")


def test_the_house_draws_what_the_grid_shows_without_the_batteries() -> None:
    made = scene(
        (METER_STATE.at("p1"), MeterState(power_w=100.0)),
        (GARAGE, BatteryState(power_w=-800.0)),
        (CELLAR, BatteryState(power_w=300.0)),
    )
    assert (made.batteries_w(NOW_MS), made.house_w(NOW_MS)) == (-500.0, 600.0)


def test_a_battery_that_does_not_know_its_power_makes_the_house_unknown() -> None:
    made = scene(
        (METER_STATE.at("p1"), MeterState(power_w=100.0)),
        (GARAGE, BatteryState(power_w=-800.0)),
        (CELLAR, BatteryState(power_w=None)),
    )
    assert (made.batteries_w(NOW_MS), made.house_w(NOW_MS)) == (None, None)


def test_a_battery_that_has_fallen_silent_makes_the_house_unknown() -> None:
    """What it did a minute ago says nothing about now; its own limit counts where it told one."""
    info = DeviceInfo(vendor="stage", model="battery", poll_s=10, stale_after_s=30)
    told = ((GARAGE, BatteryState(power_w=-800.0)), (METER_STATE.at("p1"), MeterState(power_w=100.0)))
    made, informed = scene(*told), scene(*told, (INFO.at("battery", "garage"), info))
    assert (made.house_w(NOW_MS + 59_000), made.house_w(NOW_MS + 60_001)) == (900.0, None)
    assert (informed.house_w(NOW_MS + 29_000), informed.house_w(NOW_MS + 30_001)) == (900.0, None)


def test_a_grid_meter_that_has_fallen_silent_shows_nothing() -> None:
    said = BalancerState(mode="auto", sentence="fine", grid_meter="p1")
    info = DeviceInfo(vendor="HomeWizard", model="HWE-P1", poll_s=1, stale_after_s=10)
    reading = (METER_STATE.at("p1"), MeterState(power_w=100.0))
    made = scene(reading, (BALANCER_STATE.at("main"), said), (INFO.at("meter", "p1"), info))
    assert (made.grid_w(NOW_MS + 10_000), made.grid_w(NOW_MS + 10_001)) == (100.0, None)


def test_the_sun_is_what_all_sources_produce() -> None:
    roof, shed = PV_STATE.at("roof"), PV_STATE.at("shed")
    made = scene((roof, PvState(production_w=900.0)), (shed, PvState(production_w=100.0)))
    assert made.sun_w(NOW_MS) == 1000.0
    assert made.devices["roof"].power_w == -900.0
    assert scene((roof, PvState(production_w=900.0)), (shed, PvState(production_w=None))).sun_w(NOW_MS) is None
    assert scene().sun_w(NOW_MS) is None, "nothing measures it"


def test_settings_groups_and_prices_are_known_until_they_are_taken_back() -> None:
    group = GroupState(members="tv", requested="1", boosted="0", live="1", active=1, index=0, sentence="One heats.")
    said = decision()
    made = scene(
        (SETTING.at("main", "mode"), "auto"),
        (SETTING.at("main", "force_minutes", "boiler"), "60"),
        (GROUP.at("main", "heating"), group),
        (DECISION.at("main", "tv"), said),
    )
    assert made.settings == {"mode": "auto", "force_minutes/boiler": "60"}
    assert (made.groups, made.decisions) == ({"heating": group}, {"tv": said})
    for topic in ("setting/force_minutes/boiler", "group/heating", "decision/tv"):
        made.clear(f"balancer/main/{topic}")
    assert (made.settings, made.groups, made.decisions) == ({"mode": "auto"}, {}, {})


def test_a_device_that_is_taken_back_is_gone() -> None:
    made = scene((SWITCH_STATE.at("boiler"), SwitchState(on=True, power_w=2000.0)))
    assert (made.devices["boiler"].kind, made.devices["boiler"].writer) == ("switch", "ems-balancer")
    made.clear("switch/boiler/info")
    assert made.devices == {}


def test_a_battery_that_was_only_announced_makes_the_house_unknown_too() -> None:
    made = scene((METER_STATE.at("p1"), MeterState(power_w=100.0)), (AVAILABILITY.at("battery", "garage"), "online"))
    assert made.house_w(NOW_MS) is None


def test_before_the_first_reading_nothing_is_known() -> None:
    assert (Scene().grid, Scene().house_w(NOW_MS)) == (None, None)


def test_a_house_without_batteries_draws_what_the_grid_shows() -> None:
    assert scene((METER_STATE.at("p1"), MeterState(power_w=-40.0))).house_w(NOW_MS) == -40.0


def test_a_battery_is_what_was_last_said_of_it() -> None:
    info = DeviceInfo(vendor="stage", model="battery", poll_s=10, stale_after_s=30)
    control = Control(mode="leased", setpoint_w=-300.0, epoch=7)
    state = BatteryState(power_w=-280.0, soc_pct=61.0)
    made = scene(
        (INFO.at("battery", "garage"), info),
        (AVAILABILITY.at("battery", "garage"), "online"),
        (GARAGE, state),
        (CONTROL.at("battery", "garage"), control),
    )
    card = made.devices["garage"]
    assert (card.info, card.online, card.state, card.control) == (info, True, state, control)
    assert card.measured_ms == NOW_MS + 2000


@pytest.mark.parametrize(("word", "online"), [("online", True), ("offline", False), ("perhaps", None)])
def test_only_two_words_tell_whether_it_can_be_reached(word: str, online: bool | None) -> None:
    assert scene((AVAILABILITY.at("battery", "garage"), word)).devices["garage"].online is online


def test_a_decision_about_a_car_makes_no_battery_of_it() -> None:
    """Its unknown power would make that of the house unknown."""
    made = scene((METER_STATE.at("p1"), MeterState(power_w=5.0)), (DECISION.at("main", "car"), decision(1400.0)))
    assert (made.of_kind("battery"), made.house_w(NOW_MS)) == ((), 5.0)


def test_the_grid_is_what_the_meter_in_use_shows() -> None:
    """Another meter may hang behind the roof."""
    said = BalancerState(mode="auto", sentence="fine", grid_meter="p1")
    readings = ((METER_STATE.at(name), MeterState(power_w=w)) for name, w in (("p1", 40.0), ("roof", -3000.0)))
    made = scene((BALANCER_STATE.at("main"), said), *readings)
    assert (made.grid, list(made.course_w)) == (MeterState(power_w=40.0), [40.0])


def test_what_is_said_of_a_meter_is_not_taken_for_a_battery() -> None:
    info = DeviceInfo(vendor="HomeWizard", model="HWE-P1", poll_s=1, stale_after_s=10)
    made = scene((INFO.at("meter", "p1"), info), (AVAILABILITY.at("meter", "p1"), "offline"))
    assert made.of_kind("battery") == ()


def test_services_are_known_by_their_word_and_their_heartbeat() -> None:
    health = ServiceHealth(version="1", uptime_s=1, reconnects=0, queue=0, rejected=0)
    made = scene((SERVICE_STATUS.at("ems-p1"), "online"), (SERVICE_HEALTH.at("ems-p1"), health))
    card = made.services["ems-p1"]
    assert (card.status, card.health, card.heard_ms) == ("online", health, NOW_MS + 1000)


def test_the_balancers_sentence_is_the_newest() -> None:
    first, second = (BalancerState(mode="auto", sentence=text) for text in ("first", "second"))
    assert scene((BALANCER_STATE.at("main"), first), (BALANCER_STATE.at("main"), second)).balancer == second


def test_an_alert_stands_until_it_is_taken_back() -> None:
    topic = ALERT.at("ems-p1", "silent")
    made = scene((topic, Alert(severity="error", since_ms=NOW_MS, text="The meter is silent.")))
    assert list(made.alerts) == [topic.name]
    made.clear("alert/ems-p1/other")
    assert list(made.alerts) == [topic.name]
    made.clear(topic.name)
    assert made.alerts == {}


@pytest.mark.parametrize(
    ("second", "is_news"),
    [
        (decision(-349.0), False),
        (decision(-350.0), True),
        (decision(-250.0), True),
        (decision(None), True),
        (decision(rule="reserve"), True),
        (decision(bound_by="limit"), True),
        (decision(), False),
    ],
)
def test_drift_is_no_news(second: Decision, is_news: bool) -> None:
    topic = DECISION.at("main", "garage")
    assert (len(scene((topic, decision()), (topic, second)).news) == 2) is is_news


def test_drift_adds_up_to_news() -> None:
    """Small changes are measured from what was last told, not from one another."""
    topic = DECISION.at("main", "garage")
    assert len(scene(*((topic, decision(-300.0 - 20 * step)) for step in range(6))).news) == 2


def test_the_newest_news_come_first_and_the_oldest_go() -> None:
    topic = DECISION.at("main", "garage")
    made = scene(*((topic, decision(-100.0 * step)) for step in range(3 * NEWS)))
    assert len(made.news) == NEWS
    assert [item.at_ms for item in made.news] == sorted((item.at_ms for item in made.news), reverse=True)


def test_the_curve_of_the_grid_keeps_its_newest_readings() -> None:
    made = scene(*((METER_STATE.at("p1"), MeterState(power_w=float(power_w))) for power_w in range(2 * COURSE)))
    assert list(made.course_w) == [float(power_w) for power_w in range(COURSE, 2 * COURSE)]

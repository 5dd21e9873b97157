"""What the page is told: all of it once, then what changed; unknown is null, old is said to be old."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from common.contract import (
    ALERT,
    BALANCER_STATE,
    BATTERY_STATE,
    CONTROL,
    DECISION,
    EV_STATE,
    INFO,
    LOAD_STATE,
    METER_STATE,
    PLAN,
    PLAN_SCORE,
    PV_STATE,
    REQUEST_STATE,
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
    EvState,
    LoadState,
    MeterState,
    Payload,
    PlanScore,
    PlanSlot,
    PlanState,
    PvState,
    RequestState,
    ServiceHealth,
    SwitchState,
    Topic,
)
from common.scene import Scene
from services.web.picture import cards, changes
from tests.words import NOW_MS, message

CARDS = st.dictionaries(st.text(max_size=5), st.integers().map(lambda number: json.dumps(number).encode()))


def shown(*told: tuple[Topic[Payload | str], Payload | str], after_s: float = 0.0) -> dict[str, Any]:
    """The cards of a house in which this was said."""
    scene = Scene()
    for topic, body in told:
        scene.take(message(topic, body))
    return {name: json.loads(card) for name, card in cards(scene, NOW_MS + round(after_s * 1000), "ems").items()}


def test_before_anything_is_known_nothing_is_zero() -> None:
    now = shown()["now"]
    assert set(now.values()) == {None}


def test_the_flows_of_a_house_with_sun() -> None:
    """−900 W at the grid, 2,000 W from the roof, 300 W into the battery: the house draws 800 W."""
    now = shown(
        (METER_STATE.at("p1"), MeterState(power_w=-900.4)),
        (BATTERY_STATE.at("garage"), BatteryState(power_w=300.0)),
        (PV_STATE.at("roof"), PvState(production_w=2000.0)),
        (BALANCER_STATE.at("main"), BalancerState(mode="auto", sentence="Exporting.", grid_meter="p1")),
    )["now"]
    assert (now["grid_w"], now["batteries_w"], now["sun_w"], now["house_w"]) == (-900, 300, 2000, 800)
    assert (now["mode"], now["sentence"], now["dry_run"]) == ("auto", "Exporting.", False)


def test_a_device_comes_with_its_order_and_the_reason() -> None:
    card = shown(
        (INFO.at("battery", "garage"), DeviceInfo(vendor="A", model="B", poll_s=1, stale_after_s=10, max_w=2500)),
        (BATTERY_STATE.at("garage"), BatteryState(power_w=-280.6, soc_pct=61.0, mode="setpoint")),
        (CONTROL.at("battery", "garage"), Control(mode="leased", setpoint_w=-300.0, lease_until_ms=7, epoch=1)),
        (DECISION.at("main", "garage"), Decision(target_w=-300.0, rule="hold", bound_by="reserve", reason="Why.")),
    )["device/garage"]
    assert (card["power_w"], card["soc_pct"], card["makes"], card["max_w"]) == (-281, 61.0, "A B", 2500.0)
    assert card["control"] == {"mode": "leased", "setpoint_w": -300.0, "lease_until_ms": 7}
    assert (card["decision"]["reason"], card["decision"]["bound_by"]) == ("Why.", "reserve")
    assert not card["stale"]


def test_every_kind_of_device_tells_its_own() -> None:
    made = shown(
        (SWITCH_STATE.at("boiler"), SwitchState(on=True, locked=True)),
        (LOAD_STATE.at("heater"), LoadState(level_pct=40.0, power_w=700.0)),
        (EV_STATE.at("car"), EvState(connected=True, soc_pct=71.0)),
        (PV_STATE.at("roof"), PvState(production_w=3100.0)),
        (REQUEST_STATE.at("hall"), RequestState(on=True, target_c=21.0)),
    )
    assert (made["device/boiler"]["on"], made["device/boiler"]["locked"]) == (True, True)
    assert made["device/boiler"]["power_w"] is None, "nothing measures it"
    assert made["device/heater"]["level_pct"] == 40.0
    assert (made["device/car"]["connected"], made["device/car"]["soc_pct"]) == (True, 71.0)
    assert made["device/roof"]["power_w"] == -3100
    assert (made["device/hall"]["on"], made["device/hall"]["target_c"]) == (True, 21.0)


def test_what_has_fallen_silent_is_said_to_be() -> None:
    told = (METER_STATE.at("p1"), MeterState(power_w=5.0)), (BATTERY_STATE.at("garage"), BatteryState(power_w=1.0))
    late = shown(*told, after_s=61)
    assert late["device/garage"]["stale"]
    assert (late["now"]["grid_w"], late["now"]["batteries_w"]) == (None, None)
    assert late["measured"] == {"p1": NOW_MS, "garage": NOW_MS}


def test_a_balancer_that_has_fallen_silent_is_said_to_be() -> None:
    told = (BALANCER_STATE.at("main"), BalancerState(mode="auto", sentence="Fine.", missing="p1 (is silent)"))
    assert shown(told, after_s=30)["now"]["silent_since_ms"] is None
    late = shown(told, after_s=31)["now"]
    assert (late["silent_since_ms"], late["sentence"], late["missing"]) == (NOW_MS, "Fine.", "p1 (is silent)")


def test_alerts_settings_and_services() -> None:
    health = ServiceHealth(version="1", uptime_s=1, reconnects=0, queue=0, rejected=0, last_error="no answer")
    told = (
        (ALERT.at("ems-p1", "silent"), Alert(severity="error", since_ms=1, text="Silent.", advice="Look.")),
        (SETTING.at("main", "force_minutes", "boiler"), "60"),
        (SERVICE_STATUS.at("ems-p1"), "online"),
        (SERVICE_HEALTH.at("ems-p1"), health),
        (SERVICE_HEALTH.at("ems-web"), health),
    )
    made = shown(*told)
    assert made["alert/ems-p1/silent"]["text"] == "Silent."
    assert made["settings"] == {"force_minutes/boiler": "60"}
    assert made["service/ems-p1"] == {"status": "online", "late": False, "error": "no answer"}
    assert "service/ems-web" not in made, "its own word is not heard"
    assert shown(*told, after_s=31)["service/ems-p1"]["late"]


def test_a_plan_is_shown_from_the_running_slot_on_and_only_while_it_holds() -> None:
    hours = [NOW_MS + hour * 3_600_000 for hour in range(-1, 12)]
    slots = tuple(
        PlanSlot(start_ms=start_ms, end_ms=end_ms, intent="hold" if number % 2 else "charge", power_w=100.0 * number)
        for number, (start_ms, end_ms) in enumerate(pairwise(hours))
    )
    plan = PlanState(issued_ms=NOW_MS, valid_until_ms=NOW_MS + 60_000, sentence="Waits.", slots=slots)
    score = PlanScore(
        day="2026-04-18", cost_eur=1, none_eur=2, rule_eur=1, oracle_eur=1, covered_pct=100, sentence="Well done."
    )
    told = (PLAN.at("garage"), plan), (PLAN_SCORE.at("main"), score)
    made = shown(*told)
    assert made["plan/garage"]["sentence"] == "Waits."
    assert [slot["power_w"] for slot in made["plan/garage"]["slots"]] == [100, 200, 300, 400, 500, 600]
    assert made["score"] == {"sentence": "Well done."}
    assert "plan/garage" not in shown(*told, after_s=60)


@given(CARDS, CARDS)
def test_who_has_the_old_cards_and_hears_the_changes_has_the_new_ones(
    known: dict[str, bytes], fresh: dict[str, bytes]
) -> None:
    mine = {name: json.loads(card) for name, card in known.items()}
    told = json.loads(changes(known, fresh))
    mine |= told
    assert {name: card for name, card in mine.items() if card is not None} == {
        name: json.loads(card) for name, card in fresh.items()
    }
    assert all(known.get(name) != fresh.get(name) for name in told)

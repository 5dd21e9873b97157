"""The picture in the terminal: as wide as the terminal and no wider, numbers whole, what is unknown a dash."""

import io
import re
from collections.abc import Iterable

import pytest
from rich.cells import cell_len
from rich.console import Console

from common.contract import (
    ALERT,
    AVAILABILITY,
    BALANCER_STATE,
    BATTERY_STATE,
    CONTROL,
    DECISION,
    EV_STATE,
    LOAD_STATE,
    METER_STATE,
    PV_STATE,
    SERVICE_HEALTH,
    SERVICE_STATUS,
    SWITCH_STATE,
    Alert,
    BalancerState,
    BatteryState,
    Control,
    Decision,
    EvState,
    LoadState,
    MeterState,
    Payload,
    PvState,
    ServiceHealth,
    SwitchState,
    Topic,
)
from common.scene import Scene
from services.cli.view import draw
from tests.words import NOW_MS, message

Told = tuple[Topic[Payload | str], Payload | str]
WIDTHS = (80, 100, 120)


def picture(scene: Scene, width: int, after_s: float = 0.0) -> str:
    """What the terminal shows, line by line, without colours."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=50, force_terminal=False, color_system=None)
    console.print(draw(scene, NOW_MS + round(after_s * 1000), "Ballast · a house", width))
    return out.getvalue()


def scene(*told: Told) -> Scene:
    """Made of messages, all at the same instant."""
    made = Scene()
    for topic, body in told:
        made.take(message(topic, body))
    return made


def battery(name: str, power_w: float | None, soc_pct: float | None, mode: str | None = "setpoint") -> Iterable[Told]:
    yield BATTERY_STATE.at(name), BatteryState(power_w=power_w, soc_pct=soc_pct, mode=mode)
    yield AVAILABILITY.at("battery", name), "online"
    control = Control(mode="leased", setpoint_w=power_w, lease_until_ms=NOW_MS + 87_000, epoch=7)
    yield CONTROL.at("battery", name), control


def crowded() -> Scene:
    """Everything at its longest: names, reasons, powers; and more of everything than a house has."""
    names = [f"{number}_battery_with_quite_a_long_name"[:32] for number in range(4)]
    services = [f"ems-service-number-{number}" for number in range(8)]
    reason = "because the sun shines and nobody is at home to use any of what it gives to the house " * 3
    decision = Decision(
        target_w=-12_345.0, rule="hold-grid-at-its-target", bound_by="device-limit", reason=reason[:300]
    )
    health = ServiceHealth(version="1", uptime_s=1, reconnects=0, queue=0, rejected=0)
    return scene(
        (METER_STATE.at("p1"), MeterState(power_w=-12_345.0)),
        (BALANCER_STATE.at("main"), BalancerState(mode="auto", sentence=reason[:300])),
        *(said for name in names for said in battery(name, -12_345.0, 100.0, "self_consumption")),
        *((DECISION.at("main", name), decision) for name in names),
        *((SERVICE_STATUS.at(name), "online") for name in services),
        *((SERVICE_HEALTH.at(name), health) for name in services),
        *((ALERT.at(name, "trouble"), Alert(severity="error", since_ms=NOW_MS, text=reason)) for name in services[:2]),
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    assert max(cell_len(line) for line in picture(crowded(), width).splitlines()) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_are_never_cut_or_wrapped(width: int) -> None:
    """Every battery's line has what it does, what it was told, its charge, its lease and its age, whole."""
    text = picture(crowded(), width, after_s=5)
    lines = [line for line in text.splitlines() if re.search("[0-3]_battery.*%", line)]
    assert text.count("12,345") == text.count("−12,345 W")
    assert len(lines) == 4
    for line in lines:
        assert line.count("−12,345 W") == 2
        assert re.search(r"100 %.* 82 s .*5 s ago", line)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_flows_are_told_in_whole_numbers(width: int) -> None:
    """−12,345 W at the grid, four batteries that give as much each: the house draws 37,035 W."""
    text = picture(crowded(), width)
    assert re.search(r"Grid +−12,345 W +exporting", text)
    assert re.search(r"House +\+37,035 W +draws", text)
    assert re.search(r"Batteries +−49,380 W +giving", text)


@pytest.mark.parametrize("width", WIDTHS)
def test_before_anything_is_known_there_are_dashes_and_no_zeros(width: int) -> None:
    text = picture(scene((AVAILABILITY.at("battery", "garage"), "online")), width)
    assert re.search(r"Grid +– +waiting for the meter", text)
    assert re.search(r"House +– +│", text)
    assert re.search(r"Batteries +– ", text)
    assert "0" not in text
    row = next(line for line in text.splitlines() if line.startswith("garage") or " garage" in line)
    assert row.split() == ["garage", "–", "–", "–", "–", "–", "never"]


@pytest.mark.parametrize("width", WIDTHS)
def test_what_one_battery_does_not_tell_is_a_dash(width: int) -> None:
    made = scene((METER_STATE.at("p1"), MeterState(power_w=3.0)), *battery("garage", None, None, None))
    row = next(line for line in picture(made, width).splitlines() if "garage" in line)
    assert row.split() == ["garage", "–", "–", "–", "–", "87", "s", "0", "s", "ago"]


def test_a_lease_that_is_over_is_not_below_zero() -> None:
    assert re.search(r"garage .* 0 s ", picture(scene(*battery("garage", 0.0, 50.0)), 80, after_s=200))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("after_s", "age"),
    [
        (-1, "0 s ago"),
        (99.4, "99 s ago"),
        (99.6, "2 min ago"),
        (5969, "99 min ago"),
        (5971, "2 h ago"),
        (9e6, "2500 h ago"),
    ],
)
def test_the_age_of_a_reading_fits_whatever_it_is(after_s: float, age: str, width: int) -> None:
    assert f"{age} " in picture(scene(*battery("garage", 0.0, 50.0)), width, after_s)


def test_without_a_lease_the_authority_is_told() -> None:
    told = Control(mode="autonomous", epoch=7)
    row = picture(scene((CONTROL.at("battery", "garage"), told)), 120)
    assert re.search(r"garage +– +– +– +– +autonomous +never", row)


@pytest.mark.parametrize(
    ("power_w", "word"),
    [(26.0, "importing"), (25.0, "at zero"), (-25.0, "at zero"), (-26.0, "exporting")],
)
def test_the_grid_in_a_word(power_w: float, word: str) -> None:
    assert word in picture(scene((METER_STATE.at("p1"), MeterState(power_w=power_w))), 80)


@pytest.mark.parametrize(
    ("power_w", "word"), [(6.0, "charging"), (5.0, "at rest"), (-5.0, "at rest"), (-6.0, "giving")]
)
def test_the_batteries_in_a_word(power_w: float, word: str) -> None:
    assert word in picture(scene(*battery("garage", power_w, 50.0)), 80)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_curve_of_the_grid_ends_with_its_newest_reading(width: int) -> None:
    powers = [*[-100.0] * 200, -2900.0]
    made = scene(*((METER_STATE.at("p1"), MeterState(power_w=power_w)) for power_w in powers))
    line = next(line for line in picture(made, width).splitlines() if "Grid" in line)
    assert re.search(r"▁+█ *│$", line)


def test_a_house_that_produces() -> None:
    made = scene((METER_STATE.at("p1"), MeterState(power_w=-900.0)))
    assert re.search(r"House +−900 W +produces", picture(made, 80))


def test_nothing_almost_is_not_minus_nothing() -> None:
    assert "−0 W" not in picture(scene((METER_STATE.at("p1"), MeterState(power_w=-0.3))), 80)


@pytest.mark.parametrize("width", WIDTHS)
def test_loads_and_sources_have_a_line_like_batteries(width: int) -> None:
    told = Decision(target_w=2000.0, rule="surplus", reason="The sun shines.")
    made = scene(
        (SWITCH_STATE.at("boiler"), SwitchState(on=True, power_w=1987.0)),
        (DECISION.at("main", "boiler"), told),
        (LOAD_STATE.at("heater"), LoadState(level_pct=40.0, power_w=700.0)),
        (PV_STATE.at("roof"), PvState(production_w=3100.0)),
        (EV_STATE.at("car"), EvState(connected=True, soc_pct=71.0)),
    )
    rows = {name: line for line in picture(made, width).splitlines() for name in line.split()[:1]}
    assert re.search(r"boiler +\+1,987 W +\+2,000 W +– +on +– +0 s ago", rows["boiler"])
    assert re.search(r"heater +\+700 W +– .* 40 % +– +– +0 s ago", rows["heater"])
    assert re.search(r"roof +−3,100 W", rows["roof"])
    assert re.search(r"car +– +– .* 71 % +connected", rows["car"])


def test_what_has_fallen_silent_is_not_taken_for_now() -> None:
    made = scene((METER_STATE.at("p1"), MeterState(power_w=-900.0)), *battery("garage", -300.0, 50.0))
    text = picture(made, 80, after_s=61)
    assert re.search(r"Grid +– +waiting for the meter", text)
    assert re.search(r"Batteries +– ", text)


def test_an_old_word_of_the_balancer_is_told_as_such() -> None:
    made = scene((BALANCER_STATE.at("main"), BalancerState(mode="auto", sentence="All is well.")))
    assert "│ All is well. " in picture(made, 120, after_s=30)
    assert "The balancer is silent. It said 31 s ago: All is well." in picture(made, 120, after_s=31)


def test_alerts_come_before_what_may_not_fit() -> None:
    text = picture(crowded(), 80)
    assert text.index("Alerts") < text.index("device") < text.index("Decisions")


def test_alerts_are_shown_with_their_advice() -> None:
    alert = Alert(severity="error", since_ms=NOW_MS, text="The meter is silent.", advice="Look at its plug.")
    text = picture(scene((ALERT.at("ems-p1", "silent"), alert)), 80)
    assert "The meter is silent. Look at its plug." in text
    assert "Alerts" not in picture(Scene(), 80)


def test_a_wide_terminal_has_room_for_rules_and_limits() -> None:
    decision = Decision(target_w=-300.0, rule="hold-grid", bound_by="reserve", reason="The kettle is on.")
    made = scene((DECISION.at("main", "garage"), decision))
    assert re.search(r"garage +−300 W +hold-grid +reserve +The kettle is on\.", picture(made, 120))
    narrow = picture(made, 80)
    assert re.search(r"garage +The kettle is on\.", narrow)


def test_text_from_devices_is_no_markup() -> None:
    """A name such as `[red]` is shown as it is."""
    said = BalancerState(mode="auto", sentence="[red]5 W[/red] [/]")
    assert "[red]5 W[/red] [/]" in picture(scene((BALANCER_STATE.at("main"), said)), 80)

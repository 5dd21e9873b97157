"""What a winter brings: clocks that are set, meters that are slow, colours that change, disks and brokers that fail."""

from datetime import date
from typing import Any

import pytest
from prometheus_client import generate_latest

from common import metrics
from common.contract import TariffEvent
from common.errors import BrokerLost
from common.memory_bus import MemoryBus
from tests.tempo.home import Home
from tests.tempo.times import at

pytestmark = pytest.mark.virtual
TUESDAY = date(2026, 1, 6)


@pytest.mark.promise("5.8-04")
@pytest.mark.parametrize(
    ("night", "before", "after", "hours"),
    [("spring", "2026-03-28", "2026-03-29", 7), ("autumn", "2026-10-24", "2026-10-25", 9)],
)
async def test_the_night_the_clocks_change_has_its_hours(
    home: Home, night: str, before: str, after: str, hours: int
) -> None:
    home.days.fixed.update({date.fromisoformat(before): "WHITE", date.fromisoformat(after): "BLUE"})
    home.sources("rte")
    home.travel(f"{before} 21:00")
    await home.ready()
    peak, off_peak = home.state.slots[:2]
    assert (off_peak.end_ms - off_peak.start_ms) == hours * 3_600_000, night
    assert (peak.label, off_peak.label, home.state.slots[2].label) == ("white", "white", "blue")
    await home.until(f"{after} 05:59:59")
    assert (home.state.label, home.state.band) == ("white", "off_peak")
    await home.until(f"{after} 06:00:01")
    assert (home.state.label, home.state.band) == ("blue", "peak")


@pytest.mark.parametrize("is_off_by_s", [-300.0, 300.0])
async def test_a_meter_whose_clock_is_off_colours_no_wrong_day(home: Home, is_off_by_s: float) -> None:
    home.fix(d2026_01_05="RED", d2026_01_06="BLUE", d2026_01_07="WHITE")
    home.sources("ecodevice")
    home.section["sources"]["ecodevice"]["poll_s"] = 60.0
    home.box.is_off_by_s = is_off_by_s
    home.travel("2026-01-06 05:30")
    await home.ready()
    assert home.state.label == "red"
    await home.until("2026-01-06 06:30")
    labels = [(state.label, when >= at("2026-01-06 06:00")) for when, state in home.states()]
    assert set(labels) == {("red", False), ("blue", True)}
    assert (home.state.source, home.alerts()) == ("ecodevice", {})


async def test_a_colour_that_changes_between_the_morning_and_noon_is_followed(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="RED")
    home.sources("rte")
    home.web.lies["rte"] = {TUESDAY: "WHITE"}
    home.travel("2026-01-05 06:40")
    await home.ready()
    assert (home.state.tomorrow_label, home.state.tomorrow_certainty) == ("white", "provisional")
    first = home.state.revision
    home.web.lies.clear()
    await home.until("2026-01-05 11:30")
    assert (home.state.tomorrow_label, home.state.tomorrow_certainty) == ("red", "final")
    assert home.state.revision == first + 1
    assert [each.label for each in home.events()] == ["white", "red"]


async def test_what_was_decided_in_the_degraded_way_is_asked_for_again(home: Home) -> None:
    home.web.degraded = True
    home.sources("rte")
    home.travel("2026-01-05 12:00")
    await home.ready()
    before = home.state.tomorrow_certainty
    home.web.degraded = False
    await home.until("2026-01-05 13:00")
    assert (before, home.state.tomorrow_certainty) == ("provisional", "final")


async def test_a_contradiction_that_is_resolved_is_told_no_more(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="RED")
    home.sources("ecodevice", "rte")
    home.web.lies["rte"] = {TUESDAY: "BLUE"}
    home.travel("2026-01-05 21:00")
    await home.ready(settle_s=180)
    assert "disputed" in home.alerts()
    home.travel("2026-01-06 06:10")
    await home.clock.sleep(600)  # it bills red, and the web says blue: still a contradiction
    assert ("disputed" in home.alerts(), home.state.label) == (True, "red")
    home.travel("2026-01-07 06:10")
    await home.clock.sleep(600)
    assert home.alerts() == {}


@pytest.mark.parametrize("wrong", ["1970-01-01 01:00", "2026-01-03 12:00"])
async def test_a_clock_that_is_set_after_the_start_is_followed_at_once(home: Home, wrong: str) -> None:
    """A Pi without a battery starts in the past, until it has asked for the time."""
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("rte")
    home.travel(wrong)
    await home.ready(settle_s=60)
    home.travel("2026-01-05 12:00")
    await home.clock.sleep(2400)
    assert (home.state.label, home.state.tomorrow_label) == ("white", "red")


async def test_the_season_turns_without_an_error(home: Home) -> None:
    """Asked over 31 August, the official API answers with an error."""
    home.sources("rte_official")
    home.travel("2026-08-31 12:00")
    await home.ready()
    assert (home.state.certainty, home.state.tomorrow_certainty) == ("final", "final")
    home.travel("2026-09-01 12:00")
    await home.clock.sleep(1800)
    assert home.state.tomorrow_certainty == "final"
    assert (home.state.days_left_2, home.state.days_left_1) == (22, 43 - white_days(home))
    assert home.alerts() == {}


def white_days(home: Home) -> int:
    return sum(home.days.colour(date(2026, 9, day)) == "WHITE" for day in (1, 2))


async def test_news_that_could_not_be_told_are_told_later(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("rte")
    home.travel("2026-01-05 12:00")
    publish, tries = MemoryBus.publish, list[TariffEvent]()

    async def failing(bus: MemoryBus, topic: Any, body: Any, *more: Any, **told: Any) -> Any:  # as the bus has it
        if isinstance(body, TariffEvent) and told.get("confirmed") and len(tries) < 2:
            tries.append(body)
            raise BrokerLost("away")
        return await publish(bus, topic, body, *more, **told)

    monkeypatch.setattr(MemoryBus, "publish", failing)
    await home.ready(settle_s=300)
    assert [each.day for each in home.events()] == ["2026-01-06"]
    assert len(tries) == 2


async def test_a_disk_that_cannot_be_written_costs_the_memory_and_nothing_else(home: Home) -> None:
    (home.folder / "tempo.sqlite").mkdir()
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("rte")
    home.travel("2026-01-05 12:00")
    await home.ready()
    assert (home.state.label, home.state.tomorrow_label) == ("white", "red")


async def test_severities_are_shown_as_metrics_and_unknown_is_no_number(home: Home) -> None:
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("rte")
    home.travel("2026-01-06 05:50")
    await home.ready()
    shown = severities()
    assert shown == {"today": 1.0, "tomorrow": 2.0}
    home.web.lies["rte"] = {date(2026, 1, 7): None}
    await home.until("2026-01-06 06:20")
    assert severities() == {"today": 2.0}


def severities() -> dict[str, float]:
    lines = generate_latest(metrics.REGISTRY).decode().splitlines()
    found = [line for line in lines if line.startswith("ems_tariff_severity{")]
    return {line.split('day="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1]) for line in found}


async def test_a_source_that_comes_back_is_heard_and_its_alert_ends(home: Home) -> None:
    home.fix(d2026_01_05="RED")
    home.sources("ecodevice")
    home.section["sources"]["ecodevice"]["poll_s"] = 60.0
    home.travel("2026-01-05 12:00")
    await home.box.unplug()
    await home.ready()
    await home.until("2026-01-05 12:10")
    assert {"silent-ecodevice", "no_source", "today_unknown"} <= home.alerts().keys()
    assert (home.state.label, home.state.certainty) == ("red", "assumed")
    await home.box.plug_in()
    await home.until("2026-01-05 12:20")
    assert home.alerts() == {}
    assert (home.state.label, home.state.certainty) == ("red", "final")


async def test_the_first_word_is_waited_for_and_nothing_is_assumed_meanwhile(home: Home) -> None:
    home.fix(d2026_01_05="BLUE")
    home.sources("rte")
    home.travel("2026-01-05 12:00")
    await home.ready(settle_s=0.5)
    assert {state.label for _, state in home.states()} == {"blue"}
    assert all(state.certainty == "final" for _, state in home.states())


async def test_a_topic_that_never_speaks_of_tempo_is_told_and_one_that_did_may_speak_of_power_only(home: Home) -> None:
    home.fix(d2026_01_05="WHITE")
    home.section["sources"] = {"tic": {"topic": "linky", "preset": "tasmota"}}
    home.travel("2026-01-05 12:00")
    await home.ready()
    for minute in range(25):
        home.bus.publish("linky", b'{"TIC": {"PTEC": "HP..", "PAPP": 160}}', False)
        await home.until(f"2026-01-05 12:{minute:02d}:59")
    assert {"silent-tic", "no_source"} <= home.alerts().keys()
    for minute in range(25, 59):
        said = b'{"TIC": {"PTEC": "HPJW"}}' if minute == 25 else b'{"TIC": {"PAPP": 160}}'
        home.bus.publish("linky", said, False)
        await home.until(f"2026-01-05 12:{minute:02d}:59")
    assert home.alerts() == {}
    assert home.state.source == "tic"

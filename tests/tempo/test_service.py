"""The whole service, in virtual time: from the sources' words to what is said on MQTT."""

import itertools

import pytest

from common.contract import TariffState
from tests.tempo.home import Home
from tests.tempo.times import at

pytestmark = pytest.mark.virtual
WEB = ("rte_official", "rte", "api_couleur_tempo")


def today(state: TariffState) -> tuple[object, ...]:
    return state.severity, state.certainty, state.label, state.source


def tomorrow(state: TariffState) -> tuple[object, ...]:
    return state.tomorrow_severity, state.tomorrow_certainty, state.tomorrow_label, state.tomorrow_source


@pytest.mark.promise("5.8-01")
@pytest.mark.parametrize("source", ["ecodevice", "tic", *WEB])
async def test_each_source_alone_tells_today_and_tomorrow(home: Home, source: str) -> None:
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources(source)
    home.travel("2026-01-05 21:00")
    await home.ready(settle_s=15)
    assert today(home.state) == (1, "final", "white", source)
    assert tomorrow(home.state) == (2, "final", "red", source)
    assert home.state.price_eur_per_kwh == 0.1730
    assert [slot.price_eur_per_kwh for slot in home.state.slots[:4]] == [0.1730, 0.1391, 0.6468, 0.1460]


@pytest.mark.promise("5.8-01")
async def test_all_of_them_are_heard_and_the_meter_is_named_first(home: Home) -> None:
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("ecodevice", "tic", *WEB)
    home.travel("2026-01-05 21:00")
    await home.ready(settle_s=180)
    assert (home.state.source, home.state.tomorrow_source, home.state.disputed) == ("ecodevice", "ecodevice", False)
    assert {each.server for each in home.web.asked} == set(WEB)
    assert home.alerts() == {}


@pytest.mark.promise("5.8-01")
async def test_sources_that_contradict_each_other_are_told_and_the_dearer_word_counts(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="RED")
    home.sources("ecodevice", "rte")
    home.web.lies["rte"] = {at("2026-01-06 12:00").date(): "BLUE"}
    home.travel("2026-01-05 21:00")
    await home.ready(settle_s=180)
    assert tomorrow(home.state) == (2, "final", "red", "ecodevice")
    assert home.state.disputed
    assert "dearer" in home.alerts()["disputed"].text


async def test_for_the_running_day_the_meter_counts_because_it_bills(home: Home) -> None:
    home.fix(d2026_01_05="BLUE")
    home.sources("ecodevice", "rte")
    home.web.lies["rte"] = {at("2026-01-05 12:00").date(): "RED"}
    home.travel("2026-01-05 12:00")
    await home.ready(settle_s=180)
    assert today(home.state) == (0, "final", "blue", "ecodevice")
    assert home.state.disputed


@pytest.mark.promise("5.8-04")
async def test_the_price_changes_right_at_the_second(home: Home) -> None:
    """An older program counted 22:02 as day, and never did what belongs to the night."""
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("rte")
    home.travel("2026-01-05 21:50")
    await home.ready()
    await home.until("2026-01-06 06:10")
    changes = [(when, state.band, state.severity) for when, state in home.states()]
    bands = [
        change
        for before, change in zip([None, *changes], changes, strict=False)
        if not before or before[1:] != change[1:]
    ]
    assert [(band, severity) for _, band, severity in bands] == [("peak", 1), ("off_peak", 1), ("peak", 2)]
    late_s = [
        (bands[1][0] - at("2026-01-05 22:00")).total_seconds(),
        (bands[2][0] - at("2026-01-06 06:00")).total_seconds(),
    ]
    assert all(0 <= each_s < 0.1 for each_s in late_s)
    assert home.state.until_ms == round(at("2026-01-06 22:00").timestamp() * 1000)


@pytest.mark.promise("5.8-05")
async def test_a_day_nobody_tells_of_is_asked_for_again_alarmed_and_taken_as_the_worst(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="BLUE")
    home.sources("rte")
    home.web.lies["rte"] = {at("2026-01-06 12:00").date(): None}
    home.travel("2026-01-05 20:05")
    await home.ready()
    assert tomorrow(home.state) == (None, "unknown", None, None)
    await home.until("2026-01-05 21:29:59")
    assert home.state.tomorrow_severity is None
    await home.until("2026-01-05 21:30:01")
    assert tomorrow(home.state) == (2, "assumed", "red", None)
    assert "taken to be red" in home.alerts()["tomorrow_unknown"].text
    asked = len(home.web.asked)
    del home.web.lies["rte"][at("2026-01-06 12:00").date()]
    await home.until("2026-01-05 22:30")
    assert len(home.web.asked) > asked
    assert tomorrow(home.state) == (0, "final", "blue", "rte")
    assert home.alerts() == {}


@pytest.mark.promise("5.8-05")
async def test_a_box_without_its_meter_says_nothing_and_what_is_known_stays(home: Home) -> None:
    """An older program took `----` from the box for blue."""
    home.fix(d2026_01_05="RED", d2026_01_06="RED")
    home.sources("ecodevice")
    home.travel("2026-01-05 20:10")
    await home.ready()
    home.box.has_meter = False
    await home.until("2026-01-06 12:00")
    assert today(home.state) == (2, "final", "red", "ecodevice")
    assert "hears no meter" in home.alerts()["silent-ecodevice"].text
    assert home.alerts()["no_source"].severity == "error"
    assert (home.state.tomorrow_severity, home.state.tomorrow_certainty) == (None, "unknown")


async def test_garbage_from_the_box_is_not_a_colour(home: Home) -> None:
    home.box.garbage = True
    home.fix(d2026_01_05="WHITE")
    home.sources("ecodevice")
    home.travel("2026-01-05 20:10")
    await home.ready()
    assert (home.state.label, home.state.tomorrow_certainty) == ("white", "unknown")


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_a_source_that_fails_disturbs_no_other(home: Home, status: int) -> None:
    """An older program ended with an exception when the web answered anything but 200."""
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("ecodevice", *WEB)
    home.web.trouble.update({"rte": status, "rte_official": status})
    await home.box.unplug()
    home.travel("2026-01-05 13:00")
    await home.ready(settle_s=180)
    assert (home.state.source, home.state.tomorrow_source) == ("api_couleur_tempo", "api_couleur_tempo")
    assert "no_source" not in home.alerts()


async def test_who_does_not_let_us_in_is_told_at_once_with_advice(home: Home) -> None:
    home.web.login = "somebody:else"
    home.sources("rte_official", "rte")
    home.travel("2026-01-05 13:00")
    await home.ready(settle_s=180)
    alert = home.alerts()["silent-rte_official"]
    assert "does not let us in" in alert.text
    assert "client_secret" in alert.advice


async def test_the_servers_are_asked_seldom(home: Home) -> None:
    """A day: the morning's provisional colour, the binding one, and no more."""
    home.sources("rte", "rte_official")
    home.travel("2026-01-06 05:50")
    await home.ready(settle_s=60)
    known = len(home.web.asked)
    await home.until("2026-01-06 13:00")
    home.travel("2026-01-07 05:00")
    await home.clock.sleep(600)
    feed = [each for each in home.web.asked[known:] if each.server == "rte"]
    calendar = [each for each in home.web.asked[known:] if "calendars" in each.path]
    assert 2 <= len(feed) <= 3
    assert 2 <= len(calendar) <= 3
    assert all(each.at >= at("2026-01-06 06:05") for each in feed)


async def test_a_server_that_is_down_is_left_in_peace(home: Home) -> None:
    home.sources("rte")
    home.web.trouble["rte"] = 503
    home.travel("2026-01-05 13:00")
    await home.ready()
    await home.until("2026-01-05 19:00")
    times = [each.at for each in home.web.asked]
    assert 6 <= len(times) <= 12
    assert min((later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)) >= 600
    assert "no_source" in home.alerts()


async def test_a_restart_needs_no_net_and_asks_nobody_twice(home: Home) -> None:
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("rte")
    home.travel("2026-01-05 13:00")
    await home.ready()
    before, asked = home.state, len(home.web.asked)
    await home.stop()
    home.bus.retained.clear()
    await home.web.unplug()
    await home.ready()
    assert home.state == before
    assert len(home.events()) == 1
    await home.web.plug_in()
    await home.clock.sleep(300)
    assert len(home.web.asked) == asked


async def test_a_missed_evening_changes_nothing_the_state_is_always_whole(home: Home) -> None:
    """An older program acted at two moments of the evening only; a run that was missed left old values."""
    home.fix(d2026_01_05="RED", d2026_01_06="BLUE")
    home.sources("rte")
    home.travel("2026-01-05 13:00")
    await home.ready()
    await home.stop()
    await home.until("2026-01-06 07:00")
    await home.ready()
    assert today(home.state) == (0, "final", "blue", "rte")


@pytest.mark.promise("5.8-09")
async def test_news_about_a_day_is_told_once(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="RED", d2026_01_07="RED")
    home.sources("rte", "ecodevice")
    home.travel("2026-01-05 05:00")
    await home.ready()
    await home.until("2026-01-06 05:00")
    await home.stop()
    await home.ready()
    await home.until("2026-01-06 05:30")
    told = [(each.day, each.severity, each.certainty, each.previous_severity) for each in home.events()]
    assert told == [
        ("2026-01-05", 0, "final", told[0][3]),
        ("2026-01-06", 2, "provisional", 0),
        ("2026-01-06", 2, "final", 0),
    ]
    assert home.events()[-1].sentence == "Tomorrow, Tuesday 6 January, is red."
    assert home.events()[1].sentence == "Tomorrow, Tuesday 6 January, will probably be red."


@pytest.mark.promise("5.8-09")
async def test_an_assumption_is_told_and_so_is_its_end(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="BLUE")
    home.sources("ecodevice", "rte")
    home.box.garbage = True
    home.web.lies["rte"] = {at("2026-01-06 12:00").date(): None}
    home.travel("2026-01-05 20:05")
    await home.ready()
    await home.until("2026-01-06 06:02")
    told = [(each.day, each.severity, each.certainty) for each in home.events()]
    assert told == [("2026-01-06", 2, "assumed"), ("2026-01-06", 0, "final")]
    assert home.events()[0].sentence == "Tomorrow, Tuesday 6 January: nobody tells the price; it is taken to be red."
    assert home.events()[1].sentence == "Today, Tuesday 6 January, is blue."


async def test_the_revision_counts_changes_and_not_the_time(home: Home) -> None:
    home.fix(d2026_01_05="BLUE", d2026_01_06="WHITE", d2026_01_07="RED")
    home.sources("rte")
    home.travel("2026-01-05 13:00")
    await home.ready()
    first = home.state.revision
    await home.until("2026-01-06 05:59")
    assert home.state.revision == first
    await home.until("2026-01-06 12:00")  # another day in sight, its colour, and that it is binding
    assert home.state.revision == first + 3


async def test_days_left_are_counted_from_the_season_that_is_asked_for(home: Home) -> None:
    home.sources("rte")
    home.travel("2026-01-05 13:00")
    await home.ready(settle_s=30)
    days = [
        at("2025-09-01 12:00").date().fromordinal(n)
        for n in range(at("2025-09-01 12:00").toordinal(), at("2026-01-06 12:00").toordinal() + 1)
    ]
    reds = sum(home.days.colour(day) == "RED" for day in days)
    whites = sum(home.days.colour(day) == "WHITE" for day in days)
    assert (home.state.days_left_2, home.state.days_left_1) == (22 - reds, 43 - whites)
    assert home.state.days_left_0 == 300 - (len(days) - reds - whites)


async def test_a_house_without_a_season_source_tells_no_days_left(home: Home) -> None:
    home.sources("ecodevice")
    home.travel("2026-01-05 13:00")
    await home.ready()
    assert home.state.days_left_2 is None


async def test_old_prices_are_told(home: Home) -> None:
    home.sources("rte")
    home.travel("2027-06-07 13:00")
    await home.ready(settle_s=180)
    assert "seven months" in home.alerts()["old_prices"].text


async def test_it_tells_again_now_and_then_and_is_well(home: Home) -> None:
    home.sources("rte")
    home.travel("2026-01-05 13:00")
    await home.ready()
    count = len(home.states())
    await home.until("2026-01-05 13:31")
    assert len(home.states()) == count + 2
    home.health.connected = lambda: True
    assert home.health.verdict() is None

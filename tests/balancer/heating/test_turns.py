"""N of M radiators in a house: who asks, who is boosted, who is away, and what is told about it."""

import json
from itertools import pairwise

import pytest

from common.contract import RequestState
from services.balancer.memory import keep, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.balancer.heating.radiators import ROOMS, TURN_S, Heating, member, played, rotation
from tests.balancer.stage import Stage

MINUTES = 60.0


@pytest.mark.promise("1.10-01")
@pytest.mark.promise("1.10-05")
def test_so_many_heat_at_a_time_and_all_get_their_turn() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(3)
        assert len(heating.on) == 3
        began_s = stage.now_s
        await stage.play(10 * TURN_S)
        assert heating.most_at_once() == 3
        assert all(seconds == pytest.approx(6 * TURN_S, abs=TURN_S) for seconds in heating.seconds(began_s).values())

    played(story)


@pytest.mark.promise("1.10-02")
@pytest.mark.promise("1.10-03")
@pytest.mark.promise("1.10-08")
def test_the_saving_mode_chooses_and_a_higher_one_is_obeyed_within_a_second() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(5)
        for mode, active in ((1, 2), (2, 1), (3, 0), (9, 0)):
            stage.ask("saving_mode", str(mode))
            await stage.play(1)
            assert len(heating.on) == active
            assert heating.group["limit"] == active
            assert heating.group["mode"] == min(mode, 3)
        stage.ask("saving_mode", "0")
        await stage.play(1)
        assert len(heating.on) == 3

    played(story)


@pytest.mark.promise("1.10-07")
@pytest.mark.parametrize("step_s", [10.0, 30.0, 60.0])
def test_a_turn_is_as_long_as_its_owner_says(step_s: float) -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv", "office")
        await stage.play(4 * step_s + 5)
        moves = [at_s for at_s, on in stage.switches["tv"].switched if on]
        assert len(moves) >= 2
        assert all(later - sooner == pytest.approx(2 * step_s, abs=1.5) for sooner, later in pairwise(moves))

    played(story, rotation(step_s=step_s, limit={"active_by_mode": (1, 0)}))


@pytest.mark.promise("1.10-04")
def test_a_lower_mode_is_damped_where_that_is_wanted() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        stage.ask("saving_mode", "3")
        await stage.play(5)
        stage.ask("saving_mode", "2")
        await stage.play(2)
        assert len(heating.on) == 1
        stage.ask("saving_mode", "0")
        await stage.play(115)
        assert len(heating.on) == 1, "two minutes between two steps up"
        await stage.play(10)
        assert len(heating.on) == 3

    played(story, rotation(limit={"active_by_mode": (3, 2, 1, 0), "relax_s": 120.0}))


@pytest.mark.promise("1.10-08")
@pytest.mark.promise("1.10-09")
def test_a_thermostat_and_a_hand_are_heard_at_once() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv")
        await stage.play(1)
        assert heating.on == {"tv"}
        await heating.asks("tv", on=False)
        await stage.play(1)
        assert not heating.on
        stage.ask("heat/tv", "on")
        await stage.play(1)
        assert heating.on == {"tv"}
        stage.ask("heat/tv", "")
        await stage.play(1)
        assert not heating.on, "and it is left to the thermostat again"

    played(story)


def test_changes_of_mind_that_follow_each_other_at_once_are_all_heard() -> None:
    """What came within three seconds of another change was dropped until the next turn, in an older program."""

    async def story(stage: Stage, heating: Heating) -> None:
        for on in (True, False, True, False, True):
            await heating.asks("tv", on=on)
            await heating.asks("office", on=not on)
            await stage.play(0.3)
        await stage.play(1.5)
        assert heating.on == {"tv"}

    played(story)


@pytest.mark.promise("1.10-09")
def test_a_radiator_without_a_thermostat_is_switched_by_hand() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await stage.play(5)
        assert not heating.on
        stage.ask("heat/office", "on")
        await stage.play(1)
        assert heating.on == {"office"}

    played(story, rotation(member("office", request=None), limit={"active_by_mode": (1, 0)}))


def test_a_thermostat_that_tells_temperatures_only_is_understood() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.says("tv", RequestState(target_c=20.0, current_c=19.0))
        await stage.play(1)
        assert heating.on == {"tv"}

    played(story)


@pytest.mark.promise("1.10-10")
def test_one_thermostat_drives_several_radiators() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("lounge")
        await stage.play(2)
        assert heating.on == {"window", "entrance"}
        assert heating.flagged("requested") == ["window", "entrance"]

    played(story, rotation(member("window", request="lounge"), member("entrance", request="lounge"), member("bath"),
                           limit={"active_by_mode": (2, 0)}))  # fmt: skip


@pytest.mark.promise("1.10-11")
def test_an_output_listed_twice_gets_twice_the_turns() -> None:
    """One of its entries is enough to have it on; one command at a time goes to it."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("bath", "tv", "office")
        await stage.play(2)
        began_s = stage.now_s
        await stage.play(16 * TURN_S)
        on_s = heating.seconds(began_s)
        assert on_s["bath"] == pytest.approx(8 * TURN_S, abs=TURN_S)
        assert on_s["tv"] == pytest.approx(4 * TURN_S, abs=TURN_S)
        assert on_s["office"] == pytest.approx(4 * TURN_S, abs=TURN_S)
        assert heating.group["members"] == "bath,tv,office"

    played(story, rotation(member("bath"), member("tv"), member("bath"), member("office"),
                           limit={"active_by_mode": (1, 0)}))  # fmt: skip


@pytest.mark.promise("1.10-11")
def test_an_output_listed_twice_is_on_if_any_of_its_entries_asks() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("guest")
        await heating.asks("bath", on=False)
        await stage.play(2)
        assert heating.on == {"bath"}

    played(story, rotation(member("bath"), member("bath", request="guest"), limit={"active_by_mode": (1, 0)}))


@pytest.mark.promise("1.10-12")
def test_away_switches_everything_off_at_once_and_keeps_the_place() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        stage.ask("boost_minutes/bath", "on")
        await stage.play(2 * TURN_S)
        index = heating.group["index"]
        stage.ask("away", "on")
        await stage.play(1)
        assert not heating.on
        assert stage.last("decision/bath")["reason"] == "is off: nobody is at home"
        await stage.play(2 * TURN_S)
        assert heating.group["index"] == index
        assert heating.group["away"] is True
        stage.ask("away", "off")
        await stage.play(1)
        assert len(heating.on) == 3

    played(story)


@pytest.mark.promise("1.10-08")
@pytest.mark.promise("1.10-13")
def test_a_boost_heats_without_a_thermostat_until_it_is_taken_back() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        stage.ask("boost_minutes/bath", "on")
        await stage.play(1)
        assert heating.on == {"bath"}
        assert heating.flagged("boosted") == ["bath"]
        await stage.play(8 * MINUTES)
        assert heating.on == {"bath"}, "no time was named"
        stage.ask("saving_mode", "3")
        await stage.play(1)
        assert not heating.on, "the mode is above it"
        stage.ask("saving_mode", "0")
        stage.ask("boost_minutes/bath", "off")
        await stage.play(2)
        assert not heating.on

    played(story)


@pytest.mark.promise("1.10-13")
@pytest.mark.parametrize("asked", ["10", "on"])
def test_a_boost_ends_where_a_time_is_named_or_configured(asked: str) -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        stage.ask("boost_minutes/bath", asked)
        await stage.play(9 * MINUTES)
        assert heating.on == {"bath"}
        assert stage.last("setting/boost_minutes/bath") == asked
        await stage.play(70)
        assert not heating.on
        assert stage.last("setting/boost_minutes/bath") == "0"

    played(story, rotation(boost_minutes=10))


@pytest.mark.promise("1.10-16")
def test_a_dry_run_computes_and_reports_and_switches_nothing() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        stage.ask("dry_run", "on")
        await heating.asks(*ROOMS)
        await stage.play(2)
        began_s = stage.now_s
        first = heating.flagged("live")
        assert len(first) == 3
        await stage.play(TURN_S)
        assert heating.flagged("live") != first, "the turns go round all the same"
        assert heating.group["dry_run"] is True
        assert stage.last("decision/bath")["reason"].startswith("dry run: ")
        assert not stage.orders(began_s)
        assert not heating.on

    played(story)


@pytest.mark.promise("1.10-17")
def test_the_status_tells_everything() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv", "office", "kitchen")
        stage.ask("boost_minutes/bath", "on")
        stage.ask("saving_mode", "1")
        await stage.play(5)
        told = heating.group
        assert told["members"] == ",".join(ROOMS)
        assert (told["requested"], told["boosted"]) == ("11010", "00001")
        assert "bath" in heating.flagged("live")
        assert told["live"].count("1") == told["active"] == told["limit"] == 2
        assert told["mode"] == 1
        assert 0 <= told["index"] < len(ROOMS)
        assert told["sentence"] == "2 of 4 that ask for heat have it; office is next."
        await stage.play(10 * MINUTES)
        shares = {room: stage.last(f"decision/{room}")["share_24h_pct"] for room in ROOMS}
        assert shares["bath"] == pytest.approx(100, abs=1)
        assert shares["bedroom"] == 0
        assert shares["tv"] == pytest.approx(33, abs=9)

    played(story)


@pytest.mark.promise("1.10-18")
def test_commands_leave_on_change_and_now_and_then_again() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv")
        await stage.play(5)
        began_s = stage.now_s
        await stage.play(2 * MINUTES)
        sent = [said.at_s for said in stage.heard("switch/tv/cmd", began_s)]
        assert len(sent) == pytest.approx(120 / 10, abs=1), "a third of its lease of 30 s"
        assert all(later - sooner >= 9.5 for sooner, later in pairwise(sent))
        assert len(stage.switches["tv"].switched) == 1

    played(story)


def test_one_output_never_gets_two_words_in_one_step() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(5 * TURN_S)
        for room in ROOMS:
            times = [said.at_s for said in stage.heard(f"switch/{room}/cmd")]
            assert len(times) == len(set(times))

    played(story)


@pytest.mark.promise("1.10-15")
def test_the_next_starts_when_the_one_before_has_said_that_it_is_off() -> None:
    """Relays that take four seconds: never are three on where two may be."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(10 * TURN_S)
        assert heating.most_at_once() == 2
        assert all(seconds > 2 * TURN_S for seconds in heating.seconds().values())

    slow = {room: {"delay_s": 4.0} for room in ROOMS}
    played(story, rotation(limit={"active_by_mode": (2, 0)}), switches=slow)


def test_a_relay_that_does_not_open_counts_as_on_and_is_told() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(5)
        welded = sorted(heating.on)[0]
        stage.switches[welded].obeys = False
        await stage.play(5 * TURN_S)
        since_s = stage.now_s
        await stage.play(5 * TURN_S)
        assert heating.most_at_once(since_s) <= 2
        assert stage.last(f"decision/{welded}")["rule"] in ("stuck", "absent")
        alerts = stage.alerts()
        assert f"stuck_{welded}" in alerts or f"absent_{welded}" in alerts
        others = [seconds for name, seconds in heating.seconds(since_s).items() if name != welded]
        assert all(seconds > TURN_S / 2 for seconds in others)

    played(story, rotation(limit={"active_by_mode": (2, 0)}))


def test_a_thermostat_that_falls_silent_asks_for_nothing_and_is_told() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv")
        await stage.play(5)
        heating.wishes.clear()
        await stage.play(150)
        assert not heating.on
        assert "bedroom" in stage.alerts()["wish_bedroom"]["text"], "one that was never heard"
        assert "tv" in stage.alerts()["wish_tv"]["text"]

    played(story)


def test_heating_goes_on_without_the_grid_meter() -> None:
    """A table needs no meter; everything else waits for it."""

    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        stage.meter.silent = True
        await stage.play(60)
        began_s = stage.now_s
        await stage.play(5 * TURN_S)
        assert all(seconds > TURN_S for seconds in heating.seconds(began_s).values())

    played(story)


def test_one_that_somebody_switched_on_by_hand_is_left_alone_and_keeps_its_part() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv", "office", "kitchen")
        await stage.play(3)
        stage.switches["bath"].obeys = False
        await heating.by_hand("bath")
        await stage.play(3)
        assert len(heating.on) == 3, "one of the others has made room"
        assert "bath" in heating.on
        assert stage.last("decision/bath")["reason"] == "left alone: it is controlled by somebody else"
        assert "absent_bath" not in stage.alerts()

    played(story)


def test_switched_off_or_out_of_the_order_the_balancer_gives_all_of_it_free() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks("tv")
        await stage.play(2)
        stage.ask("mode", "off")
        await stage.play(2)
        assert not heating.on, "released, it goes to its safe state"
        assert stage.last("decision/tv")["rule"] == "off"
        assert stage.last("switch/tv/cmd")["action"] == "release"
        stage.ask("mode", "auto")
        await stage.play(2)
        assert heating.on == {"tv"}
        stage.ask("order", "garage")
        await stage.play(2)
        assert not heating.on
        assert stage.last("decision/tv")["rule"] == "unlisted"
        assert heating.flagged("live") == []

    told = rotation(member("tv"), limit={"active_by_mode": (1, 0)})
    played(story, told.model_copy(update={"order": ("heating", "garage")}))


@pytest.mark.promise("1.10-06")
def test_the_turns_go_on_after_a_restart_where_they_were() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        stage.ask("boost_minutes/tv", "60")
        await stage.play(2.5 * TURN_S)
        before = stage.mind
        after = Mind(stage.config, stage.mind.site, SettingsBook(stage.config))
        recall(after, json.loads(json.dumps(keep(before))))
        old, new = before.rotations["heating"], after.rotations["heating"]
        assert new.turns.ledger.index == old.turns.ledger.index
        assert new.turns.ledger.live == old.turns.ledger.live
        owed_s = new.turns.ledger.deficits_s
        assert owed_s == pytest.approx(old.turns.ledger.deficits_s, abs=TURN_S / 4)
        assert any(owed_s.values())
        assert new.told.stands == old.told.stands, "minimum times are kept as well"
        assert after.book.boosted("tv")
        assert after.book.boost_until_ms == before.book.boost_until_ms

    played(story)


def test_what_was_remembered_of_an_output_that_is_gone_is_forgotten() -> None:
    async def story(stage: Stage, heating: Heating) -> None:
        await heating.asks(*ROOMS)
        await stage.play(2 * TURN_S)
        told = rotation(member("tv"), limit={"active_by_mode": (1, 0)})
        after = Mind(told, stage.mind.site, SettingsBook(told))
        recall(after, keep(stage.mind))
        assert set(after.rotations["heating"].told.stands) == {"tv"}
        assert after.rotations["heating"].turns.ledger.index == 0

    played(story)

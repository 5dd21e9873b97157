"""What is said of a contract: the plain fields, the next day, sentences for people, and the words of the wire."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from pydantic import ValidationError

from common.contract import TariffSlot, TariffState
from common.contract.tariff import Certainty
from services.tempo.calendar import Colour, RedSeason
from services.tempo.config import CapacitySettings
from services.tempo.contracts import TempoContract, shipped, versions, windows
from services.tempo.hours import Hours, Window
from services.tempo.prices import Table
from services.tempo.telling import InForce, event, next_day, sentence, state
from services.tempo.timeline import DayPrices, Settled, Slots, ahead
from tests.tempo.times import BLUE, PARIS, RED, TEMPO, WHITE, at

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)
RED_FINAL = Settled(severity=2, certainty="final", label="red", source="rte")
BLUE_FINAL = Settled(severity=0, certainty="final", label="blue", source="tic")
RED_SHOWN = replace(RED_FINAL, certainty="provisional")
UNKNOWN = Settled(severity=None, certainty="unknown")


class Played(InForce):
    """A Tempo contract whose days are as a test wants them."""

    kind = "tempo"
    hours = TEMPO

    def __init__(self, days: dict[date, Settled], left: dict[Colour, int] | None = None) -> None:
        self._days, self._left = days, left
        self._prices = DayPrices(TEMPO, Table(versions(shipped())))

    def slots(self, now: datetime) -> Slots:
        return self._prices.slots(now, lambda day: self._days.get(day, UNKNOWN))

    def settled(self, day: date, now: datetime) -> Settled:
        return self._days.get(day, UNKNOWN)

    def left(self, now: datetime) -> dict[Colour, int] | None:
        return self._left

    def is_disputed(self, now: datetime) -> bool:
        return True


def said(contract: InForce, now: str, capacity: CapacitySettings | None = None) -> TariffState:
    return state(contract, ahead(contract.slots(at(now)), at(now)), at(now), 7, capacity)


def test_the_plain_fields_are_those_of_the_present_slot() -> None:
    told = said(Played({MONDAY: BLUE_FINAL, TUESDAY: RED_FINAL}), "2026-01-05 12:00")
    first = told.slots[0]
    assert (told.price_eur_per_kwh, told.band, told.severity, told.label, told.certainty) == (
        first.price_eur_per_kwh, first.band, first.severity, first.label, first.certainty,
    ) == (0.1494, "peak", 0, "blue", "final")  # fmt: skip
    assert told.until_ms == first.end_ms
    assert (told.source, told.tomorrow_source, told.revision, told.disputed) == ("tic", "rte", 7, True)
    assert told.valid_until_ms == told.slots[-1].end_ms


@pytest.mark.parametrize("now", ["2026-01-05 06:00", "2026-01-05 23:59", "2026-01-06 05:59:59"])
def test_tomorrow_is_the_next_tariff_day_also_after_midnight(now: str) -> None:
    told = said(Played({MONDAY: BLUE_FINAL, TUESDAY: RED_FINAL}), now)
    assert (told.label, told.tomorrow_label, told.tomorrow_severity) == ("blue", "red", 2)
    assert told.tomorrow_starts_ms == round(at("2026-01-06 06:00").timestamp() * 1000)


def test_days_left_stand_under_their_severity() -> None:
    told = said(Played({MONDAY: BLUE_FINAL}, {BLUE: 200, WHITE: 30, RED: 0}), "2026-01-05 12:00")
    assert (told.days_left_0, told.days_left_1, told.days_left_2) == (200, 30, 0)
    unknown = said(Played({MONDAY: BLUE_FINAL}), "2026-01-05 12:00")
    assert (unknown.days_left_0, unknown.days_left_1, unknown.days_left_2) == (None, None, None)


def test_the_part_paid_by_the_peak_is_told() -> None:
    told = said(Played({MONDAY: BLUE_FINAL}), "2026-01-05 12:00", CapacitySettings(eur_per_kw_year=45, floor_w=2500))
    assert (told.peak_eur_per_kw_year, told.peak_floor_w, told.peak_window_s) == (45.0, 2500.0, 900)
    assert said(Played({MONDAY: BLUE_FINAL}), "2026-01-05 12:00").peak_eur_per_kw_year is None


def quarter_hours(certainties: tuple[Certainty, ...], severities: tuple[int | None, ...], first: str) -> Slots:
    base = ahead(Played({MONDAY: BLUE_FINAL}).slots(at("2026-01-05 12:00")), at("2026-01-05 12:00"))[0]
    start = at(first)
    told = zip(certainties, severities, strict=True)
    return tuple(
        replace(base, start=start + n * timedelta(hours=8), end=start + (n + 1) * timedelta(hours=8),
                certainty=certainty, severity=severity, label=None)
        for n, (certainty, severity) in enumerate(told)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("certainties", "severities", "told"),
    [
        (("final", "final", "final"), (0, 2, 1), Settled(severity=2, certainty="final")),
        (("final", "assumed", "provisional"), (0, 0, 0), Settled(severity=0, certainty="assumed")),
        (("final", "final"), (0, 0), UNKNOWN),  # not told to its end
        (("final", "unknown", "final"), (0, None, 0), UNKNOWN),
    ],
)
def test_the_next_day_is_as_severe_as_its_worst_and_as_sure_as_its_least_sure_slot(
    certainties: tuple[Certainty, ...], severities: tuple[int | None, ...], told: Settled
) -> None:
    hours = Hours(PARIS)
    slots = quarter_hours(certainties, severities, "2026-01-06 00:00")
    assert next_day(slots, hours, at("2026-01-05 12:00")) == told


@pytest.mark.parametrize(
    ("settled", "now", "text"),
    [
        (RED_FINAL, "2026-01-05 12:00", "Tomorrow, Tuesday 6 January, is red."),
        (RED_FINAL, "2026-01-06 02:00", "Tomorrow, Tuesday 6 January, is red."),
        (RED_FINAL, "2026-01-06 06:00", "Today, Tuesday 6 January, is red."),
        (RED_SHOWN, "2026-01-05 08:00", "Tomorrow, Tuesday 6 January, will probably be red."),
        (replace(RED_FINAL, label=None), "2026-01-05 12:00", "Tomorrow, Tuesday 6 January, is very dear."),
    ],
)
def test_news_for_people_are_one_plain_sentence(settled: Settled, now: str, text: str) -> None:
    assert sentence(TUESDAY, settled, TEMPO, at(now)) == text


def test_an_event_tells_the_day_before_too() -> None:
    told = event(TUESDAY, RED_FINAL, BLUE_FINAL, TEMPO, at("2026-01-05 12:00"))
    assert (told.day, told.severity, told.label, told.previous_severity, told.previous_label) == (
        "2026-01-06", 2, "red", 0, "blue",
    )  # fmt: skip
    assert event(TUESDAY, RED_FINAL, UNKNOWN, TEMPO, at("2026-01-05 12:00")).previous_severity is None
    with pytest.raises(ValidationError):
        event(TUESDAY, UNKNOWN, BLUE_FINAL, TEMPO, at("2026-01-05 12:00"))


@pytest.mark.parametrize(
    "wrong", [{"end_ms": 5}, {"severity": 3}, {"severity": True}, {"band": "night"}, {"certainty": "sure"},
              {"price_eur_per_kwh": 11.0}, {"price_eur_per_kwh": float("nan")}],
)  # fmt: skip
def test_a_slot_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    right = {"start_ms": 5, "end_ms": 6, "price_eur_per_kwh": 0.2, "band": "peak", "severity": 2, "certainty": "final"}
    TariffSlot.model_validate(right)
    with pytest.raises(ValidationError):
        TariffSlot.model_validate({**right, **wrong})


def test_windows_and_seasons_are_read_as_they_are_written() -> None:
    assert windows(("22:00-06:00", "12:30-14:00")) == (
        Window(time(22), time(6)), Window(time(12, 30), time(14)),
    )  # fmt: skip
    contract = TempoContract(kind="tempo", red_from="10-15", red_until="04-15")
    assert contract.red_season() == RedSeason((10, 15), (4, 15))

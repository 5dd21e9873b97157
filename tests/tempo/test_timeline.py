"""The timeline of prices: every contract, every quarter hour, price changes and the days the clocks change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceUnintelligible
from services.tempo.calendar import Colour
from services.tempo.contracts import shipped, versions
from services.tempo.hours import DAY, Hours, Window
from services.tempo.prices import Export, Table, Version
from services.tempo.spot import Formula, SpotPrices, dump, load, together
from services.tempo.timeline import ORDINARY, DayPrices, Settled, Slot, Slots, ahead, is_news, merged
from services.tempo.wire.day_ahead import Layout, Spot, spots
from tests.tempo.times import BLUE, PARIS, RED, TEMPO, WHITE, at

QUARTER = timedelta(minutes=15)
FLAT = DayPrices(Hours(PARIS), Table([Version(date(2020, 1, 1), {(0, "flat"): 0.2})]))
HPHC = DayPrices(
    Hours(PARIS, off_peak=(Window(time(22, 30), time(6, 30)),)),
    Table([Version(date(2020, 1, 1), {(0, "peak"): 0.2142, (0, "off_peak"): 0.1589})]),
)
SHIPPED = Table(versions(shipped()))
COLOURS = {date(2026, 1, 5): WHITE, date(2026, 1, 6): RED, date(2026, 1, 7): BLUE}


def settle(colours: dict[date, Colour]) -> Callable[[date], Settled]:
    def settled(day: date) -> Settled:
        colour = colours.get(day)
        if colour is None:
            return Settled(severity=None, certainty="unknown")
        return Settled(severity=int(colour), certainty="final", label=colour.label)

    return settled


def tempo(now: str, export: Export | None = None) -> Slots:
    return DayPrices(TEMPO, SHIPPED, export or Export()).slots(at(now), settle(COLOURS))


def found(slots: Slots, when: str) -> Slot:
    return next(slot for slot in slots if slot.start <= at(when) < slot.end)


def test_flat_is_one_slot() -> None:
    slots = FLAT.slots(at("2026-01-06 12:00"), lambda _: ORDINARY)
    assert [(slot.price, slot.band, slot.severity, slot.certainty) for slot in slots] == [(0.2, "flat", 0, "final")]
    assert (slots[0].start, slots[0].end) == (at("2026-01-06 00:00"), at("2026-01-09 00:00"))


def test_hphc_changes_at_its_hours() -> None:
    slots = HPHC.slots(at("2026-01-06 12:00"), lambda _: ORDINARY)
    assert [(slot.band, slot.price) for slot in slots[:3]] == [
        ("off_peak", 0.1589),
        ("peak", 0.2142),
        ("off_peak", 0.1589),
    ]
    assert [slot.start for slot in slots[1:3]] == [at("2026-01-06 06:30"), at("2026-01-06 22:30")]


@pytest.mark.promise("5.8-04")
@pytest.mark.parametrize(
    ("when", "label", "band", "price"),
    [
        ("2026-01-06 05:59:59", "white", "off_peak", 0.1391),
        ("2026-01-06 06:00:00", "red", "peak", 0.6468),
        ("2026-01-06 21:59:59", "red", "peak", 0.6468),
        ("2026-01-06 22:00:00", "red", "off_peak", 0.1460),
        ("2026-01-07 05:59:59", "red", "off_peak", 0.1460),
        ("2026-01-07 06:00:00", "blue", "peak", 0.1494),
    ],
)
def test_a_tempo_day_costs_what_it_costs_to_the_second(when: str, label: str, band: str, price: float) -> None:
    slot = found(tempo("2026-01-06 03:00"), when)
    assert (slot.label, slot.band, slot.price) == (label, band, price)


@pytest.mark.promise("5.8-05")
def test_a_day_nobody_knows_has_no_price_and_no_severity() -> None:
    slot = found(tempo("2026-01-06 12:00"), "2026-01-08 12:00")
    assert (slot.price, slot.severity, slot.label, slot.certainty) == (None, None, None, "unknown")


def test_prices_change_at_midnight_within_a_night() -> None:
    colours = {date(2026, 1, 31): BLUE, date(2026, 2, 1): BLUE}
    slots = DayPrices(TEMPO, SHIPPED).slots(at("2026-01-31 23:00"), settle(colours))
    assert [found(slots, f"2026-{day}").price for day in ("01-31 23:59", "02-01 00:00", "02-01 06:00")] == [
        0.1232, 0.1325, 0.1612,
    ]  # fmt: skip


def test_before_the_first_price_nothing_is_known() -> None:
    slots = DayPrices(TEMPO, SHIPPED).slots(at("2020-01-06 12:00"), settle({date(2020, 1, 6): BLUE}))
    assert slots[0].price is None


@pytest.mark.parametrize(
    ("export", "earned"),
    [
        (Export(), None),
        (Export(as_import=True), 0.6468),
        (Export(Table([Version(date(2020, 1, 1), {(0, "flat"): 0.04})])), 0.04),
    ],
)
def test_feeding_in_earns_what_is_said_and_is_else_not_known(export: Export, earned: float | None) -> None:
    assert found(tempo("2026-01-06 12:00", export), "2026-01-06 12:00").export == earned


@given(st.integers(0, 6 * 365 * 24 * 60), st.sampled_from(("flat", "hphc", "tempo")))
def test_no_gap_no_overlap_and_36_hours_ahead(minutes: int, kind: str) -> None:
    now = at("2024-02-02 00:00") + timedelta(minutes=minutes)
    contract = {"flat": FLAT, "hphc": HPHC, "tempo": DayPrices(TEMPO, SHIPPED)}[kind]
    slots = ahead(contract.slots(now, settle({}) if kind == "tempo" else lambda _: ORDINARY), now)
    assert slots[0].start <= now < slots[0].end
    assert all(earlier.end == later.start for earlier, later in pairwise(slots))
    assert slots[-1].end - now >= timedelta(hours=36)


def test_the_passing_of_time_is_no_news_and_another_price_is() -> None:
    first, second = tempo("2026-01-06 12:00"), tempo("2026-01-06 23:00")
    assert not is_news(first, ahead(second, at("2026-01-06 23:00")))
    other = (replace(second[0], price=0.1), *second[1:])
    assert is_news(first, other)
    assert is_news((), first)
    assert is_news(first, tempo("2026-01-07 06:00"))


def test_neighbours_that_are_alike_are_one_and_a_gap_is_the_end() -> None:
    slot = found(tempo("2026-01-06 12:00"), "2026-01-06 12:00")
    halves = replace(slot, end=slot.start + QUARTER), replace(slot, start=slot.start + QUARTER)
    assert merged(halves) == (slot,)
    assert merged((slot, replace(slot, start=slot.end + QUARTER, end=slot.end + 2 * QUARTER))) == (slot,)


# ---- The exchange --------------------------------------------------------------------------------------------------

SIDE_BY_SIDE = Layout(None, "unix_seconds", "price", scale=0.001)


def quarters(first: str, *prices: float) -> tuple[Spot, ...]:
    start = at(first)
    return tuple(Spot(start + n * QUARTER, start + (n + 1) * QUARTER, price) for n, price in enumerate(prices))


def test_two_lists_side_by_side_are_prices() -> None:
    told = spots(b'{"unix_seconds": [1767654000, 1767654900], "price": [51.5, -2]}', SIDE_BY_SIDE)
    assert told == quarters("2026-01-06 00:00", 0.0515, -0.002)


def test_a_list_of_objects_in_any_order_with_or_without_an_end() -> None:
    body = b'[{"at": "2026-01-06T01:00:00+01:00", "p": "0.2"}, {"at": 1767654000000, "p": 0.1}]'
    told = spots(body, Layout("", "at", "p"))
    assert [(spot.start, spot.end, spot.price) for spot in told] == [
        (at("2026-01-06 00:00"), at("2026-01-06 01:00"), 0.1), (at("2026-01-06 01:00"), at("2026-01-06 02:00"), 0.2),
    ]  # fmt: skip


def test_a_missing_hour_is_not_filled_with_the_price_before_it() -> None:
    body = b'[{"t": 1767654000, "p": 0.1}, {"t": 1767657600, "p": 0.2}, {"t": 1767668400, "p": 0.3}]'
    told = spots(body, Layout("", "t", "p"))
    assert told[1].end == at("2026-01-06 02:00")
    slots = SpotPrices(Hours(PARIS), Formula()).slots(at("2026-01-06 00:10"), told)
    assert slots[-1].end == at("2026-01-06 02:00")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"unix_seconds": 3, "price": [1]}', b'{"unix_seconds": [1767654000], "price": [null]}',
     b'{"unix_seconds": ["soon"], "price": [5]}', b'{"unix_seconds": [1767654000], "price": [50000]}',
     b'{"unix_seconds": [true], "price": [5]}', b'{"unix_seconds": [1e300], "price": [5]}'],
)  # fmt: skip
def test_prices_that_cannot_be_read_are_named_and_none_is_used(body: bytes) -> None:
    with pytest.raises(DeviceUnintelligible, match="price"):
        spots(body, SIDE_BY_SIDE)


def test_the_formula_adds_taxes_and_severity_follows_the_price() -> None:
    contract = SpotPrices(Hours(PARIS), Formula(1.0, 0.1, 0.2), Formula(0.9), severities=(0.2, 0.3))
    slots = contract.slots(at("2026-01-06 00:00"), quarters("2026-01-06 00:00", 0.05, 0.1, 0.2))
    assert [(slot.price, slot.export, slot.severity) for slot in slots] == [
        (0.18, 0.045, 0), (0.24, 0.09, 1), (0.36, 0.18, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("now", ["2026-01-05 12:00", "2026-01-06 12:00"])
def test_where_the_exchange_said_nothing_the_price_is_unknown(now: str) -> None:
    slots = SpotPrices(Hours(PARIS), Formula()).slots(at(now), quarters("2026-01-06 00:00", 0.05))
    first = ahead(slots, at(now))[0]
    assert (first.price, first.severity, first.certainty) == (None, None, "unknown")
    assert len(slots) == (2 if now < "2026-01-06" else 1)


def test_newer_prices_replace_older_ones_and_what_is_over_is_forgotten() -> None:
    old, new = quarters("2026-01-06 00:00", 1, 2, 3, 4), quarters("2026-01-06 00:30", 7)
    kept = together(old, new, at("2026-01-06 00:20"))
    assert [spot.price for spot in kept] == [2, 7, 4]
    assert load(dump(kept)) == kept
    assert load("rubbish") == ()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), max_size=12))
def test_however_prices_overlap_none_is_said_twice(rows: list[tuple[int, int]]) -> None:
    start = at("2026-01-06 00:00")
    told = [Spot(start + a * QUARTER, start + (a + n) * QUARTER, float(n)) for a, n in rows]
    kept = together((), told, start)
    assert all(earlier.end <= later.start for earlier, later in pairwise(kept))


def test_a_price_table_knows_when_it_is_old() -> None:
    assert not SHIPPED.is_old(date(2027, 2, 28))
    assert SHIPPED.is_old(date(2027, 4, 1))


def test_the_shipped_prices_are_plausible_and_ascend() -> None:
    told = shipped()
    assert [each.valid_from for each in told] == sorted({each.valid_from for each in told})
    for each in told:
        prices = each.prices()
        assert all(0.05 < price < 1.0 for price in prices.values())
        assert prices[2, "peak"] == max(prices.values())
    assert told[-1].valid_from + 8 * 31 * DAY > date(2027, 1, 1)

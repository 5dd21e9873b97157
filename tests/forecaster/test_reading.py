"""CSV from elsewhere into quarter hours; every mistake with its line."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.forecaster.core.quarters import Quarter
from services.forecaster.reading import Reading, Unreadable
from tests.forecaster.days import NOON_S

HEAD = "time_utc,pv_w,load_w"


def rows(*lines: str, head: str = HEAD) -> list[Quarter]:
    reading = Reading()
    for _ in reading.take([f"{line}\n" for line in (head, *lines)]):
        pass
    return reading.quarters()


def mistakes(*lines: str, head: str = HEAD) -> list[str]:
    with pytest.raises(Unreadable) as refused:
        rows(*lines, head=head)
    return str(refused.value).splitlines()


def test_half_hours_become_two_quarters_each() -> None:
    found = rows("2026-06-18T12:00:00Z,1000,300", "2026-06-18T12:30:00Z,2000,")
    assert found == [
        Quarter(NOON_S, 1000, 300),
        Quarter(NOON_S + 900, 1000, 300),
        Quarter(NOON_S + 1800, 2000, None),
        Quarter(NOON_S + 2700, 2000, None),
    ]


def test_minutes_and_seconds_become_means() -> None:
    minutes = [f"{NOON_S + 60 * k},{100 * (k % 2)}" for k in range(30)]
    means = [row.pv_w for row in rows(*minutes, head="epoch_s,pv_w")]
    assert means == pytest.approx([100 * 7 / 15, 100 * 8 / 15])
    uneven = [f"{NOON_S + at_s},50" for at_s in range(0, 1800, 7)]
    assert [row.pv_w for row in rows(*uneven, head="epoch_s,pv_w")] == pytest.approx([50, 50])


def test_a_gap_is_not_known() -> None:
    found = rows(*(f"{NOON_S + 900 * k},5" for k in (0, 1, 8, 9)), head="epoch_s,load_w")
    assert [(row.start_s - NOON_S) // 900 for row in found] == [0, 1, 8, 9]
    assert all(row.pv_w is None for row in found)


def test_times_with_and_without_a_zone() -> None:
    """Without one it is UTC."""
    found = rows("2026-06-18T14:00:00+02:00,1,1", "2026-06-18 12:15:00,2,2")
    assert [row.start_s for row in found] == [NOON_S, NOON_S + 900]


def test_an_inverter_that_draws_a_little_at_night_gives_nothing() -> None:
    assert rows("2026-06-18T00:00:00Z,-4.5,100", "2026-06-18T00:15:00Z,0,100")[0].pv_w == 0


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["noon,1,1"], "line 2: time_utc: found 'noon'; a time is expected, for example 2024-03-03T12:30:00Z"),
        (["2026-06-18T12:00:00Z,1 kW,1"], "line 2: pv_w: found '1 kW'; what the roof gives in W is expected"),
        (["2026-06-18T12:00:00Z,1,-900"], "line 2: load_w: found '-900'; what the house itself draws"),
        (["2026-06-18T12:00:00Z,nan,1"], "line 2: pv_w: found 'nan'"),
        (["2026-06-18T12:00:00Z,1e9,1"], "line 2: pv_w: found '1e9'"),
        (["2026-06-18T12:00:00Z,1,1", "2026-06-18T11:00:00Z,1,1"], "line 3: is not later than the line before"),
        (["2026-06-18T12:00:00Z,1,1", "2026-06-18T12:00:00Z,1,1"], "line 3: is not later than the line before"),
        (["2026-06-18T12:00:00Z,,"], "no line tells a power"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(lines: list[str], told: str) -> None:
    assert mistakes(*lines)[0].startswith(told)


def test_all_mistakes_are_told_at_once_but_not_a_thousand() -> None:
    good = "2026-06-18T12:00:00Z,1,1"
    found = mistakes("x,1,1", good, "2026-06-18T12:15:00Z,1,x")
    assert [line.split(":")[0] for line in found] == ["line 2", "line 4", "nothing was imported"]
    assert len(mistakes(*(f"{k},1,1" for k in "abcdefghijklmnop"))) == 11


@pytest.mark.parametrize("head", ["", "a,b", "time_utc", "time_utc,pv_kw", "pv_w,load_w", "time_utc;pv_w"])
def test_wrong_columns_are_told_with_those_that_were_found(head: str) -> None:
    (told,) = mistakes(head=head)
    assert told.startswith("line 1: found the columns")
    assert "is missing, for example `time_utc,pv_w,load_w`" in told


@given(st.lists(st.text(max_size=30), max_size=12))
def test_whatever_the_lines_are_only_our_error_comes_out(lines: list[str]) -> None:
    with suppress(Unreadable):
        rows(*lines)

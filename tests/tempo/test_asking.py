"""How often servers that are not ours are asked, and when a source counts as silent."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceLocked, DeviceRefused, DeviceUnreachable
from services.tempo.asking import AGAIN_S, LATER_S, SPREAD_S, exchange_pause_s, pause_s
from services.tempo.hours import DAY
from services.tempo.knowledge import Word
from services.tempo.pulse import Pulse
from services.tempo.wire.days import BINDING
from tests.tempo.times import RED, TEMPO, at, word

FINAL, SHOWN = word("2026-01-06", RED), word("2026-01-06", RED, is_final=False)


@pytest.mark.parametrize(
    ("now", "said", "wakes"),
    [
        ("2026-01-05 07:00", None, "2026-01-05 07:25"),
        ("2026-01-05 07:00", SHOWN, "2026-01-05 10:40"),
        ("2026-01-05 10:50", SHOWN, "2026-01-05 11:15"),
        ("2026-01-05 10:50", FINAL, "2026-01-06 06:05"),
        ("2026-01-06 02:00", FINAL, "2026-01-06 06:05"),
        ("2026-01-06 02:00", None, "2026-01-06 02:25"),
        ("2026-03-28 12:00", word("2026-03-29", RED), "2026-03-29 06:05"),
    ],
)
def test_it_is_asked_again_when_there_can_be_news(now: str, said: Word | None, wakes: str) -> None:
    for _ in range(20):
        late_s = pause_s(at(now), TEMPO, said, BINDING) - (at(wakes) - at(now)).total_seconds()
        assert 0 <= late_s <= max(LATER_S, 2 * SPREAD_S)


@given(st.integers(0, 400 * 24 * 60), st.sampled_from((None, False, True)))
def test_it_is_never_asked_in_a_hurry_and_at_least_once_a_day(minutes: int, is_final: bool | None) -> None:
    now = at("2026-01-05 06:00") + timedelta(minutes=minutes)
    tomorrow = TEMPO.day_of(now) + DAY
    said = None if is_final is None else Word(day=tomorrow, colour=RED, source="rte", is_final=is_final)
    next_s = pause_s(now, TEMPO, said, BINDING)
    assert next_s <= 25 * 3600 + LATER_S
    if is_final is None:
        assert next_s >= AGAIN_S - SPREAD_S
    if is_final:
        assert now + timedelta(seconds=next_s) >= TEMPO.start(tomorrow)


@pytest.mark.parametrize(
    ("now", "known_until", "wakes"),
    [
        ("2026-01-05 08:00", "2026-01-06 06:00", "2026-01-05 13:00"),
        ("2026-01-05 13:30", "2026-01-06 06:00", "2026-01-05 13:55"),
        ("2026-01-05 13:30", "2026-01-07 06:00", "2026-01-06 13:00"),
        ("2026-01-05 08:00", None, "2026-01-05 08:25"),
        ("2026-01-05 08:00", "2026-01-05 07:00", "2026-01-05 08:25"),
    ],
)
def test_the_exchange_is_asked_when_it_publishes(now: str, known_until: str | None, wakes: str) -> None:
    known = at(known_until) if known_until else None
    late_s = exchange_pause_s(at(now), TEMPO, known, time(13)) - (at(wakes) - at(now)).total_seconds()
    assert 0 <= late_s <= LATER_S


def test_a_source_that_is_asked_is_silent_once_it_fails_for_long() -> None:
    pulse = Pulse("rte", "ems-tempo", "", 600.0)
    assert not pulse.is_silent(10_000.0)
    pulse.bad(DeviceUnreachable("away"), 10_000.0)
    pulse.bad(DeviceRefused("no"), 10_500.0)
    assert (pulse.is_silent(10_599.0), pulse.is_silent(10_600.0), pulse.failures, pulse.why) == (False, True, 2, "no")
    pulse.good(10_700.0)
    assert (pulse.is_silent(99_999.0), pulse.failures) == (False, 0)


def test_one_that_speaks_by_itself_after_a_silence_and_one_that_locks_us_out_at_once() -> None:
    tic = Pulse("tic", "ems-tempo", "", 600.0, 0.0)
    assert (tic.is_silent(599.0), tic.is_silent(600.0)) == (False, True)
    tic.good(700.0)
    assert (tic.is_silent(1299.0), tic.is_silent(1300.0)) == (False, True)
    official = Pulse("rte_official", "ems-tempo", "", 600.0)
    official.bad(DeviceLocked("no key"), 0.0)
    assert official.is_silent(0.0)

"""Whatever a box, a server or a stranger on the broker says: it is used, or named and left out, and that is all."""

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceUnintelligible
from common.messaging import Received
from services.tempo import spot
from services.tempo.calendar import DAY, Colour
from services.tempo.collecting import read_labels
from services.tempo.config import PRESETS, Preset, TicSettings
from services.tempo.knowledge import Knowledge, Word
from services.tempo.wire import couleur, day_ahead, ecodevice, rte, tic
from services.tempo.wire.day_ahead import Layout, Spot
from services.tempo.wire.days import Hearing
from tests.tempo.times import TEMPO, at

NOW = at("2026-01-05 21:00")
HEARING = Hearing("rte", TEMPO, NOW)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["HPJR", "HCJB", "ROUG", "BLEU", "----", "2D3A8000", "260106060000", "RED", "2026-01-06", "1767654000"]
    ),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False), TEXTS)
NAMES = st.one_of(
    st.sampled_from(
        ["values", "tempo_like_calendars", "start_date", "value", "dateJour", "codeJour", "T1_PTEC", "T1_DEMAIN", "TIC",
         "CONTRACT", "PTEC", "DEMAIN", "raw", "price", "unix_seconds", "2026-01-06", "2026-01-06-fallback"]
    ),
    st.text(max_size=8),
)  # fmt: skip
TREES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=10,
)
BODIES = st.one_of(st.binary(max_size=60), TREES.map(orjson.dumps))


def spots(body: bytes) -> tuple[Spot, ...]:
    return day_ahead.spots(body, Layout(None, "unix_seconds", "price"))


def objects(body: bytes) -> tuple[Spot, ...]:
    return day_ahead.spots(body, Layout("values", "start_date", "value", "dateJour"))


READERS: tuple[Callable[[bytes], object], ...] = (
    lambda body: rte.feed(body, HEARING),
    lambda body: rte.calendar(body, HEARING),
    rte.token,
    lambda body: couleur.days(body, HEARING),
    lambda body: ecodevice.labels(body, "json", 1),
    lambda body: ecodevice.labels(body, "xml", 1),
    spots,
    objects,
)


@pytest.mark.parametrize("number", range(len(READERS)))
@given(body=BODIES)
def test_an_answer_is_read_or_named(number: int, body: bytes) -> None:
    with suppress(DeviceUnintelligible):
        READERS[number](body)


@given(body=BODIES)
def test_prices_that_are_read_are_in_order_and_finite(body: bytes) -> None:
    try:
        told = spots(body)
    except DeviceUnintelligible:
        return
    kept = spot.together((), told, NOW)
    assert all(abs(each.price) <= 10 for each in told)
    assert all(earlier.end <= later.start for earlier, later in pairwise(kept))


@pytest.mark.parametrize("preset", PRESETS)
@given(body=BODIES, retained=st.booleans())
def test_a_message_on_the_meters_topic_never_harms(preset: Preset, body: bytes, retained: bool) -> None:
    labels = read_labels(TicSettings(topic="t", preset=preset), Received("t", body, retained, 0.0))
    assert labels is None or not retained
    for word in tic.words(labels or {}, TEMPO, NOW, "tic"):
        assert word.day in (TEMPO.day_of(NOW), TEMPO.day_of(NOW) + DAY)


@given(labels=st.dictionaries(st.sampled_from(sorted({name for paths in PRESETS.values() for name in paths})), TEXTS))
def test_labels_that_are_no_colour_say_none(labels: dict[str, str]) -> None:
    words = tic.words(labels, TEMPO, NOW, "tic")
    said = " ".join(labels.values()).upper()
    if any(word.colour is Colour.BLUE for word in words):
        assert any(sign in said for sign in ("BLEU", "JB", "1", "2", "4", "5", "6"))
    assert len(words) <= 2


@given(dumped=TREES)
def test_a_disk_may_hold_anything(dumped: Any) -> None:  # as a damaged one does
    known = Knowledge(("rte",))
    known.load(dumped)
    assert all(isinstance(colour, Colour) for colour in known.colours().values())
    assert all(isinstance(each, Spot) for each in spot.load(dumped))


@given(
    st.lists(st.builds(Word, day=st.dates(), colour=st.sampled_from(Colour), source=st.text(max_size=3)), max_size=6)
)
def test_days_at_the_ends_of_time_are_tidied_too(words: list[Word]) -> None:
    known = Knowledge(("rte",))
    known.hear(words)
    known.tidy(at("2026-01-05 21:00").date())
    assert all(colour in Colour for colour in known.colours().values())

"""What a replay expects, learnt from the past of the recording alone."""

from zoneinfo import ZoneInfo

import pytest

from services.replay.expecting import Expecting
from services.replay.steps import Slot, slots
from tests.replay.houses import week

PARIS = ZoneInfo("Europe/Paris")


def learnt(period: list[Slot]) -> Expecting:
    """After having lived through it."""
    expecting = Expecting(1800, PARIS)
    for slot in period:
        expecting.learn(slot)
    return expecting


def promised(share: float, days: int = 8) -> list[Slot]:
    """A made-up week whose sun was promised wrongly: production is `share` of the promise."""
    return [
        slot._replace(promised_w=None if slot.promised_w is None else slot.production_w / share)
        for slot in slots(week(days), 1800)
    ]


@pytest.mark.parametrize("share", [0.7, 1.5])
def test_a_promise_that_is_always_off_is_put_right(share: float) -> None:
    period = promised(share)
    today = period[-48:]
    expected_w = learnt(period[:-48]).base_w(today)
    errors_w = [abs(mine - slot.base_w) for mine, slot in zip(expected_w, today, strict=True)]
    naive_w = [abs(slot.load_w - (slot.promised_w or 0.0) - slot.base_w) for slot in today]
    assert sum(errors_w) < 0.5 * sum(naive_w)


def test_the_house_is_expected_as_it_was_at_this_hour() -> None:
    period = [slot._replace(production_w=0.0, promised_w=0.0) for slot in slots(week(8), 1800)]
    expected_w = learnt(period[:-48]).base_w(period[-48:])
    supper, night = expected_w[36], expected_w[4]
    assert supper == pytest.approx(1800, rel=0.15)
    assert night == pytest.approx(350, rel=0.15)


def test_what_is_measured_now_counts_for_some_hours() -> None:
    period = [slot._replace(production_w=0.0, promised_w=0.0) for slot in slots(week(8), 1800)]
    usual = learnt(period[:-48]).base_w(period[-48:])
    cooking = learnt([*period[:-49], period[-49]._replace(load_w=3000.0)]).base_w(period[-48:])
    assert cooking[0] > usual[0] + 500
    assert cooking[30] == pytest.approx(usual[30], abs=60)


def test_without_a_promise_the_sun_is_as_it_was_these_days() -> None:
    period = [slot._replace(promised_w=None) for slot in slots(week(8), 1800)]
    expected_w = learnt(period[:-48]).base_w(period[-48:])
    assert expected_w[24] < -500
    assert expected_w[4] > 0


def test_the_future_is_not_looked_at() -> None:
    """Whatever will be measured, what is expected is the same."""
    period = list(slots(week(3), 1800))
    expecting = learnt(period[:48])
    unknown = [slot._replace(load_w=9999.0, production_w=9999.0, steps=()) for slot in period[48:96]]
    assert expecting.base_w(unknown) == learnt(period[:48]).base_w(period[48:96])


def test_a_house_without_a_past_is_expected_all_the_same() -> None:
    first = list(slots(week(1), 1800))
    assert len(Expecting(1800, PARIS).base_w(first)) == 48

"""A plan on the wire."""

import pytest

from common.contract import PLAN, Envelope, PlanSlot, PlanState, encode
from common.contract.plan import SLOTS

START_MS, SLOT_MS = 1_795_157_664_123, 900_000
ENVELOPE = Envelope(v=1, ts_ms=START_MS, seq=10**9, boot="abcdef", src="site-17-ems-planner")


def slot(place: int) -> PlanSlot:
    """With every figure of a house."""
    return PlanSlot(
        start_ms=START_MS + place * SLOT_MS,
        end_ms=START_MS + (place + 1) * SLOT_MS,
        power_w=-12_345.6,
        cost_eur=-1.2345,
        price_eur_per_kwh=-0.1234,
        value_eur_per_kwh=-0.1234,
    )


def test_the_longest_plan_fits_into_its_size() -> None:
    house = PlanState(
        issued_ms=START_MS,
        valid_until_ms=START_MS,
        sentence="x" * 300,
        slots=tuple(map(slot, range(SLOTS))),
        peak_w=12_345.6,
        expected_export_eur_per_kwh=0.0412,
        expected_cost_eur=-123.4567,
        expected_import_wh=10**6,
        expected_export_wh=10**6,
    )
    assert len(encode(ENVELOPE, house)) <= 32 * 1024
    assert PLAN.at("main").name == "plan/main/state"


def test_a_slot_ends_after_it_starts() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        PlanSlot(start_ms=START_MS, end_ms=START_MS, power_w=0.0)

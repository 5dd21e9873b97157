"""Houses to plan for: plain ones with few words, and any at all for hypothesis."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from services.planner.core.problem import Car, Job, Limits, Problem, Scenario, Store

LONG_S = 60.0
"""No search of a test is cut short by a busy machine."""
BATTERY = Store(device="garage", capacity_wh=10_000, stored_wh=0, max_charge_w=5000, max_discharge_w=5000)


def house(
    base_w: Sequence[float],
    paid: Sequence[float] | float = 0.25,
    received: Sequence[float] | float = 0.04,
    *,
    stores: Sequence[Store] = (),
    jobs: Sequence[Job] = (),
    cars: Sequence[Car] = (),
    limits: Limits | None = None,
) -> Problem:
    """Slots of an hour, one scenario."""
    scenario = Scenario(
        import_eur_per_kwh=_each(paid, base_w), export_eur_per_kwh=_each(received, base_w), base_w=base_w
    )
    return Problem(
        hours=[1.0] * len(base_w),
        scenarios=[scenario],
        stores=stores,
        jobs=jobs,
        cars=cars,
        limits=limits or Limits(),
    )


def _each(price: Sequence[float] | float, base_w: Sequence[float]) -> Sequence[float]:
    return [price] * len(base_w) if isinstance(price, float) else price


SLOTS = 8
powers = st.integers(min_value=-6000, max_value=6000).map(float)
prices = st.integers(min_value=-20, max_value=60).map(lambda cents: cents / 100)
shares = st.integers(min_value=50, max_value=100).map(lambda pct: pct / 100)


@st.composite
def stores(draw: st.DrawFn, device: str = "garage") -> Store:
    """Any battery, also one below its reserve or above its ceiling."""
    capacity_wh = float(draw(st.integers(500, 15_000)))
    return Store(
        device=device,
        capacity_wh=capacity_wh,
        stored_wh=capacity_wh * draw(st.integers(0, 100)) / 100,
        reserve_wh=capacity_wh * draw(st.integers(0, 40)) / 100,
        ceiling_wh=capacity_wh * draw(st.integers(60, 100)) / 100,
        max_charge_w=float(draw(st.integers(0, 5000))),
        max_discharge_w=float(draw(st.integers(0, 5000))),
        charge_efficiency=draw(shares),
        discharge_efficiency=draw(shares),
    )


@st.composite
def jobs(draw: st.DrawFn, device: str = "boiler") -> Job:
    """Any load, also one whose need does not fit its window."""
    first = draw(st.integers(0, SLOTS - 1))
    must_run_slots = draw(st.integers(0, 3)) if first == 0 else 0
    return Job(
        device=device,
        power_w=float(draw(st.integers(200, 3000))),
        needed_wh=float(draw(st.integers(0, 12_000))),
        from_slot=first,
        before_slot=draw(st.integers(first + 1, SLOTS)),
        is_needed=draw(st.booleans()),
        is_interruptible=draw(st.booleans()),
        min_run_slots=draw(st.integers(1, 3)),
        is_running=must_run_slots > 0,
        must_run_slots=must_run_slots,
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Any house: one or two ways its day may turn out, with all kinds of devices, prices below zero included."""
    count = draw(st.integers(1, 2))
    scenarios = [draw(_scenarios()) for _ in range(count)]
    limits = Limits(
        max_import_w=float(draw(st.integers(500, 9000))),
        max_export_w=float(draw(st.integers(0, 9000))),
        peak_eur_per_kw=draw(st.sampled_from([0.0, 4.0])),
    )
    return Problem(
        hours=[draw(st.sampled_from([0.25, 0.1]))] + [0.25] * (SLOTS - 1),
        scenarios=[replace(each, probability=1 / count) for each in scenarios],
        stores=[draw(stores()), draw(stores("cellar"))][: draw(st.integers(0, 2))],
        jobs=[draw(jobs()), draw(jobs("pump"))][: draw(st.integers(0, 2))],
        limits=limits,
        common_slots=3,
    )


@st.composite
def _scenarios(draw: st.DrawFn) -> Scenario:
    paid = [draw(prices) for _ in range(SLOTS)]
    return Scenario(
        import_eur_per_kwh=paid,
        export_eur_per_kwh=[min(each, 0.1) for each in paid],
        base_w=[draw(powers) for _ in range(SLOTS)],
    )

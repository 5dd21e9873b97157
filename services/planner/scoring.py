"""What a day came to, beside what it could have: with batteries at rest, on plain self-consumption, at best. Pure.

The loads are taken as they ran. What is stored in the end more or less than in the beginning counts for what it saves
in cheap hours, the same for all.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from common.contract import PlanScore
from common.means import QUARTER_S
from services.planner.core.oracle import foresee
from services.planner.core.problem import Problem, Scenario, Store, end_value_eur_per_kwh
from services.planner.core.rule import self_consumption
from services.planner.core.worth import together
from services.planner.diary import Row, following

LEAST_PCT: Final = 90.0
"""A day of which less was measured is not judged."""
LEAST_EUR: Final = 0.01
"""Less to save is nothing to be judged by."""
QUARTER_H: Final = QUARTER_S / 3600
MOST_PCT: Final = 100_000.0


def score(rows: Sequence[Row], batteries: Sequence[Store], day: date, zone: tzinfo) -> PlanScore | None:
    """Of one local day; None if too little of it is known, or there is no battery."""
    begin_s, end_s = (_midnight(day + timedelta(days=days), zone) for days in (0, 1))
    known = following(rows, begin_s, end_s)
    covered_pct = 100 * len(known) * QUARTER_S / (end_s - begin_s)
    if covered_pct < LEAST_PCT or not batteries:
        return None
    lived, began_wh = [row for _, row in known], known[0][0].stored_wh
    store = _begun(together(batteries), began_wh, [row.import_eur_per_kwh for row in lived])
    ended_wh = began_wh + sum(row.stored_wh - before.stored_wh for before, row in known)
    actual = _cost_eur(lived, [row.battery_w for row in lived], store, ended_wh)
    none = _cost_eur(lived, [0.0] * len(lived), store, began_wh)
    rule = _cost_eur(lived, *_by_rule(lived, store))
    oracle = _cost_eur(lived, *_by_oracle(lived, store))
    shares = [_share_pct(none, policy, oracle) for policy in (actual, rule)]
    return PlanScore(
        day=day.isoformat(),
        cost_eur=round(actual, 4),
        none_eur=round(none, 4),
        rule_eur=round(rule, 4),
        oracle_eur=round(oracle, 4),
        share_pct=shares[0],
        rule_share_pct=shares[1],
        covered_pct=round(min(100.0, covered_pct), 1),
        sentence=_sentence(actual, rule, oracle, shares[0]),
    )


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).timestamp()


def _begun(store: Store, stored_wh: float, prices_eur_per_kwh: Sequence[float]) -> Store:
    """All batteries as they were when the day began, and what is worth to be left in them when it ends."""
    return Store(
        device=store.device,
        capacity_wh=store.capacity_wh,
        stored_wh=stored_wh,
        max_charge_w=store.max_charge_w,
        max_discharge_w=store.max_discharge_w,
        reserve_wh=store.reserve_wh,
        ceiling_wh=store.ceiling_wh,
        charge_efficiency=store.charge_efficiency,
        discharge_efficiency=store.discharge_efficiency,
        end_eur_per_kwh=end_value_eur_per_kwh(store, prices_eur_per_kwh),
    )


def _by_rule(rows: Sequence[Row], store: Store) -> tuple[list[float], Store, float]:
    stored_wh, powers_w = store.stored_wh, list[float]()
    for row in rows:
        done = self_consumption(store, stored_wh, row.grid_w - row.battery_w, QUARTER_H)
        stored_wh = done.stored_wh
        powers_w.append(done.power_w)
    return powers_w, store, stored_wh


def _by_oracle(rows: Sequence[Row], store: Store) -> tuple[Sequence[float], Store, float]:
    scenario = Scenario(
        import_eur_per_kwh=[row.import_eur_per_kwh for row in rows],
        export_eur_per_kwh=[row.export_eur_per_kwh for row in rows],
        base_w=[row.grid_w - row.battery_w for row in rows],
    )
    found = foresee(Problem(hours=[QUARTER_H] * len(rows), scenarios=[scenario], stores=[store]))
    return found.batteries_w, store, found.stored_wh[0][-1]


def _cost_eur(rows: Sequence[Row], batteries_w: Sequence[float], store: Store, ended_wh: float) -> float:
    """With the batteries doing that; what they hold in the end more than in the beginning is taken off."""
    cost_eur = 0.0
    for row, battery_w in zip(rows, batteries_w, strict=True):
        grid_w = row.grid_w - row.battery_w + battery_w
        price = row.import_eur_per_kwh if grid_w > 0 else row.export_eur_per_kwh
        cost_eur += grid_w * QUARTER_H / 1000 * price
    return cost_eur - (ended_wh - store.stored_wh) / 1000 * (store.end_eur_per_kwh or 0.0)


def _share_pct(none: float, policy: float, oracle: float) -> float | None:
    """Of what perfect foresight saves; None if that is nothing."""
    if none - oracle < LEAST_EUR:
        return None
    return round(max(-MOST_PCT, min(MOST_PCT, 100 * (none - policy) / (none - oracle))), 1)


def _sentence(actual: float, rule: float, oracle: float, share_pct: float | None) -> str:
    saved = "" if share_pct is None else f", {share_pct:.0f} % of what can be saved"
    told = f"Yesterday cost {actual:.2f} EUR{saved}; plain self-consumption would have cost {rule:.2f} EUR"
    return f"{told}, perfect foresight {oracle:.2f} EUR."

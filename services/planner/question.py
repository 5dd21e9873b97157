"""From what was heard to the problem that a plan solves. Pure: the same words at the same time, the same problem."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Final

from common.config import SiteSettings
from common.contract import TariffState, Terms
from common.execution import one_way
from services.planner.config import Config
from services.planner.core.plan import Runs
from services.planner.core.problem import Job, Limits, Problem, Store
from services.planner.expected import Expected
from services.planner.heard import Heard
from services.planner.outlook import QUARTER_MS, Outlook, Wanting, look_ahead
from services.planner.timeline import DAY_MS, Timeline

HOUR_MS: Final = 3_600_000
QUARTER_S: Final = QUARTER_MS // 1000
VOLTAGE_V: Final = 230.0
"""Nominal voltage of a European connection (EN 60038)."""
MONTHS: Final = 12
Occasion = tuple[str, int]
"""(device, which of its days: 0 is the running one)"""
Course = Mapping[Occasion, frozenset[int]]
"""In which quarter hours since 1970 the loads run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the planner is asked, and about which time."""

    problem: Problem
    outlook: Outlook
    occasions: Sequence[Occasion]
    """Of the problem's jobs."""
    left_out: Sequence[str]
    """Batteries that take part in the house but not in the plan: size or charge of them is not known."""

    def runs(self, course: Course) -> Runs | None:
        """The runs of an earlier plan in these slots; None if it was about other loads."""
        if not course.keys() >= set(self.occasions):
            return None
        starts = self.outlook.starts_ms
        return [
            frozenset(slot for slot, start_ms in enumerate(starts[:-1]) if _quarter(start_ms) in course[occasion])
            for occasion in self.occasions
        ]

    def course(self, runs: Runs) -> Course:
        """Runs of these slots, for a later question."""
        starts = self.outlook.starts_ms
        return {
            occasion: frozenset(_quarter(starts[slot]) for slot in slots)
            for occasion, slots in zip(self.occasions, runs, strict=True)
        }


def _quarter(start_ms: int) -> int:
    """The quarter hour that a slot lies in: the rest of the running one begins later each time."""
    return start_ms // QUARTER_MS


def question(heard: Heard, config: Config, site: SiteSettings, now_ms: int) -> Question:
    """The problem of this moment. Raises Wanting if something is not known without which it would be a guess."""
    if heard.tariff is None:
        raise Wanting("nobody tells what energy costs")
    timeline = Timeline(heard.tariff, heard.past, config.export_eur_per_kwh)
    ahead = look_ahead(now_ms, round(config.horizon_h * HOUR_MS), timeline, _expected(heard, config, now_ms))
    batteries, jobs = stores(heard, config, now_ms), list(_all_jobs(heard, ahead, now_ms))
    if not any(heard.present(now_ms)):
        raise Wanting("no device takes part: the balancer is silent or switched off")
    problem = Problem(
        hours=ahead.hours,
        scenarios=ahead.scenarios,
        stores=[store for store in batteries.values() if store is not None],
        jobs=[job for _, job in jobs],
        limits=_limits(site, heard.tariff, heard.month_peak_w(now_ms)),
        common_slots=ahead.common_slots,
    )
    left_out = [name for name, store in batteries.items() if store is None]
    return Question(problem=problem, outlook=ahead, occasions=[occasion for occasion, _ in jobs], left_out=left_out)


def _expected(heard: Heard, config: Config, now_ms: int) -> Expected:
    load, pv = (heard.forecast(kind, now_ms) for kind in ("load", "pv"))
    if load is None:
        raise Wanting("there is no forecast of the house")
    if config.has_sun and pv is None:
        raise Wanting("there is no forecast of the sun; a house without roofs says has_sun: false")
    return Expected(load, pv if config.has_sun else None)


def _is_battery(terms: Terms) -> bool:
    return terms.kind == "battery"


def stores(heard: Heard, config: Config, now_ms: int) -> dict[str, Store | None]:
    """The batteries that take part; None: size or charge of one is not known."""
    present = heard.present(now_ms)
    return {name: _store(name, terms, heard, config, now_ms) for name, terms in present if _is_battery(terms)}


def _store(name: str, terms: Terms, heard: Heard, config: Config, now_ms: int) -> Store | None:
    stored_wh = heard.stored_wh(name, now_ms)
    if not terms.capacity_wh or stored_wh is None or terms.min_w is None or terms.max_w is None:
        return None
    share_wh = terms.capacity_wh / 100
    return Store(
        device=name,
        capacity_wh=terms.capacity_wh,
        stored_wh=stored_wh,
        max_charge_w=terms.max_w,
        max_discharge_w=-terms.min_w,
        reserve_wh=share_wh * (terms.reserve_soc_pct or 0.0),
        ceiling_wh=inf if terms.ceiling_soc_pct is None else share_wh * terms.ceiling_soc_pct,
        charge_efficiency=one_way(terms.round_trip_pct),
        discharge_efficiency=one_way(terms.round_trip_pct),
        wear_eur_per_kwh=config.wear_eur_per_kwh,
    )


def _all_jobs(heard: Heard, ahead: Outlook, now_ms: int) -> Iterator[tuple[Occasion, Job]]:
    for name, terms in heard.present(now_ms):
        if not _is_battery(terms):
            yield from _jobs(name, terms, ahead)


def _jobs(name: str, terms: Terms, ahead: Outlook) -> Iterator[tuple[Occasion, Job]]:
    """What is left of its day, and the next one if the time ahead reaches over all of it."""
    if not terms.power_w or terms.need_wh is None or terms.ready_by_ms is None:
        return
    until = max(1, ahead.before(terms.ready_by_ms))
    if terms.need_wh > 0:
        yield (name, 0), _job(name, terms, terms.need_wh, 0, until)
    next_by_ms = terms.ready_by_ms + DAY_MS
    if terms.daily_wh and next_by_ms <= ahead.starts_ms[-1]:
        yield (name, 1), _job(name, terms, terms.daily_wh, until, ahead.before(next_by_ms))


def _job(name: str, terms: Terms, need_wh: float, first: int, before: int) -> Job:
    return Job(
        device=name,
        power_w=terms.power_w or 0.0,
        needed_wh=need_wh,
        from_slot=first,
        before_slot=before,
        is_needed=terms.is_needed,
        min_run_slots=max(1, ceil((terms.min_on_s or 0.0) / QUARTER_S)),
    )


def _limits(site: SiteSettings, tariff: TariffState, month_peak_w: float | None) -> Limits:
    """Of the connection; and what a higher quarter hour costs, where it is known how high the month's is already."""
    fuse_w = inf if site.connection_a is None else site.connection_a * VOLTAGE_V * site.phases
    limits = Limits(max_import_w=_least(fuse_w, site.max_import_w), max_export_w=_least(fuse_w, site.max_export_w))
    yearly, floor_w = tariff.peak_eur_per_kw_year, tariff.peak_floor_w or 0.0
    if yearly is None or month_peak_w is None or tariff.peak_window_s != QUARTER_S:
        return limits
    return replace(limits, peak_eur_per_kw=yearly / MONTHS, peak_so_far_w=max(month_peak_w, floor_w))


def _least(fuse_w: float, limit_w: float | None) -> float:
    return fuse_w if limit_w is None else min(fuse_w, limit_w)

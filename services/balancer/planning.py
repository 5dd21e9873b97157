"""The schedule of quarter hours, thought over each half minute: what each load still needs, and what the day brings."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from common.contract import Forecast
from services.balancer.loads import horizon
from services.balancer.loads.day import left_of_day_s, until_s
from services.balancer.loads.need import rows_needed
from services.balancer.loads.schedule import Job, outlook, schedule
from services.balancer.mind import Mind
from services.balancer.roster import Roster
from services.balancer.stores import tank
from services.balancer.switchboard import UNFILLED_WH, missing_wh, rated_w

PLAN_S = 30.0
FORECAST_S = 86_400.0
"""A forecast older than this is none."""


class Ahead(NamedTuple):
    """When the schedule is thought over, and who is there."""

    roster: Roster
    now_s: float
    local: datetime


def plan_ahead(mind: Mind, ahead: Ahead) -> None:
    """Think the schedule over, if it is time to."""
    board = mind.switchboard
    if 0 <= ahead.now_s - board.planned_s < PLAN_S:
        return
    rows = max(1, horizon.rows_ahead(left_of_day_s(ahead.local, mind.config.day_starts)))
    pv, load = (spans(mind, mind.world.forecasts.get(kind), ahead.now_s) for kind in ("pv", "load"))
    avail_w = horizon.horizon(ahead.now_s, rows, board.present.value_w or 0.0, pv, load)
    jobs = tuple(_jobs(mind, ahead, rows))
    board.outlook = {job.id: outlook(avail_w, job) for job in jobs}
    board.plan = schedule(avail_w, jobs, tank(mind, ahead.roster.stores))
    board.planned_s = ahead.now_s
    for name in mind.config.loads:
        _look_at_the_clock(mind, name, ahead.local)


def _look_at_the_clock(mind: Mind, load: str, local: datetime) -> None:
    """A needed load that has its fill is in order again; one that has not when its hour is over is told about."""
    board, policy = mind.switchboard, mind.policy(load)
    lacks_wh = missing_wh(policy, board.book(load))
    if lacks_wh == 0:
        board.unfilled_wh.pop(load, None)
    if is_overdue(mind, load, local) and lacks_wh is not None and lacks_wh > UNFILLED_WH:
        board.unfilled_wh[load] = lacks_wh


def _jobs(mind: Mind, ahead: Ahead, rows: int) -> Iterator[Job]:
    loads = mind.config.loads
    for device in (*ahead.roster.switched, *(dosed for dosed in ahead.roster.dosed if dosed.id in loads)):
        policy, book = mind.policy(device.id), mind.switchboard.book(device.id)
        power_w, wanted_wh = rated_w(policy, book), missing_wh(policy, book)
        lacking = rows if wanted_wh is None else rows_needed(wanted_wh, power_w)
        before_row = _deadline(mind, device.id, ahead.local, lacking)
        mind.switchboard.slack_rows[device.id] = before_row - lacking
        if power_w > 0 and policy.want in ("surplus", "needed"):
            yield Job(
                id=device.id,
                power_w=power_w,
                rows=lacking,
                is_needed=policy.want == "needed",
                place=mind.places.index(device.id),
                before_row=before_row,
                runs=book.run.on,
                store_first=policy.battery_first_pct / 100,
            )


def _deadline(mind: Mind, load: str, local: datetime, rows: int) -> int:
    """The row before which a needed load must have its fill; one that missed its hour runs at once, for `rows`."""
    if is_overdue(mind, load, local):
        return max(1, rows)
    ready_by = mind.policy(load).ready_by
    left_s = left_of_day_s(local, mind.config.day_starts)
    return max(1, horizon.rows_ahead(left_s if ready_by is None else until_s(local, ready_by)))


def is_overdue(mind: Mind, load: str, local: datetime) -> bool:
    """Whether the hour by which it should have its fill is past on this day."""
    ready_by = mind.policy(load).ready_by
    return ready_by is not None and until_s(local, ready_by) > left_of_day_s(local, mind.config.day_starts)


def spans(mind: Mind, forecast: Forecast | None, now_s: float) -> horizon.Forecast | None:
    """A forecast on the balancer's own time line; None if there is none, or it is too old."""
    line = mind.world.line
    if forecast is None or now_s - line.at_s(forecast.issued_ms) > FORECAST_S:
        return None
    return [(line.at_s(slot.start_ms), line.at_s(slot.end_ms), slot.p50_w) for slot in forecast.slots]

"""What the balancer keeps over a restart: what devices have shown of themselves, and what people have asked for."""

import logging
from dataclasses import asdict
from math import ceil, inf

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from services.balancer.core.cap import Cap
from services.balancer.core.learning import MOMENT
from services.balancer.core.response import Response
from services.balancer.crew import Learnt
from services.balancer.desk import Desk, Told
from services.balancer.groups import RotationGroup
from services.balancer.loads.rated import Rated
from services.balancer.loads.steps import Steps
from services.balancer.loads.stored import LONG_AGO_S, Sample, Stored
from services.balancer.loads.switching import Run
from services.balancer.loads.warmth import Past, Warmth
from services.balancer.mind import Mind
from services.balancer.rotation.ledger import Ledger
from services.balancer.rotation.received import Hour, Received
from services.balancer.rotation.turns import Turns
from services.balancer.rules.tariff_policy import Reserve
from services.balancer.switchboard import LoadBook

KEY = "mind"
COARSE_WH, COARSE_S = 20.0, 60.0
"""Steps in which a load's day is kept: a restart loses less than that."""
log = logging.getLogger(__name__)


class KeptCap(BaseModel):
    """A learnt limit, on disk."""

    most_w: float | None = None
    tied_to_pct: float | None = None


class KeptDevice(BaseModel):
    """What one device has shown, on disk."""

    dead_time_s: float
    ramp_w_per_s: float
    spread: float
    gain: float
    charge_cap: KeptCap
    discharge_cap: KeptCap


class KeptLoad(BaseModel):
    """What is written down about one load, on disk. Times on the balancer's line, which begins as wall time."""

    day: int | None = None
    energy_wh: float = 0.0
    counter_wh: float | None = None
    """What the device's own counter showed at that energy."""
    ran_s: float = 0.0
    is_full: bool = False
    rated_w: float | None = None
    on: bool = False
    since_s: float | None = None
    by_hand: bool = False
    was_full: bool = False
    steps_w: tuple[float, ...] = ()
    """What the house's meter showed of it at its last switchings."""
    days: tuple[tuple[int, float, bool], ...] = ()
    """A water heater's last days."""
    looked: int | None = None
    owed_wh: float = 0.0
    due_s: float | None = None


class KeptHour(BaseModel):
    """One hour of a rotation, on disk."""

    number: int
    seen_s: float
    on_s: dict[str, float]


class KeptRotation(BaseModel):
    """A group that takes turns, on disk."""

    index: int = 0
    deficits_s: dict[str, float] = {}
    live: tuple[str, ...] = ()
    turn_ends_s: float | None = None
    stands: dict[str, tuple[bool, float]] = {}
    rated_w: dict[str, float] = {}
    hours: tuple[KeptHour, ...] = ()


class KeptReserve(BaseModel):
    """What batteries held last for the coming day, on disk."""

    charge_target_pct: float
    min_soc_pct: float
    battery_life: bool


class Kept(BaseModel):
    """All of it, on disk. What an older version wrote and this one does not know is ignored."""

    model_config = ConfigDict(allow_inf_nan=False)

    devices: dict[str, KeptDevice] = {}
    momentary_meters: tuple[str, ...] = ()
    asked: dict[str, str] = {}
    order_of_file: tuple[str, ...] | None = None
    manual_until_ms: int | None = None
    forced_until_ms: dict[str, int] = {}
    loads: dict[str, KeptLoad] = {}
    boost_until_ms: dict[str, int] = {}
    rotations: dict[str, KeptRotation] = {}
    reserve: KeptReserve | None = None


def keep(mind: Mind) -> JsonValue:
    """What is to be kept, as JSON values."""
    kept = Kept(
        devices={name: _kept(learnt) for name, learnt in mind.learnt.items()},
        momentary_meters=tuple(name for name, kind in mind.meter_kinds.items() if kind == MOMENT),
        asked=mind.book.asked,
        order_of_file=mind.config.order,
        manual_until_ms=mind.book.manual_until_ms,
        forced_until_ms=mind.book.forced_until_ms,
        loads={name: _kept_load(book) for name, book in mind.switchboard.books.items()},
        boost_until_ms=mind.book.boost_until_ms,
        rotations={name: _kept_rotation(desk, mind.config.rotations()[name]) for name, desk in mind.rotations.items()},
        reserve=None if mind.tariff.held is None else KeptReserve.model_validate(asdict(mind.tariff.held)),
    )
    dumped: JsonValue = kept.model_dump(mode="json")
    return dumped


def recall(mind: Mind, value: JsonValue) -> None:
    """Put what was kept back into a fresh mind. What cannot be read is begun anew, and said."""
    if value is None:
        return
    try:
        kept = Kept.model_validate(value)
    except ValidationError as error:
        log.warning("what was remembered cannot be read (%d problems); beginning anew", error.error_count())
        return
    mind.learnt = {name: _learnt(device) for name, device in kept.devices.items()}
    mind.meter_kinds = dict.fromkeys(kept.momentary_meters, MOMENT)
    book = mind.book
    book.recall(kept.asked, kept.manual_until_ms, kept.forced_until_ms, kept.boost_until_ms, kept.order_of_file)
    mind.switchboard.books = {name: _book(load) for name, load in kept.loads.items() if name in mind.config.loads}
    mind.tariff.held = None if kept.reserve is None else Reserve(**kept.reserve.model_dump())
    groups = mind.config.rotations()
    mind.rotations = {name: _desk(each, groups[name]) for name, each in kept.rotations.items() if name in groups}


def _kept(learnt: Learnt) -> KeptDevice:
    return KeptDevice(
        dead_time_s=learnt.response.dead_time_s,
        ramp_w_per_s=learnt.response.ramp_w_per_s,
        spread=learnt.spread,
        gain=learnt.gain,
        charge_cap=_kept_cap(learnt.charge_cap),
        discharge_cap=_kept_cap(learnt.discharge_cap),
    )


def _kept_cap(cap: Cap) -> KeptCap:
    return KeptCap(most_w=None if cap.most_w == inf else cap.most_w, tied_to_pct=cap.tied_to_pct)


def _kept_load(book: LoadBook) -> KeptLoad:
    """Rounded, so that a load that runs is not written to disk at each reading."""
    stored = book.stored
    energy_wh = float(_coarse(stored.energy_wh, COARSE_WH))
    return KeptLoad(
        day=stored.day,
        energy_wh=energy_wh,
        counter_wh=_counter_at(stored, energy_wh),
        ran_s=float(_coarse(stored.ran_s, COARSE_S)),
        is_full=stored.is_full,
        rated_w=None if book.rated.power_w is None else round(book.rated.power_w, 0),
        on=book.run.on,
        since_s=book.run.since_s,
        by_hand=book.by_hand,
        was_full=stored.was_full,
        steps_w=tuple(round(size_w) for size_w in book.steps.sizes_w),
        days=tuple((past.day, round(past.energy_wh), past.was_full) for past in book.warmth.days),
        looked=book.warmth.looked,
        owed_wh=float(ceil(book.warmth.owed_wh / COARSE_WH) * COARSE_WH),
        due_s=book.warmth.due_s,
    )


def _kept_rotation(desk: Desk, group: RotationGroup) -> KeptRotation:
    """Rounded, so that a turn that goes on is not written to disk at each second."""
    ledger, told = desk.turns.ledger, desk.told
    hours = (
        KeptHour(
            number=hour.number,
            seen_s=_coarse(hour.seen_s, COARSE_S * 5),
            on_s={name: _coarse(on_s, COARSE_S * 5) for name, on_s in hour.on_s},
        )
        for hour in desk.turns.received.hours
    )
    return KeptRotation(
        index=ledger.index,
        deficits_s={name: _coarse(owed_s, group.step_s / 4) for name, owed_s in ledger.deficits_s.items()},
        live=tuple(sorted(ledger.live)),
        turn_ends_s=ledger.turn_ends_s,
        stands=told.stands,
        rated_w={name: round(rated.power_w) for name, rated in told.rated.items() if rated.power_w is not None},
        hours=tuple(hours),
    )


def _desk(kept: KeptRotation, group: RotationGroup) -> Desk:
    """What the present file still knows of it."""
    known = set(group.outputs)
    hours = (Hour(hour.number, hour.seen_s, tuple(sorted(hour.on_s.items()))) for hour in kept.hours)
    deficits_s = {name: owed_s for name, owed_s in kept.deficits_s.items() if name in known}
    live = frozenset(kept.live) & known
    ledger = Ledger(deficits_s, min(kept.index, len(known) - 1), live, kept.turn_ends_s)
    stands = {name: stood for name, stood in kept.stands.items() if name in known}
    rated = {name: Rated(power_w) for name, power_w in kept.rated_w.items() if name in known}
    return Desk(turns=Turns(ledger, Received(tuple(hours))), told=Told(stands, rated), kept=live)


def _counter_at(stored: Stored, energy_wh: float) -> float | None:
    """What the counter showed when so much of the day's energy was taken up; None where there is no counter."""
    if stored.last is None or stored.last.counter_wh is None:
        return None
    return round(stored.last.counter_wh - (stored.energy_wh - energy_wh), 1)


def _coarse(value: float, step: float) -> float:
    return step * int(value / step)


def _book(kept: KeptLoad) -> LoadBook:
    stored = Stored(
        day=kept.day,
        energy_wh=kept.energy_wh,
        ran_s=kept.ran_s,
        is_full=kept.is_full,
        was_full=kept.was_full,
        last=None if kept.counter_wh is None else Sample(LONG_AGO_S, None, None, kept.counter_wh),
    )
    return LoadBook(
        stored=stored,
        steps=Steps(sizes_w=kept.steps_w),
        warmth=Warmth(tuple(Past(*past) for past in kept.days), kept.looked, kept.owed_wh, kept.due_s),
        rated=Rated(kept.rated_w),
        run=Run(kept.on, kept.since_s),
        by_hand=kept.by_hand,
    )


def _learnt(kept: KeptDevice) -> Learnt:
    return Learnt(
        Response(kept.dead_time_s, kept.ramp_w_per_s),
        kept.spread,
        kept.gain,
        _cap(kept.charge_cap),
        _cap(kept.discharge_cap),
    )


def _cap(kept: KeptCap) -> Cap:
    return Cap() if kept.most_w is None else Cap(most_w=kept.most_w, tied_to_pct=kept.tied_to_pct)

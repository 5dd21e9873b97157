"""How much of a rotation may be on: by saving mode, by what the house draws, by what the connection leaves. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from common.config import SiteSettings
from common.contract import MeterState, SwitchState
from services.balancer.desk import Headroom, Told
from services.balancer.groups import VOLTAGE_V, Budget, OtherLoad, RotationGroup
from services.balancer.mind import Mind
from services.balancer.outputs import OVERDRAW, Output
from services.balancer.rotation.claim import Claim, Limit
from services.balancer.rotation.others import Drawn, Others
from services.balancer.rotation.relaxed import Relaxed
from services.balancer.rotation.shed import Gain, to_shed_w
from services.balancer.world import METER_DELAY_S, Device, Meter

OPENS_S = 0.1
"""No relay is open sooner after it was told."""
DOUBT_POLLS = 1.5
"""A socket measures its load only now and then: so many of its periods after a change what it says may be older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a limit is reckoned from."""

    group: RotationGroup
    outputs: Sequence[Output]
    told: Told
    meter: Meter | None
    """The one in use; None while none is fit."""
    next_w: Sequence[float]
    """What those who wait would draw, the next one first."""
    now_s: float

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All of them."""
        return tuple(output.claim for output in self.outputs)


def limit_of(mind: Mind, room: Headroom, scene: Scene) -> Limit:
    """What may be on now. Falls at once; rises no sooner than the owner says."""
    is_news = scene.meter is not None and scene.meter.state_s != room.reading_s
    room.reading_s = scene.meter.state_s if scene.meter else None
    budget = scene.group.limit.budget
    budgets_w = _budgets_w(mind, room, scene, budget, is_news=is_news) if budget else {}
    active = _active(mind, room, scene, is_news=is_news)
    return Limit(active=0.0 if mind.book.away else active, budgets_w=budgets_w)


def _active(mind: Mind, room: Headroom, scene: Scene, *, is_news: bool) -> float:
    """How many may be on, by the table."""
    said, table = scene.group.limit, scene.group.limit.active_by_mode
    if not table:
        return inf
    power_w = scene.meter.state.power_w if scene.meter and scene.meter.state else None
    if is_news and power_w is not None and said.thresholds_w:
        added_w = sum(scene.next_w[: _more(table, room.ladder.mode)])
        room.ladder = room.ladder.watch(power_w, said.thresholds_w, added_w, scene.now_s, said.release_s)
    room.mode = min(max(mind.book.saving_mode, room.ladder.mode), len(table) - 1)
    room.active = room.active.watch(table[room.mode], scene.now_s, said.relax_s)
    return table[room.mode] if room.active.value is None else room.active.value


def _more(table: Sequence[int], mode: int) -> int:
    """How many more may be on in the mode below."""
    last = len(table) - 1
    return table[min(max(0, mode - 1), last)] - table[min(mode, last)]


def _budgets_w(mind: Mind, room: Headroom, scene: Scene, budget: Budget, *, is_news: bool) -> dict[int | None, float]:
    """What the group may draw, by phase."""
    limits_w = limits_by_phase_w(mind.site, scene.group, {claim.phase for claim in scene.claims})
    if is_news or budget.others:
        _watch_others(mind, room, scene, limits_w)
    room.blind = _blind(room, scene, budget, limits_w)
    room.is_overloaded = _is_overloaded(scene, limits_w)
    if room.blind:
        room.others.clear()
        return {None: budget.unmeasured_w}
    return {phase: _budget_w(mind, room, scene, phase, limit_w, is_news=is_news) for phase, limit_w in limits_w.items()}


def _is_overloaded(scene: Scene, limits_w: Mapping[int | None, float]) -> bool:
    """Whether the newest reading leaves less than the margin of what the connection bears."""
    if scene.meter is None or scene.meter.state is None:
        return False
    measured_w = {phase: _phase_w(scene.meter.state, phase) or 0.0 for phase in limits_w}
    return any(measured_w[phase] > limit_w - _margin_w(scene) for phase, limit_w in limits_w.items())


def _blind(room: Headroom, scene: Scene, budget: Budget, limits_w: Mapping[int | None, float]) -> str | None:
    """Why the budget cannot be reckoned; None if it can."""
    if not limits_w:
        return "no limit is known: write connection_a under site, or limit_a"
    if scene.meter is None and not budget.others:
        return "the grid meter is silent"
    return None if limits_w.keys() <= room.others.keys() else "not all that does not heat is measured"


def _budget_w(mind: Mind, room: Headroom, scene: Scene, phase: int | None, limit_w: float, *, is_news: bool) -> float:
    """Of one phase, of which `limit_w` may be drawn altogether."""
    left_w = limit_w - _margin_w(scene) - (room.others[phase].power_w or 0.0)
    if is_news:
        left_w = min(left_w, _after_shedding_w(mind, scene, phase, limit_w))
    known = room.budgets.get(phase, Relaxed())
    room.budgets[phase] = fresh = known.watch(left_w, scene.now_s, scene.group.limit.relax_s, lasting=True)
    return left_w if fresh.value is None else fresh.value


def _margin_w(scene: Scene) -> float:
    budget = scene.group.limit.budget
    return budget.margin_w if budget else 0.0


def limits_by_phase_w(site: SiteSettings, group: RotationGroup, phases: set[int | None]) -> dict[int | None, float]:
    """What connection and contract bear: per phase where there are three, else over all (None)."""
    budget = group.limit.budget
    assert budget is not None  # only such groups are asked
    fuse_w = min(site.connection_a or inf, budget.limit_a or inf) * VOLTAGE_V
    whole_w = min(site.max_import_w or inf, budget.limit_w or inf, (budget.limit_kva or inf) * 1000)
    if site.phases == 1:
        found: dict[int | None, float] = {None: min(fuse_w, whole_w)}
    elif group.phase is not None:
        found = {group.phase: min(fuse_w, whole_w)}
    else:
        used = {1, 2, 3} if None in phases else phases
        found = dict.fromkeys(sorted(used - {None}, key=str), fuse_w) | {None: whole_w}
    return {phase: limit_w for phase, limit_w in found.items() if limit_w < inf}


def _watch_others(mind: Mind, room: Headroom, scene: Scene, phases: Mapping[int | None, float]) -> None:
    """Take in what does not heat: its own meters, or the grid meter less the group."""
    sources = scene.group.sources()
    for phase in phases:
        if sources:
            told_w = [_source_w(mind, source, scene.now_s) for source in sources]
            known_w = [power_w for power_w in told_w if power_w is not None]
            estimate = Others(sum(known_w)) if len(known_w) == len(told_w) else None
        else:
            estimate = _from_the_grid(mind, room, scene, phase)
        if estimate is None:
            room.others.pop(phase, None)
        else:
            room.others[phase] = estimate


def _after_shedding_w(mind: Mind, scene: Scene, phase: int | None, limit_w: float) -> float:
    """Of what is on, what may stay on after a reading that is too high, whoever of all it came from.

    While something opens, nobody knows to a tenth of a second when: the margin is for that.
    """
    measured_w = _phase_w(scene.meter.state, phase) if scene.meter and scene.meter.state else None
    if measured_w is None or scene.meter is None:
        return inf
    drawn, span_s = _drawn_by(mind, scene, phase, scene.meter), _span_s(scene.meter)
    opening_w = sum(_known_w(scene.told, output) * _still_on(scene.told, output, span_s) for output, _ in drawn)
    excess_w = measured_w - limit_w - opening_w + (0.0 if opening_w else _margin_w(scene))
    if excess_w <= 0:
        return inf
    gains = _gains(scene, drawn)
    stuck_w = sum(output.claim.power_w for output, _ in drawn if output.claim.is_stuck)
    return stuck_w + sum(gain.claimed_w for gain in gains) - to_shed_w(gains, excess_w)


def _gains(scene: Scene, drawn: Sequence[tuple[Output, Drawn]]) -> list[Gain]:
    """What each that is on and can be switched off would free."""
    can_go = (
        each for each in drawn if scene.told.held(each[0].claim.id, scene.now_s)[0] and not each[0].claim.is_stuck
    )
    return [Gain(output.claim.power_w, _surely_w(scene.told, output, was)) for output, was in can_go]


def _still_on(told: Told, output: Output, span_s: tuple[float, float]) -> float:
    """Part of a reading's time during which an output that was told to be off was still on."""
    told_on, held_s = told.held(output.claim.id, span_s[1])
    opened_s = span_s[1] - held_s + OPENS_S
    return 0.0 if told_on else min(1.0, max(0.0, (opened_s - span_s[0]) / (span_s[1] - span_s[0])))


def _surely_w(told: Told, output: Output, drawn: Drawn) -> float:
    """What a reading loses without it, cautiously: of one that nothing measures its rated power, of a new one less."""
    return min(drawn.low_w or drawn.likely_w / OVERDRAW, _known_w(told, output))


def _known_w(told: Told, output: Output) -> float:
    """What it draws when it works: as measured, else as its owner says."""
    rated = told.rated.get(output.claim.id)
    return rated.power_w if rated and rated.power_w else output.claim.power_w / OVERDRAW


def _from_the_grid(mind: Mind, room: Headroom, scene: Scene, phase: int | None) -> Others | None:
    meter = scene.meter
    measured_w = _phase_w(meter.state, phase) if meter and meter.state else None
    if meter is None or measured_w is None:
        return None
    drawn = _drawn_by(mind, scene, phase, meter)
    return room.others.get(phase, Others()).watch(measured_w, [each for _, each in drawn])


def _drawn_by(mind: Mind, scene: Scene, phase: int | None, meter: Meter) -> list[tuple[Output, Drawn]]:
    """What each output on a phase may have drawn during the newest reading."""
    span_s = _span_s(meter)
    mine = (output for output in scene.outputs if phase is None or output.claim.phase in (None, phase))
    return [(output, _drawn(mind, output, scene.told, phase, span_s)) for output in mine]


def _span_s(meter: Meter) -> tuple[float, float]:
    """The time that the newest reading tells of."""
    end_s = (meter.state_s or 0.0) - METER_DELAY_S
    return end_s - meter.period_s, end_s


def _phase_w(state: MeterState, phase: int | None) -> float | None:
    """Active power of one phase; of a meter that tells current only, at nominal voltage."""
    if phase is None:
        return state.power_w
    told = {
        1: (state.power_l1_w, state.current_l1_a),
        2: (state.power_l2_w, state.current_l2_a),
        3: (state.power_l3_w, state.current_l3_a),
    }[phase]
    return told[0] if told[0] is not None else None if told[1] is None else told[1] * VOLTAGE_V


def _drawn(mind: Mind, output: Output, told: Told, phase: int | None, span_s: tuple[float, float]) -> Drawn:
    """What an output may have drawn during a reading that tells of this time."""
    power_w, name = output.claim.power_w, output.claim.id
    if not output.is_on:
        return Drawn.of(0.0) if span_s[0] >= told.confirmed_s.get(name, -inf) else Drawn(0.0, 0.0, power_w)
    _, held_s = told.held(name, span_s[1])
    if held_s <= 0:  # told to be on only after it
        return Drawn.of(0.0)
    measured_w, poll_s = _measured(mind.world.devices.get(name))
    is_elsewhere = phase is not None and output.claim.phase != phase
    if is_elsewhere or held_s - (span_s[1] - span_s[0]) <= DOUBT_POLLS * poll_s:
        return Drawn(0.0, power_w, power_w)
    return Drawn.of(power_w if measured_w is None else max(0.0, min(power_w, measured_w)))


def _measured(device: Device | None) -> tuple[float | None, float]:
    """(what a switch measures behind it, how often); a second where nothing does."""
    state = device.state if device else None
    if not isinstance(state, SwitchState) or state.power_w is None or device is None or device.info is None:
        return None, 1.0
    return state.power_w, device.info.poll_s


def _source_w(mind: Mind, source: OtherLoad, now_s: float) -> float | None:
    """What one source measures; None while it is silent."""
    if source.request is not None:
        request = mind.world.requests.get(source.request)
        value = request.state.value if request and request.is_fresh(now_s) else None
        return None if value is None else value * source.watts_per_unit
    name = source.meter or ""
    meter, device = mind.world.meters.get(name), mind.world.devices.get(name)
    if meter is not None and meter.state is not None:
        return meter.state.power_w if meter.unfit(now_s) is None else None
    return device.power_w if device is not None and device.unfit(now_s) is None else None

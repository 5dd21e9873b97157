"""What is said about a rotation: the group in one message, each of its outputs in one of its own."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

from common import metrics
from common.contract import Decision, GroupState
from services.balancer import words
from services.balancer.desk import Desk
from services.balancer.groups import RotationGroup
from services.balancer.mind import Mind
from services.balancer.outputs import Output
from services.balancer.rotation.claim import Claim, Limit, Room


class Seen(NamedTuple):
    """One group at one look."""

    name: str
    group: RotationGroup
    desk: Desk
    outputs: Sequence[Output]
    limit: Limit
    live: Sequence[str]
    """Who has the turn."""
    told_on: Collection[str]
    """Who of them is told so now; the others wait until something is confirmed to be off."""


def tell_group(mind: Mind, seen: Seen) -> GroupState:
    """The state of the group as published."""
    claims = [output.claim for output in seen.outputs]
    active, budgets_w = seen.limit.active, seen.limit.budgets_w
    tight = min(budgets_w, key=lambda phase: budgets_w[phase], default=None)
    others = seen.desk.room.others.get(tight)
    return GroupState(
        dry_run=mind.book.dry_run,
        away=mind.book.away,
        mode=seen.desk.room.mode,
        limit=None if active == inf else int(active),
        budget_w=round(max(0.0, budgets_w[tight]), 1) if budgets_w else None,
        others_w=round(others.power_w, 1) if others and others.power_w is not None else None,
        members=",".join(claim.id for claim in claims),
        requested=_flags(claim.wants for claim in claims),
        boosted=_flags(claim.boosted for claim in claims),
        live=_flags(claim.id in seen.live for claim in claims),
        active=sum(output.is_on for output in seen.outputs),
        index=seen.desk.turns.ledger.index,
        sentence=_sentence(mind, seen, claims),
    )


def _flags(each: Iterable[bool]) -> str:
    return "".join("1" if flag else "0" for flag in each)


def _sentence(mind: Mind, seen: Seen, claims: Sequence[Claim]) -> str:
    if mind.book.mode == "off":
        return words.OFF
    if mind.book.away:
        return "Nobody is at home: everything is off."
    blind = seen.desk.room.blind
    sight = f" Because {blind}, only what unmeasured_w allows may heat." if blind else ""
    asking = sum(claim.asks for claim in claims)
    if not asking:
        return f"Nobody asks for heat.{sight}"
    said = f"{len(seen.live)} of {asking} that ask for heat have it"
    waits = f"; {seen.desk.waiting[0]} is next" if seen.desk.waiting else ""
    return f"{said}{waits}.{sight}"


def tell_output(mind: Mind, seen: Seen, output: Output) -> Decision:
    """One output: whether it heats, and why or why not."""
    name = output.claim.id
    device = mind.world.devices.get(name)
    rule, bound_by = _rule(mind, seen, output)
    why = output.missing.why if output.missing else ""
    reason = words.HEAT[rule].format(why=why)
    on, share = name in seen.told_on, seen.desk.turns.received.share_pct(name)
    return Decision(
        target_w=None if rule in ("absent", "unlisted", "off") else round(output.claim.power_w, 1) if on else 0.0,
        rule=rule,
        bound_by=bound_by,
        reason=f"dry run: {reason}" if mind.book.dry_run else reason,
        power_w=device.power_w if device else None,
        share_24h_pct=None if share is None else round(share, 1),
    )


def _rule(mind: Mind, seen: Seen, output: Output) -> tuple[str, str | None]:
    """(what it does, by which rule; what keeps it from more). The first that holds is told."""
    claim, name = output.claim, output.claim.id
    fits, live = Room(seen.limit).fits(claim), name in seen.live
    told: tuple[tuple[bool, str, str | None], ...] = (
        (mind.book.mode == "off", "off", None),
        (seen.name not in mind.book.order, "unlisted", None),
        (output.missing is not None, "absent", None),
        (mind.book.away, "away", None),
        (claim.is_stuck, "stuck", None),
        (live and name not in seen.told_on, "after_offs", "offs_first"),
        (live and claim.boosted, "boost", None),
        (live, "turn" if claim.asks else "min_on", None),
        (not claim.asks, "no_request", None),
        (not claim.may_start, "min_off", "min_off"),
        (not fits and seen.limit.active >= 1, "too_large", "budget"),
    )
    bound_by = "budget" if seen.limit.active == inf else "limit"
    return next(((rule, by) for holds, rule, by in told if holds), ("waits", bound_by))


def count_heat(groups: Mapping[str, GroupState], decisions: Mapping[str, Decision], account: str) -> None:
    """The same as metrics."""
    for name, state in groups.items():
        asking = int(state.requested, 2) | int(state.boosted, 2)
        metrics.ROTATION_ACTIVE.labels(name, account).set(state.active)
        metrics.ROTATION_ASKING.labels(name, account).set(asking.bit_count())
        if state.budget_w is not None:
            metrics.ROTATION_BUDGET.labels(name, account).set(state.budget_w)
    for output, decision in decisions.items():
        if decision.share_24h_pct is not None:
            metrics.ROTATION_SHARE.labels(output, account).set(decision.share_24h_pct / 100)

"""What is said about a rotation: the group in one message, each of its outputs in one of its own."""

from collections.abc import Collection, Sequence
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
    shares = (seen.desk.turns.received.share_pct(claim.id) for claim in claims)
    return GroupState(
        dry_run=mind.book.dry_run,
        away=mind.book.away,
        mode=seen.desk.room.mode,
        limit=None if active == inf else int(active),
        budget_w=round(max(0.0, budgets_w[tight]), 1) if budgets_w else None,
        others_w=round(others.power_w, 1) if others and others.power_w is not None else None,
        members=tuple(claim.id for claim in claims),
        requested=tuple(claim.id for claim in claims if claim.wants),
        boosted=tuple(claim.id for claim in claims if claim.boosted),
        live=tuple(claim.id for claim in claims if claim.id in seen.live),
        active=sum(output.is_on for output in seen.outputs),
        index=seen.desk.turns.ledger.index,
        share_24h_pct=tuple(None if share is None else round(share, 1) for share in shares),
        sentence=_sentence(mind, seen, claims),
    )


def _sentence(mind: Mind, seen: Seen, claims: Sequence[Claim]) -> str:
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
    on = name in seen.told_on
    return Decision(
        target_w=None if rule in ("absent", "unlisted", "off") else round(output.claim.power_w, 1) if on else 0.0,
        rule=rule,
        bound_by=bound_by,
        reason=f"dry run: {reason}" if mind.book.dry_run else reason,
        power_w=device.power_w if device else None,
        input_age_ms=None,
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


def count_heat(name: str, state: GroupState, account: str) -> None:
    """The same as metrics."""
    metrics.ROTATION_ACTIVE.labels(name, account).set(state.active)
    metrics.ROTATION_ASKING.labels(name, account).set(len({*state.requested, *state.boosted}))
    if state.budget_w is not None:
        metrics.ROTATION_BUDGET.labels(name, account).set(state.budget_w)
    for output, share_pct in zip(state.members, state.share_24h_pct, strict=True):
        if share_pct is not None:
            metrics.ROTATION_SHARE.labels(output, account).set(share_pct / 100)

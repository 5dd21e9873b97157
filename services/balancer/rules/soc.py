"""The owner's reserve and ceiling: where a battery stops being asked, and where it may be asked again."""

from dataclasses import dataclass, replace

RELEASE_PCT = 1.0
"""Past the edge by this much before it is asked again, so that nothing toggles on one per cent."""


@dataclass(frozen=True, slots=True)
class Held:
    """Which edge holds a battery at the moment."""

    at_reserve: bool = False
    at_ceiling: bool = False
    is_kept: bool = False
    """What it has is kept for dearer hours."""

    @property
    def may_give(self) -> bool:
        """Nothing keeps it from being discharged."""
        return not (self.at_reserve or self.is_kept)


def hold(held: Held, soc_pct: float | None, reserve_pct: float, ceiling_pct: float) -> Held:
    """Whether the battery may be discharged and charged, after a look at its state of charge.

    A battery whose state of charge is unknown may take surplus but gives nothing: unknown is not full.
    """
    if soc_pct is None:
        return replace(held, at_reserve=True, at_ceiling=False)
    reserve_pct += RELEASE_PCT if held.at_reserve else 0.0
    ceiling_pct -= RELEASE_PCT if held.at_ceiling else 0.0
    return replace(
        held,
        at_reserve=soc_pct < reserve_pct if held.at_reserve else soc_pct <= reserve_pct,
        at_ceiling=soc_pct > ceiling_pct if held.at_ceiling else soc_pct >= ceiling_pct,
    )

"""A plan against reality: what a battery should do now, given what stored energy is worth.

The plan's powers belong to the sun and the house that were forecast. What is left of it when others come is the value
of stored energy: the battery gives where buying now costs more, and holds where it costs less. It charges from the
grid, or gives into it, only where the plan says so. With one price all day this is plain self-consumption.
"""

from typing import Final, NamedTuple

from services.planner.core.plan import Act, Intent
from services.planner.core.problem import Store

MARGIN_EUR_PER_KWH: Final = 0.001
"""Closer than this, two prices are one, and self-consumption decides."""


class Moment(NamedTuple):
    """What is known now."""

    rest_w: float
    """What the house draws without batteries, minus the sun; + would be imported."""
    import_eur_per_kwh: float
    export_eur_per_kwh: float


def battery_w(moment: Moment, act: Act, value_eur_per_kwh: float, store: Store) -> float:
    """What the battery should do, + charge; its limits and what it holds are up to whoever carries it out."""
    if act.intent is Intent.CHARGE:
        return max(act.power_w, -moment.rest_w)
    if act.intent is Intent.DISCHARGE:
        return min(act.power_w, -moment.rest_w)
    if moment.rest_w > 0:
        saved = moment.import_eur_per_kwh * store.discharge_efficiency
        return -moment.rest_w if saved >= value_eur_per_kwh - MARGIN_EUR_PER_KWH else 0.0
    forgone = moment.export_eur_per_kwh / store.charge_efficiency
    return -moment.rest_w if forgone <= value_eur_per_kwh + MARGIN_EUR_PER_KWH else 0.0

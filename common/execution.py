"""A plan against reality: what a battery or a load should do now, given what stored energy is worth.

The plan's powers belong to the sun and the house that were forecast. What is left of it when others come is the value
of stored energy: the battery gives where buying now costs more, and holds where it costs less. It charges from the
grid, or gives into it, only where the plan says so. With one price all day this is plain self-consumption. A load that
may pause runs where now is as cheap as what the plan leaves for later. Pure; the balancer and the replay both use it.
"""

from enum import StrEnum
from math import sqrt
from typing import Final, NamedTuple, Protocol

MARGIN_EUR_PER_KWH: Final = 0.001
"""Closer than this, two prices are one, and self-consumption decides."""
ONE_WAY: Final = 0.95
"""A battery's efficiency of one way, where nobody tells."""


class Intent(StrEnum):
    """What a device should do in a slot; how much, the balancer finds out at each reading."""

    BALANCE = "balance"
    """Keep the grid near zero."""
    HOLD = "hold"
    """Give nothing, because what is stored is worth more later; or take nothing, because there will be room later."""
    CHARGE = "charge"
    """Take at least this power, from the grid if need be."""
    DISCHARGE = "discharge"
    """Give at least this power, into the grid if need be."""
    RUN = "run"
    WAIT = "wait"


class Act(NamedTuple):
    """What one device should do in one slot."""

    intent: Intent
    power_w: float
    """+ consumes."""


class Moment(NamedTuple):
    """What is known now."""

    rest_w: float
    """What the house draws without batteries, minus the sun; + would be imported."""
    import_eur_per_kwh: float
    export_eur_per_kwh: float


class Lossy(Protocol):
    """Something that loses energy on both ways; shares from 0 to 1."""

    @property
    def charge_efficiency(self) -> float:
        """Share of what goes in that is stored."""

    @property
    def discharge_efficiency(self) -> float:
        """Share of what is taken out of store that arrives."""


class Stored(NamedTuple):
    """What the batteries of a house could do now, all of them as one."""

    charge_efficiency: float
    discharge_efficiency: float
    takes: bool
    """There is room in them."""
    gives: bool
    """They hold more than their reserve."""


def one_way(round_trip_pct: float | None) -> float:
    """The efficiency of one way, if both are alike."""
    return ONE_WAY if round_trip_pct is None else sqrt(round_trip_pct / 100)


def battery_w(moment: Moment, act: Act, value_eur_per_kwh: float, battery: Lossy) -> float:
    """What the battery should do, + charge; its limits and what it holds are up to whoever carries it out."""
    if act.intent is Intent.CHARGE:
        return max(act.power_w, -moment.rest_w)
    if act.intent is Intent.DISCHARGE:
        return min(act.power_w, -moment.rest_w)
    if moment.rest_w > 0:
        saved = moment.import_eur_per_kwh * battery.discharge_efficiency
        return -moment.rest_w if saved >= value_eur_per_kwh - MARGIN_EUR_PER_KWH else 0.0
    forgone = moment.export_eur_per_kwh / battery.charge_efficiency
    return -moment.rest_w if forgone <= value_eur_per_kwh + MARGIN_EUR_PER_KWH else 0.0


def is_time(
    moment: Moment, power_w: float, later_eur_per_kwh: float, value_eur_per_kwh: float, stored: Stored | None
) -> bool:
    """Whether a load that may pause should run now.

    `later_eur_per_kwh`: the cheapest that the plan leaves it for later, infinite if it leaves nothing. Sun that is
    there is taken though there may be as much later; of two equally dear hours the later one, because until then there
    may be sun.
    """
    price = _drawn_eur_per_kwh(moment, power_w, value_eur_per_kwh, stored)
    is_sunny = moment.rest_w + power_w <= 0
    return price <= later_eur_per_kwh + (MARGIN_EUR_PER_KWH if is_sunny else -MARGIN_EUR_PER_KWH)


def _drawn_eur_per_kwh(moment: Moment, power_w: float, value_eur_per_kwh: float, stored: Stored | None) -> float:
    """What a kWh costs that a load would draw now: sun that could be sold or stored, then battery or grid."""
    sun_w = min(power_w, max(0.0, -moment.rest_w))
    sun, rest = moment.export_eur_per_kwh, moment.import_eur_per_kwh
    if stored is not None and stored.takes:
        sun = max(sun, value_eur_per_kwh * stored.charge_efficiency)
    if stored is not None and stored.gives:
        rest = min(rest, value_eur_per_kwh / stored.discharge_efficiency)
    return (sun_w * sun + (power_w - sun_w) * rest) / power_w

"""What the balancer listens to, and from whom."""

from common.contract import (
    ACK,
    AVAILABILITY,
    BATTERY_STATE,
    CONTROL,
    EV_STATE,
    FORECAST,
    INFO,
    LOAD_STATE,
    METER_STATE,
    PLAN,
    REQUEST_STATE,
    SWITCH_STATE,
    TARIFF,
    Leaf,
    Payload,
)
from services.balancer.config import Config

HEARD: tuple[Leaf[Payload | str], ...] = (
    METER_STATE,
    BATTERY_STATE,
    SWITCH_STATE,
    LOAD_STATE,
    EV_STATE,
    FORECAST,
    REQUEST_STATE,
    TARIFF,
    PLAN,
    INFO,
    AVAILABILITY,
    CONTROL,
    ACK,
)
MAIN = "main"
"""The house itself, among plans and tariffs."""
FORECASTS = ("pv", "load")
"""Kinds of forecast: the sun, and the house without flexible devices."""


def heard_ids(config: Config) -> frozenset[str | None]:
    """The devices whose messages are let in: those of the configuration, so that strangers cannot fill the memory."""
    ours = {config.grid_meter, config.fallback_meter, config.car, *config.commanded(), *config.requests(), *FORECASTS}
    ours |= {*config.tariff_relays, MAIN}
    return frozenset(ours).union(*(group.heard() for group in config.rotations().values()))

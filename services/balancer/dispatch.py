"""From targets to leases: which command must leave now, because it is new, changed, or due for renewal. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from common.contract.devices import Mode

FAST_TTL_S = 30.0
SLOW_TTL_S = 90.0
"""For links on which a single exchange may be lost."""
RENEW_SHARE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one device is to do until further notice."""

    action: Literal["set_power", "set_mode"]
    power_w: float | None = None
    mode: Mode | None = None
    rule: str = field(default="", compare=False)


class Standing(NamedTuple):
    """The last command that was sent to a device."""

    target: Target
    cmd_id: str
    sent_s: float
    ttl_s: float


class Send(NamedTuple):
    """A command that must leave now; a target of None gives the device free."""

    device: str
    target: Target | None
    ttl_s: float
    is_renewal: bool = False


def ttl_s(refresh_s: float | None) -> float:
    """Life of a lease for a device that takes an order each `refresh_s`."""
    return SLOW_TTL_S if (refresh_s or 0.0) >= 1 else FAST_TTL_S


def dispatch(
    targets: Mapping[str, Target], standing: Mapping[str, Standing], ttls_s: Mapping[str, float], now_s: float
) -> Iterable[Send]:
    """Changed orders first, then renewals, then releases of devices that are wanted no more."""
    renewals: list[Send] = []
    for device, target in targets.items():
        known, life_s = standing.get(device), ttls_s[device]
        if known is None or known.target != target:
            yield Send(device, target, life_s)
        elif now_s - known.sent_s >= life_s * RENEW_SHARE:
            renewals.append(Send(device, target, life_s, is_renewal=True))
    yield from renewals
    for device, known in standing.items():
        if device not in targets:
            yield Send(device, None, known.ttl_s)

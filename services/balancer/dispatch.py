"""From targets to leases: which command must leave now, because it is new, changed, or due for renewal. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from common.contract.devices import Mode
from services.balancer.rules.tariff_policy import Reserve

FAST_TTL_S = 30.0
SLOW_TTL_S = 90.0
"""For links on which a single exchange may be lost."""
RENEW_SHARE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one device is to do until further notice."""

    action: Literal["set_power", "set_mode", "switch", "set_reserve"]
    power_w: float | None = None
    mode: Mode | None = None
    on: bool | None = None
    reserve: Reserve | None = None
    rule: str = field(default="", compare=False)


class Standing(NamedTuple):
    """The last command that was sent to a device."""

    target: Target
    cmd_id: str
    sent_s: float
    ttl_s: float

    def is_in_force(self, now_s: float) -> bool:
        """Whether its lease has not ended."""
        return now_s - self.sent_s < self.ttl_s


def in_force(standing: Mapping[str, Standing], now_s: float) -> dict[str, Standing]:
    """The commands whose leases have not ended."""
    return {device: known for device, known in standing.items() if known.is_in_force(now_s)}


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
    targets: Mapping[str, Target],
    standing: Mapping[str, Standing],
    ttls_s: Mapping[str, float],
    now_s: float,
    again: Collection[str] = (),
) -> Iterable[Send]:
    """Changed orders first, offs before ons, then renewals, then releases of devices that are wanted no more.

    `again`: devices that are told even what they were told before, because they did not do it.
    """
    renewals: list[Send] = []
    for device, target in sorted(targets.items(), key=lambda item: item[1].on is True):
        known, life_s = standing.get(device), ttls_s[device]
        if known is None or known.target != target or device in again:
            yield Send(device, target, life_s)
        elif now_s - known.sent_s >= life_s * RENEW_SHARE:
            renewals.append(Send(device, target, life_s, is_renewal=True))
    yield from renewals
    for device, known in standing.items():
        if device not in targets:
            yield Send(device, None, known.ttl_s)

"""What the single batteries of a group said last, for the group that cannot be trusted to add them up. + charge."""

from dataclasses import dataclass

from common.clock import Clock
from services.homewizard.config import BatterySettings, Config


@dataclass(frozen=True, slots=True)
class Said:
    """The newest measurement of one battery."""

    power_w: float | None
    soc_pct: float | None
    at_s: float


class Herd:
    """All batteries of the house by name."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._said: dict[str, Said] = {}

    def heard(self, battery: str, power_w: float | None, soc_pct: float | None) -> None:
        """A battery was measured."""
        self._said[battery] = Said(power_w, soc_pct, self._clock.monotonic())

    def power_w(self, group: str) -> float | None:
        """What the members do together; None unless each of them is known and fresh."""
        powers = [self._fresh(member).power_w for member in self._members(group)]
        known = [power_w for power_w in powers if power_w is not None]
        return sum(known) if powers and len(known) == len(powers) else None

    def soc_pct(self, group: str) -> float | None:
        """Their mean state of charge, by capacity where that is set; None unless each of them is known and fresh."""
        parts: list[tuple[float, float]] = []
        for member in self._members(group):
            soc_pct = self._fresh(member).soc_pct
            if soc_pct is None:
                return None
            parts.append((soc_pct, self._config.batteries[member].capacity_wh or 1.0))
        weight = sum(weight for _, weight in parts)
        return sum(soc_pct * weight for soc_pct, weight in parts) / weight if parts else None

    def capacity_wh(self, group: str) -> int | None:
        """What they hold together; None unless each of them is set."""
        known = [self._settings(member).capacity_wh for member in self._members(group)]
        return sum(each or 0 for each in known) if known and all(known) else None

    def _members(self, group: str) -> tuple[str, ...]:
        return self._config.groups[group].members

    def _settings(self, battery: str) -> BatterySettings:
        return self._config.batteries[battery]

    def _fresh(self, battery: str) -> Said:
        said = self._said.get(battery)
        stale_s = max(10.0, 3 * self._settings(battery).poll_s)
        if said is None or self._clock.monotonic() - said.at_s > stale_s:
            return Said(None, None, 0.0)
        return said

"""Plug-In Batteries of one house as their dongle steers them: it follows the meter, within permissions. + charge."""

from collections.abc import Sequence

from services.simulator.physics import Battery, BatteryModel

PLUG_IN = BatteryModel(
    capacity_wh=2700,
    max_charge_w=800,
    max_discharge_w=800,
    dead_time_s=0.8,
    ramp_w_per_s=300,
    standby_w=2,
    floor_pct=0.5,
)
"""One unit."""
FULL_PCT = 99.5


class Pool:
    """All of them together; each does an equal share."""

    def __init__(self, batteries: Sequence[Battery]) -> None:
        self._batteries = tuple(batteries)
        for battery in self._batteries:
            battery.follow_share = 1 / len(self._batteries)
        self.steer("zero", ("charge_allowed", "discharge_allowed"))

    @property
    def power_w(self) -> float:
        """What they take together."""
        return sum(battery.power_w for battery in self._batteries)

    @property
    def target_w(self) -> float:
        """What the dongle asks of them."""
        return sum(battery.goal_w for battery in self._batteries)

    @property
    def is_full(self) -> bool:
        """Each of them is."""
        return all(battery.soc_pct >= FULL_PCT for battery in self._batteries)

    def steer(self, mode: str, permissions: tuple[str, ...]) -> None:
        """Follow the meter as far as is permitted, rest, or charge with all there is."""
        is_filling = mode == "to_full"
        for battery in self._batteries:
            battery.stop()
            battery.may_charge = is_filling or "charge_allowed" in permissions
            battery.may_discharge = not is_filling and "discharge_allowed" in permissions
            battery.follows_meter = not is_filling and mode != "standby"
            battery.goal_w = battery.model.max_charge_w if is_filling else 0.0

"""The house: loads, sun and batteries meet at the connection. `grid = load + switched + batteries − production`."""

from collections.abc import Mapping

from services.simulator.physics.battery import Battery
from services.simulator.physics.load import Profile
from services.simulator.physics.switched import SwitchedLoad

STEP_S = 0.1


class House:
    """Physics that moves on only when somebody looks. All powers in W, + consumes; grid: + import."""

    def __init__(
        self,
        load: Profile,
        production: Profile,
        batteries: Mapping[str, Battery],
        switched: Mapping[str, SwitchedLoad] | None = None,
    ) -> None:
        self.batteries = dict(batteries)
        self.switched = dict(switched or {})
        """Loads behind a switch of their own; not part of `load_w`."""
        self._load = load
        self._production = production
        self._steps = 0
        self.load_w = load.at(0.0)
        self.production_w = production.at(0.0)
        self.grid_w = self._balance()
        self.grid_ws = 0.0
        """Signed energy through the connection since the beginning, in Ws: the mean over any time is a difference."""
        self.produced_wh = 0.0
        self.import_wh = 0.0
        self.export_wh = 0.0

    @property
    def time_s(self) -> float:
        """Seconds since the beginning."""
        return self._steps * STEP_S

    @property
    def switched_w(self) -> float:
        """What the loads behind switches draw together."""
        return sum(load.power_w for load in self.switched.values())

    def production_at(self, time_s: float) -> float:
        """What the roof gives at any time, also at one to come."""
        return self._production.at(time_s)

    def advance_to(self, time_s: float) -> None:
        """Let time pass up to `time_s`, in steps of 0.1 s."""
        while (self._steps + 1) * STEP_S <= time_s + 1e-9:
            self._step()

    def _step(self) -> None:
        self._steps += 1
        before_w = self.grid_w
        now_s = self.time_s
        self.load_w = self._load.at(now_s)
        self.production_w = self._production.at(now_s)
        self.produced_wh += self.production_w * STEP_S / 3600
        for load in self.switched.values():
            load.advance(now_s, STEP_S)
        for battery in self.batteries.values():
            battery.advance(now_s, STEP_S, self.grid_w)
        self.grid_w = self._balance()
        mean_w = (before_w + self.grid_w) / 2
        self.grid_ws += mean_w * STEP_S
        self.import_wh += max(0.0, mean_w) * STEP_S / 3600
        self.export_wh += max(0.0, -mean_w) * STEP_S / 3600

    def _balance(self) -> float:
        batteries_w = sum(battery.power_w for battery in self.batteries.values())
        return self.load_w + self.switched_w + batteries_w - self.production_w

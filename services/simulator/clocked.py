"""A simulated house that lives on a clock: its physics move on whenever somebody looks."""

from common.clock import Clock
from services.simulator.physics import Battery, House, Steps


class ClockedHouse:
    """The house of one or many fakes. Its time 0 is the instant at which this is made."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house = house
        self._clock = clock
        self._began_s = clock.monotonic() - house.time_s

    def catch_up(self) -> float:
        """Let the physics move on to now. Returns the house's own time in s."""
        now_s = self.now_s
        self.house.advance_to(now_s)
        return now_s

    @property
    def now_s(self) -> float:
        """The house's own time now, wherever its physics are."""
        return self._clock.monotonic() - self._began_s


def lone(battery: Battery, clock: Clock, load_w: float = 0.0) -> ClockedHouse:
    """A house with one battery, no sun and a constant load."""
    return ClockedHouse(House(Steps(load_w), Steps(0.0), {"battery": battery}), clock)

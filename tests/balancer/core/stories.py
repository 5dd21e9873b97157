"""Random houses: devices of every kind, readings of every size, confirmations that may never come."""

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from services.balancer.core.cap import Cap
from services.balancer.core.decide import Aim, Core, Outcome, Reading, decide
from services.balancer.core.dosed import Dosed, begin, confirmed, ordered
from services.balancer.core.merit import Bounds
from services.balancer.core.proof import measured
from services.balancer.core.response import Response
from services.balancer.core.steps import Steps
from services.balancer.core.wish import House
from services.balancer.rules import HOUSE

PERIOD_S = 1.0


@dataclass
class Story:
    """A law at work: the devices, what they may do, and what was decided so far."""

    core: Core
    bounds: dict[str, Bounds]
    house: House = field(default_factory=lambda: House(rest_w=0.0))
    now_s: float = 1000.0
    sent: list[tuple[float, str, float]] = field(default_factory=list)
    """(time, device, set-point) of every order."""

    @property
    def aim(self) -> Aim:
        """What the law shall achieve."""
        return Aim(rules=HOUSE, house=self.house, bounds=self.bounds)

    def reading(self, grid_w: float) -> Reading:
        """A reading of the second that ends now."""
        return Reading(grid_w, self.now_s - PERIOD_S, self.now_s, self.now_s)

    def read(self, grid_w: float, *, confirm: bool = True) -> Outcome:
        """One second passes, and the meter shows this."""
        self.now_s += PERIOD_S
        self.core, outcome = decide(self.core, self.reading(grid_w), self.aim)
        for order in outcome.due:
            self.sent.append((self.now_s, order.device, order.setpoint_w))
            device = self.device(order.device)
            device = ordered(device, f"1-{len(self.sent)}", order.power_w, order.setpoint_w, self.now_s)
            if confirm:
                device = confirmed(device, f"1-{len(self.sent)}", self.now_s + 0.01)
            self.core = self.core.with_device(device)
        return outcome

    def measure(self, name: str, power_w: float, soc_pct: float | None = None) -> None:
        """A device tells its power."""
        seen = measured(self.device(name), power_w, (0.0, 1.2), self.now_s, soc_pct)
        self.core = self.core.with_device(seen)

    def device(self, name: str) -> Dosed:
        """One of the devices; it is there."""
        found = self.core.device(name)
        assert found is not None
        return found

    def rest(self, seconds: int, grid_w: float) -> Outcome:
        """The same reading for so long, every device doing what it was told."""
        for _ in range(seconds):
            self.read(grid_w)
            for device in self.core.devices:
                self.measure(device.id, device.nominal.at(self.now_s - 0.6))
        return self.read(grid_w)

    def live(self, load_w: float) -> Outcome:
        """One second of a house that draws this, with devices that do as they were told."""
        doing_w = sum(device.nominal.mean(self.now_s, self.now_s + PERIOD_S) for device in self.core.devices)
        outcome = self.read(load_w + doing_w)
        for device in self.core.devices:
            self.measure(device.id, device.nominal.at(self.now_s - 0.6))
        return outcome


CAPS = st.one_of(st.just(Cap()), st.builds(Cap, st.floats(0, 3000), st.floats(0, 2000)))
RESPONSES = st.builds(Response, st.floats(0.1, 8), st.sampled_from([125.0, 250.0, 500.0, 1000.0, 4000.0]))


@st.composite
def devices(draw: st.DrawFn, name: str) -> Dosed:
    """Any device at rest somewhere within its limits."""
    low_w, high_w = draw(st.floats(-3000, 0)), draw(st.floats(0, 3000))
    device = begin(
        name,
        draw(st.floats(low_w, high_w)),
        0.0,
        min_w=low_w,
        max_w=high_w,
        steps=Steps(draw(st.sampled_from([1.0, 1.0, 24.0]))),
        refresh_s=draw(st.sampled_from([0.0, 0.0, 2.0])),
        response=draw(RESPONSES),
    )
    return replace(
        device,
        spread=draw(st.sampled_from([1.25, 1.6, 2.0])),
        gain=draw(st.floats(0.9, 1.1)),
        charge_cap=draw(CAPS),
        discharge_cap=draw(CAPS),
    )


@st.composite
def stories(draw: st.DrawFn, most: int = 3, alike: bool = False) -> Story:
    """A house with up to `most` devices, each with its limits of the moment."""
    names = ["a", "b", "c"][: draw(st.integers(1, most))]
    crew = [draw(devices(name)) for name in names]
    if alike:
        crew = [replace(device, response=crew[0].response, told=crew[0].told, refresh_s=0.0) for device in crew]
    edges = st.sampled_from([0.0, 1.0, 1.0, 1.0])
    bounds = {d.id: Bounds(d.min_w * draw(edges), d.max_w * draw(edges)) for d in crew}
    return Story(Core(devices=tuple(crew)), bounds)


GRIDS = st.one_of(st.floats(-200, 200), st.floats(-12_000, 12_000))

"""From settings to everything that lives at the broker itself."""

from collections.abc import Callable, Iterator

from common.clock import Clock
from services.simulator.clocked import ClockedHouse
from services.simulator.config import SimulatedPzem
from services.simulator.physics import DimmedLoad
from services.simulator.pzem.appliance import Appliance, Broker
from services.simulator.pzem.dimmer import DimmerFake
from services.simulator.pzem.load import LoadFake
from services.simulator.pzem.meter import MeterFake


def lodgers(settings: SimulatedPzem, house: ClockedHouse, broker: Broker, clock: Clock) -> Iterator[Appliance]:
    """One fake per device. Their loads are part of the house already."""
    switched = house.house.switched
    for topic, what in settings.clamps.items():
        yield MeterFake(broker, clock, _flow(house, what), topic=topic, energy=_energy(house, what))
    for name, dimmer in settings.dimmers.items():
        load = switched[name]
        assert isinstance(load, DimmedLoad)
        yield DimmerFake(load, house, broker, clock, topic=dimmer.topic)
    for name, relay in settings.loads.items():
        yield LoadFake(switched[name], house, broker, clock, topic=relay.topic)


def _flow(house: ClockedHouse, what: str) -> Callable[[], float]:
    """The power that a clamp hangs around, as of now."""

    def flow() -> float:
        house.catch_up()
        if what == "consumption":
            return house.house.load_w + house.house.switched_w
        return house.house.production_w if what == "production" else house.house.switched[what].power_w

    return flow


def _energy(house: ClockedHouse, what: str) -> Callable[[], float]:
    """Its counter. The one around all consumption was reset and is not looked at."""

    def energy() -> float:
        if what == "consumption":
            return 0.0
        return house.house.produced_wh if what == "production" else house.house.switched[what].energy_wh

    return energy

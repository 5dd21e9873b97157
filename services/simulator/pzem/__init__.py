"""PZEM meters, dimmers and switched loads that do not exist, at a real broker."""

from services.simulator.pzem.appliance import Appliance, Broker
from services.simulator.pzem.dimmer import DimmerFake
from services.simulator.pzem.load import LoadFake
from services.simulator.pzem.lodgers import lodgers
from services.simulator.pzem.meter import MeterFake

__all__ = ["Appliance", "Broker", "DimmerFake", "LoadFake", "MeterFake", "lodgers"]

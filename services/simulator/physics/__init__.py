"""The physics of the simulated house: pure, seeded, without I/O, in steps of 0.1 s."""

from services.simulator.physics.battery import Battery, BatteryModel
from services.simulator.physics.house import House
from services.simulator.physics.load import Appliance, Appliances, Noise, Profile, Steps
from services.simulator.physics.sun import Sun

__all__ = ["Appliance", "Appliances", "Battery", "BatteryModel", "House", "Noise", "Profile", "Steps", "Sun"]

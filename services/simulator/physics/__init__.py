"""The physics of the simulated house: pure, seeded, without I/O, in steps of 0.1 s."""

from services.simulator.physics.battery import Battery, BatteryModel
from services.simulator.physics.boiler import Boiler, BoilerModel
from services.simulator.physics.charger import Charger, ChargerModel
from services.simulator.physics.dimmed import DimmedLoad
from services.simulator.physics.house import House
from services.simulator.physics.load import Appliance, Appliances, Noise, Profile, Steps
from services.simulator.physics.room import Room, RoomModel
from services.simulator.physics.sun import Sun
from services.simulator.physics.switched import Consumer, PlainAppliance, SwitchedLoad
from services.simulator.physics.tank import Tank

__all__ = [
    "Appliance",
    "Appliances",
    "Battery",
    "BatteryModel",
    "Boiler",
    "BoilerModel",
    "Charger",
    "ChargerModel",
    "Consumer",
    "DimmedLoad",
    "House",
    "Noise",
    "PlainAppliance",
    "Profile",
    "Room",
    "RoomModel",
    "Steps",
    "Sun",
    "SwitchedLoad",
    "Tank",
]

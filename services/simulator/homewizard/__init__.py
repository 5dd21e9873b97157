"""HomeWizard sockets, kWh and water meters and Plug-In Batteries that do not exist, on real loopback sockets."""

from services.simulator.homewizard.battery import BATTERY_SERIAL, BatteryFake
from services.simulator.homewizard.meters import KWH_SERIAL, WATER_SERIAL, KwhFake, WaterFake, of_load, of_production
from services.simulator.homewizard.pool import PLUG_IN, Pool
from services.simulator.homewizard.socket import SOCKET_SERIAL, SocketFake

__all__ = [
    "BATTERY_SERIAL",
    "KWH_SERIAL",
    "PLUG_IN",
    "SOCKET_SERIAL",
    "WATER_SERIAL",
    "BatteryFake",
    "KwhFake",
    "Pool",
    "SocketFake",
    "WaterFake",
    "of_load",
    "of_production",
]

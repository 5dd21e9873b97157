"""A Tempo contract that does not exist: its days, a box at the meter, teleinformation, servers in the web."""

from services.simulator.tempo.days import Days, Told
from services.simulator.tempo.ecodevice import EcoDeviceFake
from services.simulator.tempo.tic import TicFake
from services.simulator.tempo.web import WebFake

__all__ = ["Days", "EcoDeviceFake", "TicFake", "Told", "WebFake"]

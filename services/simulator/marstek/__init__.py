"""A Marstek battery that does not exist: its Open API on real UDP, its moods, and a journal of what was done to it."""

from services.simulator.marstek.fake import MarstekFake
from services.simulator.marstek.faults import Faults
from services.simulator.marstek.journal import Asked, Commanded, Expired, Journal, Restarted
from services.simulator.marstek.models import VENUS_A_147, VENUS_C_153, VENUS_E3_150, VENUS_E_MINI_301, Model

__all__ = [
    "VENUS_A_147",
    "VENUS_C_153",
    "VENUS_E3_150",
    "VENUS_E_MINI_301",
    "Asked",
    "Commanded",
    "Expired",
    "Faults",
    "Journal",
    "MarstekFake",
    "Model",
    "Restarted",
]

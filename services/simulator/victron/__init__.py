"""A Victron GX that does not exist: its broker on a real socket, ESS, schedules, BatteryLife, relays, and a journal."""

from services.simulator.victron.broker import GxBroker
from services.simulator.victron.fake import GxFake
from services.simulator.victron.installation import PORTAL
from services.simulator.victron.journal import Journal, Lost, Restarted, Written
from services.simulator.victron.program import Program

__all__ = ["PORTAL", "GxBroker", "GxFake", "Journal", "Lost", "Program", "Restarted", "Written"]

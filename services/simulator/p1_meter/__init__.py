"""A HomeWizard P1 dongle that does not exist: v1 over HTTP, v2 over HTTPS and websocket, on real loopback sockets."""

from services.simulator.p1_meter.certificate import Certified, certified
from services.simulator.p1_meter.fake import SERIAL, P1Fake
from services.simulator.p1_meter.faults import Babble, Faults
from services.simulator.p1_meter.journal import Entry, Journal
from services.simulator.p1_meter.smart_meter import SmartMeter, Telegram

__all__ = [
    "SERIAL", "Babble", "Certified", "Entry", "Faults", "Journal", "P1Fake", "SmartMeter", "Telegram", "certified",
]  # fmt: skip

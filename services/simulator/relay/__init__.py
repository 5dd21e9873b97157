"""A Tasmota, a Shelly of the second generation and a zigbee2mqtt plug that do not exist, on a broker."""

from services.simulator.relay.fake import RelayFake
from services.simulator.relay.shelly import ShellyFake
from services.simulator.relay.tasmota import TasmotaFake
from services.simulator.relay.zigbee import ZigbeeFake

__all__ = ["RelayFake", "ShellyFake", "TasmotaFake", "ZigbeeFake"]

"""A Tasmota, a Shelly of the second generation and a zigbee2mqtt plug that do not exist, on a broker."""

from services.simulator.relay.fake import Air, RelayFake
from services.simulator.relay.shelly import ShellyFake
from services.simulator.relay.tasmota import TasmotaFake
from services.simulator.relay.zigbee import ZigbeeFake

__all__ = ["Air", "RelayFake", "ShellyFake", "TasmotaFake", "ZigbeeFake"]

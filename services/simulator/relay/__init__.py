"""A Tasmota, Shellys of both generations, a zigbee2mqtt plug and an ESPHome node that do not exist, on a broker."""

from services.simulator.relay.air import BrokerAir
from services.simulator.relay.esphome import EspHomeFake
from services.simulator.relay.fake import RelayFake
from services.simulator.relay.shelly import ShellyFake
from services.simulator.relay.shelly_gen1 import ShellyGen1Fake
from services.simulator.relay.tasmota import TasmotaFake
from services.simulator.relay.zigbee import ZigbeeFake

__all__ = ["BrokerAir", "EspHomeFake", "RelayFake", "ShellyFake", "ShellyGen1Fake", "TasmotaFake", "ZigbeeFake"]

"""Which dialect speaks for which settings: the only list there is."""

from services.relay.dialects.dialect import Dialect
from services.relay.dialects.esphome import EspHome
from services.relay.dialects.plain import Plain
from services.relay.dialects.shelly_gen1 import ShellyGen1
from services.relay.dialects.shelly_gen2 import ShellyGen2
from services.relay.dialects.tasmota import Tasmota
from services.relay.dialects.zigbee2mqtt import Zigbee2Mqtt
from services.relay.switches import (
    EspHomeSettings,
    PlainSettings,
    ShellyGen1Settings,
    ShellyGen2Settings,
    SwitchSettings,
    TasmotaSettings,
    ZigbeeSettings,
)


def dialect(settings: SwitchSettings) -> Dialect:
    """The language of one switch."""
    match settings:
        case TasmotaSettings():
            return Tasmota(settings)
        case ShellyGen1Settings():
            return ShellyGen1(settings)
        case ShellyGen2Settings():
            return ShellyGen2(settings)
        case ZigbeeSettings():
            return Zigbee2Mqtt(settings)
        case EspHomeSettings():
            return EspHome(settings)
        case PlainSettings():
            return Plain(settings)
        case _:
            raise AssertionError(f"nobody speaks for {settings}")

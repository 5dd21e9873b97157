"""One `ballast.yaml` for all services: read once, checked whole, every mistake named at once."""

from common.config.load import Loaded, load, schema
from common.config.settings import (
    BrokerSettings,
    MqttSettings,
    OtherBroker,
    Owned,
    ServiceSettings,
    Settings,
    SiteSettings,
    Spoken,
)

__all__ = [
    "BrokerSettings",
    "Loaded",
    "MqttSettings",
    "OtherBroker",
    "Owned",
    "ServiceSettings",
    "Settings",
    "SiteSettings",
    "Spoken",
    "load",
    "schema",
]

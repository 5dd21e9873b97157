"""One `ballast.yaml` for all services: read once, checked whole, every mistake named at once."""

from common.config.load import Loaded, load, schema
from common.config.settings import MqttSettings, Owned, ServiceSettings, Settings, SiteSettings

__all__ = ["Loaded", "MqttSettings", "Owned", "ServiceSettings", "Settings", "SiteSettings", "load", "schema"]

"""Domoticz over its native MQTT gateway: our values to `domoticz/in`, its switches from `domoticz/out`."""

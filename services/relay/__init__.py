"""Switches, wishes and cars that live on MQTT already: Tasmota, Shelly, zigbee2mqtt, ESPHome, any topic."""

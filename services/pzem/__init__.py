"""PZEM meters, dimmers and switched loads that live on MQTT themselves. See docs/devices.md."""

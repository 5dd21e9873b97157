"""Marstek batteries over UDP ("Open API"): read, set-points with a dead man, hand-back. See docs/devices.md."""

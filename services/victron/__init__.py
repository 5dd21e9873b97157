"""A Victron GX over its own broker: grid meter, battery, sun and relays of an ESS. See docs/devices.md."""

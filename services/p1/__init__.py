"""HomeWizard P1 meter: the house's main meter, API v2 by websocket, else v2 or v1 polling. See docs/devices.md."""

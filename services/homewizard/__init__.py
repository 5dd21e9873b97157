"""HomeWizard sockets, kWh and water meters (v1, v2), Plug-In Batteries and their group (v2). See docs/devices.md."""

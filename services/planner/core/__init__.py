"""Prices, forecasts and devices in; intents, costs and the value of stored energy out. Pure: no socket, file or clock.

Powers are in W and consume when positive, energies in Wh, prices in EUR/kWh: paid for import, received for export
(both may be negative). Time ahead is cut into slots, numbered from 0; slot 0 is the running one.
"""

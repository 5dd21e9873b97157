"""From weather and history to a forecast. Pure: no socket, no file, no clock; the replay uses the same.

Times are whole seconds UTC; a quarter hour is named by its first second. Powers are in W and mean values over the
quarter. The sun's power is ≥ 0; a load consumes, so it is positive too.
"""

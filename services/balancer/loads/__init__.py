"""Loads that are switched or dimmed: what they hold, what they still need, when they may run. Pure: no clock, no bus.

`allot.py` is where room becomes on and off; `schedule.py` finds the quarter hours for what must run today.
Signs: + consumes. Times are seconds on the senders' own time line, days are the household's own.
"""

"""The balancer's law: pure functions of values, no clock, no sockets.

`decide.py` is where to begin reading. Signs: + consumes, − produces; grid: + import. Times are seconds on the
senders' own time line (`ts_ms` / 1000), so that the same messages give the same decisions, live or replayed.
"""

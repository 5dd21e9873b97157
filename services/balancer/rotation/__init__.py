"""N of M radiators: who of those that want to heat may do so now, fair over time. Pure: no clock, no bus.

`turns.py` goes round once; `choose.py` picks who heats, `engage.py` sees that offs take effect before ons, `ledger.py`
keeps account of who got what and `shares.py` says what each may expect; `others.py`, `ladder.py`, `relaxed.py` and
`shed.py` find the limit. Powers in W, + consumes; times are seconds on the balancer's line.
"""

"""The forecaster: what the sun will give and the house will draw in the next two days, by quarter hours.

It asks a weather service, learns from what was measured, and goes on without either.
"""

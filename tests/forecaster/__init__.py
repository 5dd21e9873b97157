"""The forecaster: its pure core, its sources, its memory, and the whole of it."""

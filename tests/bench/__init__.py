"""Benches: speed, memory and control quality, as JSON, each figure beside its reference in the same run."""

"""Whole services on a real broker."""

"""Turns of radiators, each piece alone."""

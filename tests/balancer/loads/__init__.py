"""Tests of the pure pieces for loads."""

"""Tests of what is replayed, and of what it is compared with."""

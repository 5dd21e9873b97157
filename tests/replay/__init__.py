"""Recordings through the shipping balancer."""

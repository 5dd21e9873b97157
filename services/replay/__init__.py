"""Recorded messages through the shipping balancer, on a virtual clock."""

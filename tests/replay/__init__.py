"""Tests of recordings through the shipping balancer, and of what it is compared with."""

"""Faults that a house must survive, on real processes, brokers and sockets."""

"""What every Ballast service shares: the contract, the bus, the clock, the shell around a process."""

__version__ = "0.1.0"

"""The balancer: what is the right power, right now, for every device in the house's order."""

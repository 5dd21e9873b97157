"""What the balancer promises, from single functions to a house with its bridges on a bus."""

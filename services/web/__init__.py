"""A small page for the phone: look at the house, ask why, ask the balancer. It measures and commands nothing."""

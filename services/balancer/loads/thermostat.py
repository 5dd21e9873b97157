"""Whether somebody wants a load to heat: a thermostat's own word, else its two temperatures."""

APART_C = 0.3
"""It asks for heat when it is colder than wanted by so much, and until it is as warm as wanted."""


def asks(on: bool | None, target_c: float | None, current_c: float | None, *, heats: bool) -> bool | None:
    """Whether it wants to be on. `heats`: it is on now. None: nobody knows."""
    if on is not None:
        return on
    if target_c is None or current_c is None:
        return None
    return current_c < target_c - (0.0 if heats else APART_C)

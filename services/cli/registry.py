"""Every service that exists, found by name, imported only when it is needed."""

from importlib import import_module

from common.service import AnyService

NAMES = ("p1", "udp_battery", "balancer", "simulator")
DEPLOYED = ("p1", "udp_battery", "balancer")
"""What `run all` may start: everything but the simulated house."""


def service(name: str) -> AnyService:
    """The service of that name. Raises ValueError if there is none."""
    if name not in NAMES:
        raise ValueError(f"there is no service {name!r}; there are {', '.join(NAMES)}")
    found: AnyService = import_module(f"services.{name}.__main__").SERVICE
    return found


def services() -> tuple[AnyService, ...]:
    """All of them, for checking a whole file."""
    return tuple(service(name) for name in NAMES)

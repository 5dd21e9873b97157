"""Every service that exists, found by name, imported only when it is needed."""

from collections.abc import Mapping
from importlib import import_module

from common.config import ServiceSettings
from common.service import AnyService

NAMES = (
    "p1", "homewizard", "udp_battery", "victron", "pzem", "relay", "tempo", "domoticz", "web", "forecaster", "planner",
    "notifier", "balancer", "simulator",
)  # fmt: skip
DEPLOYED = tuple(name for name in NAMES if name != "simulator")
"""What `run all` may start: everything but the simulated house."""


def service(name: str) -> AnyService:
    """The service of that name. Raises ValueError if there is none."""
    if name not in NAMES:
        raise ValueError(f"there is no service {name!r}; there are {', '.join(NAMES)}")
    found: AnyService = import_module(f"services.{name}.__main__").SERVICE
    return found


def sections() -> Mapping[str, type[ServiceSettings]]:
    """What every section of the file may say; imports settings only, no service."""
    return {name: import_module(f"services.{name}.config").Config for name in NAMES}

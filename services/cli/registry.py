"""Every service that exists, found by name, imported only when it is needed."""

from collections.abc import Iterator, Mapping
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


class _Sections(Mapping[str, type[ServiceSettings]]):
    """Settings are imported when they are asked for."""

    def __init__(self, more: Mapping[str, type[ServiceSettings]]) -> None:
        self._more = more

    def __getitem__(self, name: str) -> type[ServiceSettings]:
        if name not in NAMES:
            return self._more[name]
        found: type[ServiceSettings] = import_module(f"services.{name}.config").Config
        return found

    def __iter__(self) -> Iterator[str]:
        return iter((*NAMES, *self._more))

    def __len__(self) -> int:
        return len(NAMES) + len(self._more)


def sections(more: Mapping[str, type[ServiceSettings]] | None = None) -> Mapping[str, type[ServiceSettings]]:
    """What every section of the file may say, and `more` that are no service's.

    No service is imported, and settings only when they are looked up: each costs memory in every process.
    """
    return _Sections(more or {})

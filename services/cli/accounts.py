"""Who may connect to the broker, and what each may say and hear. Pure, and the only list of accounts there is.

Every service has an account of its own, named as in `common.bus.account_name`; people and other systems are
guests. Nobody but the balancer may write `cmd`, and nobody may do anything that is not listed here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from common.bus import account_name
from common.config import Owned, ServiceSettings


class Right(NamedTuple):
    """One line of the list. In `topic`, `+` stands for a whole level and `#` for all that follow."""

    access: Literal["read", "write", "readwrite"]
    topic: str


@dataclass(frozen=True, slots=True)
class Account:
    """A name, a password elsewhere, and these rights."""

    name: str
    who: str
    """Whose it is, for the person who reads the file."""
    rights: tuple[Right, ...]


def accounts(base: str, services: Iterable[str], sections: Mapping[str, ServiceSettings]) -> tuple[Account, ...]:
    """Every account of a site: the services, with the devices of those that have a section, then the guests.

    A service without a section has its account too, so that a container can always be given its password.
    """
    mine = (service_account(base, name, sections.get(name)) for name in services)
    return (*mine, *guests(base))


def service_account(base: str, service: str, section: ServiceSettings | None) -> Account:
    """The account of one service: its own status, alerts, devices, what it alone does, and topics of others."""
    name = account_name(base, service)
    owned = section.owned() if section is not None else ()
    only = ONLY[service](base) if service in ONLY else ()
    spoken = [Right(*each) for each in section.spoken()] if section is not None else []
    rights = (*_every_service(base, name), *_devices(base, owned), *only, *spoken)
    return Account(name, f"the service {service}", rights)


def guests(base: str) -> tuple[Account, ...]:
    """People and other systems: they look, and they ask the balancer."""
    look, ask = Right("read", f"{base}/#"), Right("write", f"{base}/balancer/main/set/#")
    discovery = (Right("read", "homeassistant/#"), Right("write", "homeassistant/status"))
    broker = Right("read", "$SYS/#")
    return (
        Account("homeassistant", "Home Assistant", (look, ask, *discovery)),
        Account("domoticz", "Domoticz", (look, ask, *discovery, Right("readwrite", "domoticz/#"))),
        Account("viewer", "people who look, with MQTT Explorer or `ballast record`", (look, broker)),
        Account("operator", "people who look and change settings", (look, broker, ask)),
        Account("health", "the health check of the broker's container", (Right("read", "$SYS/broker/uptime"),)),
    )


def _every_service(base: str, account: str) -> tuple[Right, ...]:
    """Status, health and self test; its alerts, which it reads to clear old ones; what Home Assistant discovers."""
    return (
        Right("readwrite", f"{base}/service/{account}/+"),
        Right("readwrite", f"{base}/alert/{account}/+"),
        Right("write", f"homeassistant/+/{account}/+/config"),
        Right("read", "homeassistant/status"),
    )


def _devices(base: str, owned: tuple[Owned, ...]) -> tuple[Right, ...]:
    rights: list[Right] = []
    for device in owned:
        leaves = ("state", "info", "availability", *(("ack", "control") if device.takes_orders else ()))
        rights += [Right("write", f"{base}/{device.kind}/{device.id}/{leaf}") for leaf in leaves]
        rights += [Right("read", f"{base}/{device.kind}/{device.id}/cmd")] if device.takes_orders else []
    if any(device.takes_orders for device in owned):
        rights.append(Right("read", f"{base}/balancer/main/lease"))
    return tuple(rights)


def _balancer(base: str) -> tuple[Right, ...]:
    """It hears everything, commands every device, and tells what it decided."""
    own = ("state", "lease", "setting/#", "decision/+", "group/+", "terms/+")
    told = (Right("write", f"{base}/balancer/main/{leaf}") for leaf in own)
    return (Right("read", f"{base}/#"), Right("write", f"{base}/+/+/cmd"), *told)


def _domoticz(base: str) -> tuple[Right, ...]:
    """It passes on what is measured, and what is asked for in Domoticz."""
    looks = (Right("read", f"{base}/{leaf}") for leaf in ("+/+/state", "balancer/main/setting/#"))
    return (*looks, Right("write", f"{base}/balancer/main/set/#"))


def _tempo(base: str) -> tuple[Right, ...]:
    """It tells what energy costs."""
    return tuple(Right("write", f"{base}/tariff/main/{leaf}") for leaf in ("state", "event"))


def _forecaster(base: str) -> tuple[Right, ...]:
    """It learns from what is measured, and tells what is to be expected."""
    told = (Right("write", f"{base}/forecast/{kind}/state") for kind in ("pv", "load"))
    return (Right("read", f"{base}/+/+/state"), *told)


def _planner(base: str) -> tuple[Right, ...]:
    """It hears prices, forecasts, devices and what the balancer says of them, and tells its plans."""
    looks = (Right("read", f"{base}/{leaf}") for leaf in ("+/+/state", "balancer/main/terms/+"))
    return (*looks, Right("write", f"{base}/plan/+/state"), Right("write", f"{base}/plan/main/score"))


def _web(base: str) -> tuple[Right, ...]:
    """It shows everything, and passes on what people ask for."""
    return (Right("read", f"{base}/#"), Right("write", f"{base}/balancer/main/set/#"))


def _notifier(base: str) -> tuple[Right, ...]:
    """It hears everything, the broker's own figures included, and asks for nothing."""
    return (Right("read", f"{base}/#"), Right("read", "$SYS/#"))


ONLY: Mapping[str, Callable[[str], tuple[Right, ...]]] = {
    "balancer": _balancer,
    "domoticz": _domoticz,
    "forecaster": _forecaster,
    "notifier": _notifier,
    "planner": _planner,
    "tempo": _tempo,
    "web": _web,
}
"""What a service may do beside telling of itself and of its devices."""

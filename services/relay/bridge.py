"""All switches, wishes, cars and meters of the house, each in its own task, over one connection to their topics."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final

from common.actuator import Actuator, Place
from common.foreign import Foreign
from common.lease import Limits
from common.others import Others
from common.report import Report
from common.service import Runtime
from services.relay.config import Config
from services.relay.contact import Contact
from services.relay.dialects.table import dialect
from services.relay.inputs import Input
from services.relay.keeper import Keeper
from services.relay.leftovers import Leftovers
from services.relay.netmeters import NetMeter
from services.relay.pilot_wire import Half, HalfDesk, PilotWire
from services.relay.relay import Relay
from services.relay.switches import SwitchSettings
from services.relay.wires import PilotWireSettings

HANGS_AFTER_S: Final = 60.0
POWERLESS: Final = Limits(0.0, 0.0)


async def session(runtime: Runtime[Config]) -> None:
    """Care for every device until cancelled."""
    async with (
        Foreign(runtime.mqtt, runtime.account, "devices", runtime.clock) as others,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(others.hold())
        tasks.create_task(care(runtime, others))


async def care(runtime: Runtime[Config], others: Others) -> None:
    """The same, over a connection that is there."""
    config = runtime.config
    halves: dict[str, Half] = {}
    relays: list[Relay] = []
    async with asyncio.TaskGroup() as tasks:
        for name, settings in config.switches():
            desk = HalfDesk() if name in config.wires_of() else _actuator(runtime, name)
            relays.append(_relay(runtime, others, name, settings, desk))
            tasks.create_task(relays[-1].run())
            if isinstance(desk, HalfDesk):
                halves[name] = Half(desk, relays[-1])
            else:
                tasks.create_task(desk.run())
        wires = [_wire(runtime, name, each, halves) for name, each in config.pilot_wires.items()]
        for wired, actuator in wires:
            tasks.create_task(actuator.run())
            tasks.create_task(wired.run())
        inputs = list(_inputs(runtime, others))
        for each in inputs:
            tasks.create_task(each.run())
        leftovers = Leftovers(others, runtime.alerts, runtime.clock, _orders(config))
        tasks.create_task(leftovers.run())
        tasks.create_task(leftovers.tidy())
        tasks.create_task(
            runtime.health.watch(runtime.clock, [*relays, *(wired for wired, _ in wires), *inputs], HANGS_AFTER_S)
        )
        tasks.create_task(_notice_losses(others, runtime, relays))


def _actuator(runtime: Runtime[Config], name: str) -> Actuator:
    return Actuator(runtime.bus, Place("switch", name), lambda: POWERLESS, runtime.store)


def _relay(
    runtime: Runtime[Config], others: Others, name: str, settings: SwitchSettings, desk: Actuator | HalfDesk
) -> Relay:
    report = Report(runtime.bus, runtime.alerts, "switch", name)
    contact, keeper = Contact(settings, others, runtime.clock), Keeper(runtime.store, runtime.clock, name)
    return Relay(report, settings, contact, desk, keeper, member_of=runtime.config.wires_of().get(name))


def _wire(
    runtime: Runtime[Config], name: str, settings: PilotWireSettings, halves: Mapping[str, Half]
) -> tuple[PilotWire, Actuator]:
    report, actuator = Report(runtime.bus, runtime.alerts, "switch", name), _actuator(runtime, name)
    mine = {half: halves[relay] for half, relay in settings.halves().items()}
    return PilotWire(report, actuator, mine, settings.phase), actuator


def _inputs(runtime: Runtime[Config], others: Others) -> list[Input | NetMeter]:
    report = partial(Report, runtime.bus, runtime.alerts)
    requests = [Input(report("request", name), each, others) for name, each in runtime.config.requests.items()]
    cars = [Input(report("ev", name), each, others) for name, each in runtime.config.cars.items()]
    meters = [NetMeter(report("meter", name), each, others) for name, each in runtime.config.meters.items()]
    return [*requests, *cars, *meters]


def _orders(config: Config) -> dict[str, str]:
    return {topic: name for name, settings in config.switches() for topic in dialect(settings).tells}


async def _notice_losses(others: Others, runtime: Runtime[Config], relays: list[Relay]) -> None:
    """While the broker is away nobody knows what a device does, and a fallen off-timer is nobody's hand."""
    was_ready = others.ready.is_set()
    async for _ in runtime.clock.every(1.0):
        if was_ready and not others.ready.is_set():
            for relay in relays:
                relay.forget()
        was_ready = others.ready.is_set()

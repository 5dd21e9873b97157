"""The shell around every service: settings, logging, broker, health, an orderly end.

A service is one coroutine, `session(runtime)`. It runs until it is cancelled by SIGTERM and may use the bus in its
`finally`. What it raises ends the process (compose starts it again) or, in `run all`, restarts it after a pause.
"""

import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from common import __version__, log, metrics
from common.alerts import Alerts
from common.announcer import Announcer
from common.bus import MqttBus, account_name
from common.cancellation import heed
from common.clock import Clock
from common.config import Loaded, MqttSettings, ServiceSettings, SiteSettings, load
from common.config.environment import Environment
from common.config.environment import read as read_environment
from common.contract import SERVICE_HEALTH, ServiceHealth
from common.errors import EXIT_CONFIG, BallastError, ConfigError, Problem
from common.health import Health, endpoint
from common.messaging import Bus, both
from common.retry import backoff_s
from common.store import Store

C = TypeVar("C", bound=ServiceSettings)

HEALTH_S = 10.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime(Generic[C]):
    """All that a session gets. Nothing of it is global: one process can run several."""

    name: str
    account: str
    config: C
    site: SiteSettings
    mqtt: MqttSettings
    data_dir: Path
    clock: Clock
    bus: Bus
    alerts: Alerts
    store: Store
    health: Health


@dataclass(frozen=True, slots=True)
class Service(Generic[C]):
    """One service, as `python -m services.<name>` and `ballast run <name>` start it."""

    name: str
    settings: type[C]
    session: Callable[[Runtime[C]], Awaitable[None]]
    leads: bool = False
    """Takes and gives up its account itself, as only the balancer does; the shell's bus is then a guest."""


AnyService = Service[Any]  # the settings' type matters only between a service and its own session


def main(*services: AnyService) -> None:
    """Run services until SIGTERM. Exits with 78 and the list of mistakes if the configuration is wrong."""
    try:
        environment = read_environment()
        log.set_up(environment.log_format, environment.log_level)
        loaded = load(environment.config, sections(services), environment.variables)
        asyncio.run(until_stopped(run(services, loaded, environment)))
    except ConfigError as error:
        sys.stderr.write(f"{error.told()}\n")
        sys.exit(EXIT_CONFIG)


def sections(services: Iterable[AnyService]) -> Mapping[str, type[ServiceSettings]]:
    """The sections of the file that these services read."""
    return {service.name: service.settings for service in services}


async def until_stopped(work: Awaitable[None]) -> None:
    """Do `work`; SIGTERM and SIGINT cancel it, and what it does in `finally` is waited for."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        logger.info("stopped")


async def run(services: tuple[AnyService, ...], loaded: Loaded, environment: Environment) -> None:
    """Run services in this process: alone, so that its end is the process's end, or several under a supervisor."""
    clock = environment.clock()
    metrics.REGISTRY.register(states := metrics.States(clock.wall_ms))
    healths = {service.name: Health(service.name) for service in services}
    configured = {loaded.section(service.name, service.settings).metrics_port for service in services}
    with ExitStack() as stack:
        stack.callback(metrics.REGISTRY.unregister, states)
        for port in {port or environment.metrics_port for port in configured}:
            if port:
                _serve_health(stack, port, healths.values(), loaded.path)
        if len(services) == 1:
            await _serve(services[0], loaded, clock, states, healths[services[0].name])
            return
        async with asyncio.TaskGroup() as tasks:
            for service in services:
                tasks.create_task(_supervise(service, loaded, clock, states, healths[service.name]))


def _serve_health(stack: ExitStack, port: int, healths: Iterable[Health], file: Path) -> None:
    try:
        stack.enter_context(endpoint("0.0.0.0", port, healths))
    except OSError as error:
        text = f"port {port} cannot be used ({error.strerror}); give each process one of its own"
        raise ConfigError((Problem(f"{file}: metrics_port", text),)) from error


async def _supervise(service: AnyService, loaded: Loaded, clock: Clock, states: metrics.States, health: Health) -> None:
    """Restart a failed service with back-off while the others go on."""
    failures = 0
    while True:
        started_s = clock.monotonic()
        try:
            await asyncio.create_task(_serve(service, loaded, clock, states, health))
            return
        except Exception as error:  # the one place where any failure of a service must end
            heed()
            failures = failures + 1 if clock.monotonic() - started_s < 60 else 1
            pause_s = backoff_s(failures, 1.0, 60.0)
            logger.error("%s failed and starts again in %.0f s", service.name, pause_s, exc_info=error)
            health.last_error = health.trouble = repr(error)[:200]
        await clock.sleep(pause_s)
        health.trouble = None


async def _serve(service: Service[C], loaded: Loaded, clock: Clock, states: metrics.States, health: Health) -> None:
    """One life of one service."""
    account = account_name(loaded.mqtt.base, service.name)
    boot = secrets.token_hex(3)
    bus = MqttBus(loaded.mqtt, account, boot, clock, guest=service.leads)
    shown = states.observer(account)
    bus.observer = shown
    config = loaded.section(service.name, service.settings)
    with Store(loaded.data_dir / f"{service.name}.sqlite", clock, account) as store:
        async with bus, asyncio.TaskGroup() as tasks:
            health.connected = bus.ready.is_set
            runtime = Runtime(
                name=service.name,
                account=account,
                config=config,
                site=loaded.site,
                mqtt=loaded.mqtt,
                data_dir=loaded.data_dir,
                clock=clock,
                bus=bus,
                alerts=Alerts(bus),
                store=store,
                health=health,
            )
            metrics.BUILD_INFO.labels(account, __version__).set(1)
            around = [] if service.leads else [runtime.alerts.tidy(), report(bus, health, clock)]
            if loaded.mqtt.discovery:
                announcer = Announcer(bus, store, loaded.mqtt.base, [each.id for each in config.owned()])
                bus.observer = both(shown, announcer.observe)
                around += [announcer.run(), announcer.tidy()]
            chores = [tasks.create_task(chore) for chore in (bus.hold(), *around)]
            await service.session(runtime)
            for chore in chores:
                chore.cancel()


async def report(bus: MqttBus, health: Health, clock: Clock) -> None:
    """Say each 10 s that the service lives, and how."""
    started_s = clock.monotonic()
    topic = SERVICE_HEALTH.at(bus.account)
    metrics.SERVICE_UP.labels(bus.account).set_function(lambda: health.verdict() is None)
    async for _ in clock.every(HEALTH_S):
        await bus.ready.wait()
        beat = ServiceHealth(
            version=__version__,
            uptime_s=round(clock.monotonic() - started_s, 1),
            reconnects=bus.reconnects,
            queue=bus.queued,
            rejected=bus.rejected,
            last_error=health.verdict() or health.last_error,
        )
        await bus.publish(topic, beat)


async def shielded(work: Awaitable[object], clock: Clock, limit_s: float) -> bool:
    """Finish `work` during an orderly stop, but not for ever. Returns whether it was done."""
    try:
        async with clock.timeout(limit_s):
            await work
    except (TimeoutError, BallastError) as error:
        logger.warning("not done before the stop: %s", str(error) or "it took too long")
        return False
    return True

"""All modules, dimmers and switched loads of the house, each in a task of its own, so that none waits for another."""

import asyncio
from typing import Final

from common.actuator import Actuator, Place
from common.config import MqttSettings, OtherBroker
from common.lease import Limits
from common.report import Report
from common.service import Runtime
from services.pzem.actor import Actor
from services.pzem.clamp import Clamp
from services.pzem.config import ActorSettings, Config, DimmerSettings
from services.pzem.curve import Curve, Point, read_points
from services.pzem.device import Line, Listener
from services.pzem.dimmer import OFF, TONGUES, Dimmer
from services.pzem.meters import GridMeter, Meter, Meters, ModuleMeter
from services.pzem.switch import Switch, tongue
from services.pzem.talk import Parts
from services.pzem.telling import Tongue

HANGS_AFTER_S: Final = 60.0
"""No turn takes longer: a broker is waited for 5 s at a time."""


async def session(runtime: Runtime[Config]) -> None:
    """Care for every device until cancelled."""
    bridge = Bridge(runtime)
    async with asyncio.TaskGroup() as tasks:
        if bridge.clamps:
            tasks.create_task(bridge.meters.run())
        for actor in bridge.actors:
            tasks.create_task(actor.run())
        tasks.create_task(bridge.watch())


def curve(settings: DimmerSettings) -> tuple[Curve, str]:
    """A dimmer's curve, as measured; else as theory has it, and why the measured one is of no use."""
    theory, points = Curve.of_theory(settings.max_power_w), list[Point]()
    if not settings.curves:
        return theory, ""
    for path in settings.curves:
        try:
            points += read_points(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            return theory, f"{path} cannot be used: {error}"
    try:
        return Curve.of_points(points), ""
    except ValueError as error:
        return theory, str(error)


class Bridge:
    """Puts together what each device needs."""

    def __init__(self, runtime: Runtime[Config]) -> None:
        self._runtime = runtime
        self._broker: MqttSettings | OtherBroker = runtime.config.broker or runtime.mqtt
        self.clamps = {topic: Clamp(settings) for topic, settings in runtime.config.clamps().items()}
        listener = Listener(self._broker, runtime.account, "meters", runtime.clock)
        self.meters = Meters(listener, runtime.config.base, self.clamps, runtime.clock)
        self.meters.meters += self._meters()
        self._doubts: list[tuple[Report, str]] = []
        self.actors: list[Actor] = [*self._dimmers(), *self._switches()]

    async def watch(self) -> None:
        """Say which curves are of no use; then mind that all loops turn."""
        for report, why in self._doubts:
            text = f"uses the curve of a resistive load: {why}."
            await report.alert("curve", bool(why), text, "Mend the file, a line `percent;watts` for each point.")
        loops: list[Actor | Meters] = [*self.actors, *([self.meters] if self.clamps else [])]
        await self._runtime.health.watch(self._runtime.clock, loops, HANGS_AFTER_S)

    def _meters(self) -> list[Meter]:
        config, made = self._runtime.config, list[Meter]()
        for name, meter in config.meters.items():
            made.append(ModuleMeter(self._report(meter.measures, name), meter, self.clamps[meter.topic]))
        for name, grid in config.grid.items():
            pair = self.clamps[grid.consumption], self.clamps[grid.production]
            made.append(GridMeter(self._report("meter", name), grid, *pair))
        return made

    def _dimmers(self) -> list[Dimmer]:
        made = []
        for name, settings in self._runtime.config.dimmers.items():
            shape, why = curve(settings)
            place, limits = Place("load", name), Limits(0.0, shape.max_power_w)
            parts = self._parts(place, settings, TONGUES[settings.speaks], OFF, limits)
            made.append(Dimmer(parts, settings, shape))
            self._doubts.append((parts.report, why))
        return made

    def _switches(self) -> list[Switch]:
        made = []
        for name, settings in self._runtime.config.switches.items():
            parts = self._parts(Place("switch", name), settings, tongue(settings), settings.off, Limits(0.0, 0.0))
            made.append(Switch(parts, settings))
        return made

    def _parts(self, place: Place, settings: ActorSettings, words: Tongue, off: str, limits: Limits) -> Parts:
        runtime = self._runtime
        actuator = Actuator(runtime.bus, place, lambda: limits, runtime.store)
        if settings.meter is not None:
            self.meters.others.setdefault(settings.meter, []).append(actuator.changed.set)
        return Parts(
            Line(self._broker, runtime.account, place.id, runtime.clock, settings=settings, off=off),
            self._report(place.kind, place.id),
            settings,
            words,
            actuator,
            self.clamps[settings.meter] if settings.meter is not None else None,
        )

    def _report(self, kind: str, name: str) -> Report:
        return Report(self._runtime.bus, self._runtime.alerts, kind, name)

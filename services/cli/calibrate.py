"""`ballast calibrate DEVICE`: measures a dimmer's curve over MQTT, with a progress bar and a picture of the curve."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

from common.bus import account_name
from common.clock import Clock
from common.config import Loaded
from common.contract import SERVICE_STATUS
from common.errors import DeviceError
from common.foreign import Foreign
from common.service import until_stopped
from services.cli.configured import Unusable, complain, config_argument, configured, say
from services.cli.watch import guest
from services.pzem.calibration import OFF, Calibration, Plan
from services.pzem.config import Config, DimmerSettings
from services.pzem.curve import Curve, Point, write_points
from services.pzem.device import Line

LOOK_S: Final = 2.0
"""So long the bridge is looked for: two masters would measure nothing."""
WIDTH: Final = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast calibrate`."""
    usual = Plan()
    parser.add_argument("device", help="a dimmer of the section pzem, with a meter of its own")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the curve goes (default: curves/DEVICE.csv)")
    parser.add_argument("--step", type=int, default=usual.step_percent, choices=range(1, 21), metavar="PERCENT")
    parser.add_argument("--warm-up", type=float, default=usual.warm_up_s, metavar="S", help="time at 100 %% first")
    parser.add_argument("--settle", type=float, default=usual.settle_s, metavar="S", help="wait after each step")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, write the file, show it."""
    loaded, environment = configured(options)
    settings = dimmer(loaded, options.device)
    plan = Plan(step_percent=options.step, warm_up_s=options.warm_up, settle_s=options.settle)
    out = options.out or loaded.data_dir / "curves" / f"{options.device}.csv"
    asyncio.run(until_stopped(calibrate(loaded, options.device, settings, environment.clock(), plan=plan, out=out)))
    return 0


def dimmer(loaded: Loaded, device: str) -> DimmerSettings:
    """The dimmer of that name. Raises Unusable if it cannot be calibrated."""
    section = loaded.sections.get("pzem")
    dimmers = section.dimmers if isinstance(section, Config) else {}
    if device not in dimmers:
        raise Unusable(f"{device} is no dimmer of the section pzem; there are: {', '.join(dimmers) or 'none'}")
    if dimmers[device].meter is None:
        raise Unusable(f"{device} has no `meter` of its own: without one there is nothing to measure with")
    return dimmers[device]


async def calibrate(
    loaded: Loaded, device: str, settings: DimmerSettings, clock: Clock, *, plan: Plan, out: Path
) -> None:
    """All of it. Raises Unusable with what went wrong; what was measured until then is not kept."""
    config, account = loaded.section("pzem", Config), account_name(loaded.mqtt.base, "pzem")
    await _nobody_commands(loaded, account, clock)
    assert settings.meter is not None
    broker, meter = config.broker or loaded.mqtt, config.clamps()[settings.meter]
    points: list[Point] = []
    async with (
        Line(broker, account, f"{device}-calibrate", clock, settings=settings, off=OFF) as line,
        Foreign(broker, account, "calibrate", clock) as link,
    ):
        await line.ready.wait()
        say(f"{device} is told 100 % for {plan.warm_up_s:.0f} s first, then less and less. Ctrl-C switches it off.")
        try:
            async with aclosing(Calibration(line, link, settings, meter, clock).measure(plan)) as measured:
                async for point in measured:
                    points.append(point)
                    _progress(point, len(points), len(plan.percents))
        except DeviceError as error:
            raise Unusable(f"stopped, and {device} is off: {error}") from error
    _keep(out, device, points)


async def _nobody_commands(loaded: Loaded, account: str, clock: Clock) -> None:
    async with guest(loaded.mqtt, clock) as bus:
        inbox = await bus.listen(SERVICE_STATUS.at(account))
        try:
            async with clock.timeout(LOOK_S):
                received = await inbox.next()
        except TimeoutError:
            return
    if received.payload == b"online":
        raise Unusable("the service pzem runs and would command the dimmer too. Stop it first, and start it afterwards")


def _progress(point: Point, done: int, of: int) -> None:
    bar = "█" * round(20 * done / of)
    say(f"{bar:<20} {done:>3} of {of}   {point[0]:>3.0f} %   {point[1]:7.1f} W")


def _keep(out: Path, device: str, points: Sequence[Point]) -> None:
    try:
        found = Curve.of_points(points)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(write_points(points), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Unusable(f"the curve cannot be kept: {error}") from error
    for line in picture(found):
        say(line)
    complain(f"Written to {out}. In ballast.yaml, under pzem.dimmers.{device}:  curves: [{out}]")


def picture(curve: Curve) -> list[str]:
    """The curve on its side: a bar for each five percent."""
    most_w = max(curve.max_power_w, 1.0)
    rows = ((percent, curve.table[percent]) for percent in range(0, 101, 5))
    return [f"{percent:>3} % {power_w:7.0f} W {'▇' * round(WIDTH * power_w / most_w)}" for percent, power_w in rows]

"""How long one decision of the pure core takes, by number of devices, beside a fixed piece of arithmetic."""

import random
from statistics import median
from timeit import repeat

from services.balancer.core.decide import Aim, Core, Reading, decide
from services.balancer.core.dosed import Dosed, begin, confirmed, ordered
from services.balancer.core.merit import Bounds
from services.balancer.core.response import Response
from services.balancer.core.wish import House
from services.balancer.rules import HOUSE

LOOPS = 20


def decision_ms(devices: int) -> float:
    """Median time of one decision with that many devices, every tenth of them with an order in flight."""
    chance = random.Random(devices)
    core = Core(devices=tuple(_device(number, chance) for number in range(devices)))
    bounds = {device.id: Bounds(device.min_w, device.max_w) for device in core.devices}
    aim = Aim(rules=HOUSE, house=House(rest_w=0.0), bounds=bounds)
    for second in range(5):
        core, _ = decide(core, _reading(100.0 + second), aim)
    runs = repeat(lambda: decide(core, _reading(106.0), aim), number=LOOPS, repeat=15)
    return round(median(runs) / LOOPS * 1000, 4)


def reference_ms() -> float:
    """The same machine adding ten thousand numbers: divide by it to compare machines."""
    return round(median(repeat(lambda: sum(range(10_000)), number=LOOPS, repeat=15)) / LOOPS * 1000, 4)


def _reading(at_s: float) -> Reading:
    return Reading(420.0, at_s - 1.2, at_s - 0.2, at_s)


def _device(number: int, chance: random.Random) -> Dosed:
    device = begin(
        f"b{number}",
        0.0,
        90.0,
        min_w=-800.0,
        max_w=2500.0,
        step_w=1.0,
        refresh_s=0.0,
        response=Response(0.6, 1000.0),
    )
    if number % 10 == 0:
        device = confirmed(ordered(device, "c", chance.uniform(-700, 700), 0.0, 104.0), "c", 104.1)
    return device


def figures() -> dict[str, object]:
    """Times in ms, and their growth."""
    times = {count: decision_ms(count) for count in (10, 100, 1000)}
    return {
        "decision_ms": {str(count): ms for count, ms in times.items()},
        "per_device_1000_to_100": round(times[1000] / 1000 / (times[100] / 100), 2),
        "reference_sum_10000_ms": reference_ms(),
    }

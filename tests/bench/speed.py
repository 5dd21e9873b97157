"""How long one decision of the pure core and one schedule take, beside a fixed piece of arithmetic."""

import random
from math import pi, sin
from statistics import median
from timeit import repeat

from services.balancer.core.decide import Aim, Core, Reading, decide
from services.balancer.core.dosed import Dosed, begin, confirmed, ordered
from services.balancer.core.merit import Bounds
from services.balancer.core.response import Response
from services.balancer.core.steps import Steps
from services.balancer.core.wish import House
from services.balancer.loads.schedule import Job, schedule
from services.balancer.loads.tank import Tank
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


def schedule_ms(rows: int = 128, loads: int = 10) -> float:
    """The slowest of some schedules: sun with clouds over so many quarter hours, half of the loads needed."""
    return round(max(_one_schedule_ms(seed, rows, loads) for seed in range(8)), 2)


def _one_schedule_ms(seed: int, rows: int, loads: int) -> float:
    chance = random.Random(seed)
    avail_w = [max(0.0, 4000 * sin(pi * (row % 96 - 24) / 48)) * chance.uniform(0.3, 1) - 400 for row in range(rows)]
    jobs = [
        Job(id=f"load{i}", power_w=chance.uniform(300, 3000), rows=chance.randint(2, 24), is_needed=i % 2 == 0, place=i)
        for i in range(loads)
    ]
    tank = Tank(max_charge_w=2500, max_discharge_w=2500, capacity_wh=10_000, stored_wh=2000, efficiency=0.86)
    return min(repeat(lambda: schedule(avail_w, jobs, tank), number=1, repeat=7)) * 1000


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
        steps=Steps(),
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
        "schedule_128_rows_10_loads_ms": schedule_ms(),
        "reference_sum_10000_ms": reference_ms(),
    }

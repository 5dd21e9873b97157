"""A winter week with seven electric radiators on a connection of 30 A, second by second. `python -m tests.bench winter`

The shipping rotation beside rooms that are heated without any limit, and beside an older program's estimates. Once
within what a household leaves of the connection, once with less than 60 % of the installed power besides, with which
rooms should be as warm as without a limit.
"""

import math
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from common.config import SiteSettings
from common.contract import (
    ACK,
    INFO,
    METER_STATE,
    REQUEST_STATE,
    SWITCH_STATE,
    Ack,
    DeviceInfo,
    Envelope,
    MeterState,
    Payload,
    RequestState,
    SwitchState,
)
from common.messaging import Message
from services.balancer.config import Config
from services.balancer.hearing import hear
from services.balancer.heating import heat
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.replay.older_radiators import RISING_W, Estimate, Metered, OlderRadiators
from services.simulator.physics import Appliance, Appliances, Room, RoomModel

WEEK_S = 7 * 86_400
BEGAN_MS = 1_765_756_800_000
VOLTAGE_V = 230.0
CONNECTION_A = 30.0
CONNECTION_W = CONNECTION_A * VOLTAGE_V
COLDEST_C, SET_C = -8.0, 20.0
RADIATORS_W = {
    "tv": 1500.0, "office": 1000.0, "bedroom": 1000.0, "window": 1250.0, "kitchen": 1000.0, "bath": 750.0,
    "entrance": 1250.0,
}  # fmt: skip
INSTALLED_W = sum(RADIATORS_W.values())
NEEDED_SHARE = 0.5
"""On the coldest day each radiator must give half of its power in the mean."""
OVERDRAWN = 1.1
"""They really draw a tenth more than is written on them, and nothing measures it."""
AT_ONCE = 4
"""Of seven: 57 % of the installed power in the mean."""
LATE_S = 10
"""An overload that lasts longer than this after a step is none that was shed."""
NEAR_K = 0.5
TABLE = (5, 4, 2, 1, 0)
HOUSEHOLD = (
    Appliance(name="fridge", power_w=120, on_s=(600, 900), off_s=(1200, 2400)),
    Appliance(name="kettle", power_w=2000, on_s=(90, 200), off_s=(7_000, 25_000)),
    Appliance(name="oven", power_w=2400, on_s=(1500, 3000), off_s=(30_000, 80_000)),
    Appliance(name="washing", power_w=2100, on_s=(700, 1200), off_s=(40_000, 90_000)),
    Appliance(name="hob", power_w=1800, on_s=(200, 600), off_s=(10_000, 30_000)),
)


def outside_c(time_s: float) -> float:
    """A week that is coldest on its fourth night."""
    day = time_s / 86_400
    mean_c = COLDEST_C + 4 + 6 * abs(day - 3.2) / 3.8
    return mean_c - 4 * math.cos(2 * math.pi * (day - 0.2))


def rooms() -> dict[str, Room]:
    """One per radiator, as leaky as its radiator can bear."""
    return {
        name: Room(RoomModel(loss_w_per_k=NEEDED_SHARE * power_w / (SET_C - COLDEST_C)), SET_C)
        for name, power_w in RADIATORS_W.items()
    }


Program = Callable[[int, float, float, Mapping[str, bool]], Mapping[str, bool]]
"""(second, grid in W, what does not heat in W, who asks) → whose contact is closed in the next second."""


def unlimited(second: int, grid_w: float, others_w: float, asks: Mapping[str, bool]) -> Mapping[str, bool]:
    """Everybody who asks."""
    return asks


@dataclass
class Shipping:
    """The balancer's own rotation, fed with what its bus would bring."""

    limit: Mapping[str, object]
    mind: Mind = field(init=False)
    closed: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(RADIATORS_W, False))
    said: dict[str, bool] = field(default_factory=dict)
    _seq: int = 0

    def __post_init__(self) -> None:
        members = tuple(
            {"output": name, "request": f"{name}_wish", "power_w": power_w} for name, power_w in RADIATORS_W.items()
        )
        group = {"kind": "rotation", "members": members, "limit": self.limit}
        config = Config.model_validate({"order": ("heating",), "groups": {"heating": group}})
        self.mind = Mind(config, SiteSettings(connection_a=CONNECTION_A), SettingsBook(config))
        self.mind.lead(1)
        info = DeviceInfo(
            vendor="bench", model="relay", poll_s=20.0, stale_after_s=60.0, safe_state="off",
            capabilities=("switch",), refresh_s=3.0,
        )  # fmt: skip
        for name in RADIATORS_W:
            self._hear(INFO.at("switch", name).name, info, BEGAN_MS)

    def __call__(self, second: int, grid_w: float, others_w: float, asks: Mapping[str, bool]) -> Mapping[str, bool]:
        now_ms = BEGAN_MS + second * 1000
        for name, on in asks.items():
            if self.said.get(name) is not on or second % 60 == 0:
                self.said[name] = on
                self._hear(REQUEST_STATE.at(f"{name}_wish").name, RequestState(on=on), now_ms)
        for name, on in self.closed.items():
            known = self.mind.world.devices[name].state
            if known is None or second % 20 == 0 or known.on is not on:  # type: ignore[union-attr]  # a switch's state
                self._hear(SWITCH_STATE.at(name).name, SwitchState(on=on), now_ms)
        self._hear(METER_STATE.at("p1").name, MeterState(power_w=grid_w), now_ms)
        for order in heat(self.mind, now_ms).orders:
            self.closed[order.device] = bool(order.command.on)
            done = Ack(cmd_id=order.command.cmd_id, epoch=order.command.epoch, outcome="applied")
            self._hear(ACK.at("switch", order.device).name, done, now_ms)
        return dict(self.closed)

    def _hear(self, topic: str, body: Payload, now_ms: int) -> None:
        self._seq += 1
        envelope = Envelope(v=1, ts_ms=now_ms, seq=self._seq, boot="bench", src="bench")
        message: Message[Payload | str] = Message(topic, body, envelope, retained=False, arrived_s=now_ms / 1000)
        hear(self.mind, message, now_ms)


@dataclass
class Older:
    """The older program with one of its estimates."""

    program: OlderRadiators

    def __call__(self, second: int, grid_w: float, others_w: float, asks: Mapping[str, bool]) -> Mapping[str, bool]:
        metered = Metered(grid_a=grid_w / VOLTAGE_V, others_a=others_w / VOLTAGE_V, grid_w=grid_w)
        return dict(self.program.second(metered, asks, float(second)))


@dataclass
class Account:
    """What a week came to."""

    seconds: int = 0
    over_s: int = 0
    late_over_s: int = 0
    longest_over_s: int = 0
    heat_wh: float = 0.0
    switched: int = 0
    most_share: float = 0.0
    near: int = 0
    looked: int = 0
    coldest_c: float = 99.0
    _over_for_s: int = 0

    def second(self, grid_w: float, limit_w: float, heat_w: float) -> None:
        """One more."""
        self.seconds += 1
        self.heat_wh += heat_w / 3600
        self._over_for_s = self._over_for_s + 1 if grid_w > limit_w else 0
        self.over_s += self._over_for_s > 0
        self.late_over_s += self._over_for_s > LATE_S
        self.longest_over_s = max(self.longest_over_s, self._over_for_s)

    def figures(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "overload_s": self.over_s,
            "longest_overload_s": self.longest_over_s,
            "overload_beyond_10_s": self.late_over_s,
            "heat_kwh": round(self.heat_wh / 1000, 1),
            "near_unlimited_pct": round(100 * self.near / self.looked, 2) if self.looked else None,
            "coldest_room_c": round(self.coldest_c, 2),
            "switched": self.switched,
        }


def live(
    program: Program, seconds: int, limit_w: float, seed: int, *, starts_s: int = 0
) -> tuple[Account, list[tuple[float, ...]]]:
    """A house in time. Returns its account, and the rooms' temperatures minute by minute."""
    house, heated = Appliances(350.0, HOUSEHOLD, seed), rooms()
    closed: Mapping[str, bool] = dict.fromkeys(RADIATORS_W, False)
    account, course = Account(), []
    for second in range(seconds):
        before = closed
        others_w = house.at(float(starts_s + second))
        powers_w = {name: RADIATORS_W[name] * OVERDRAWN * closed[name] for name in RADIATORS_W}
        heat_w = sum(powers_w.values())
        for name, room in heated.items():
            room.advance(1.0, powers_w[name], outside_c(starts_s + second))
        account.second(others_w + heat_w, limit_w, heat_w)
        asks = {name: room.asks for name, room in heated.items()}
        closed = program(second, round(others_w + heat_w, 1), round(others_w, 1), asks)
        account.switched += sum(closed[name] is not before[name] for name in RADIATORS_W)
        if second % 60 == 0:
            course.append(tuple(room.air_c for room in heated.values()))
            account.coldest_c = min(account.coldest_c, *course[-1])
    return account, course


def shipping(**limit: object) -> Shipping:
    """The balancer's rotation within the connection, and whatever limit stands beside it."""
    return Shipping({"budget": {"margin_w": 200.0}, **limit})


def older(estimate: Estimate) -> Older:
    """The older program; its thresholds, made for 4.6 kW, are raised with the connection."""
    rising_w = tuple(power_w * CONNECTION_W / RISING_W[-1] for power_w in RISING_W)
    return Older(OlderRadiators(tuple(RADIATORS_W), TABLE, CONNECTION_A, estimate, rising_w))


PROGRAMS: Mapping[str, Callable[[], Program]] = {
    "unlimited": lambda: unlimited,
    "balancer_4_of_7": lambda: shipping(active_by_mode=(AT_ONCE, 0)),
    "balancer_30_A": shipping,
    "older_global": lambda: older("global"),
    "older_individual": lambda: older("individual"),
    "older_thresholds": lambda: older("thresholds"),
}


def run(name: str, seconds: int, seed: int, starts_s: int = 0) -> tuple[Account, list[tuple[float, ...]]]:
    """One program's week."""
    return live(PROGRAMS[name](), seconds, CONNECTION_W, seed, starts_s=starts_s)


def figures(seed: int = 1, seconds: int = WEEK_S) -> dict[str, object]:
    """All programs in the same week."""
    with ProcessPoolExecutor(2) as pool:
        begun = {name: pool.submit(run, name, seconds, seed) for name in PROGRAMS}
        found: dict[str, object] = {}
        _, free = begun["unlimited"].result()
        for name, each in begun.items():
            account, course = each.result()
            compared(account, course, free)
            found[name] = account.figures()
            sys.stderr.write(f"{name}: done\n")
    return found


def compared(account: Account, course: list[tuple[float, ...]], free: list[tuple[float, ...]]) -> None:
    """How often rooms were as warm as without any limit."""
    gaps = [
        abs(mine - theirs)
        for one, other in zip(course, free, strict=True)
        for mine, theirs in zip(one, other, strict=True)
    ]
    account.near, account.looked = sum(gap <= NEAR_K for gap in gaps), len(gaps)

"""Radiators on a stage: switches that take turns, and thermostats that ask."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from common.config import SiteSettings
from common.contract import CONTROL, REQUEST_STATE, Control, RequestState
from services.balancer.config import Config
from tests.balancer.stage import FakeSwitch, Stage, staged

TURN_S = 20.0
LOOK_S = 0.05
ROOMS = ("tv", "office", "bedroom", "kitchen", "bath")
SITE = SiteSettings(connection_a=30)
"""6.9 kW."""


def member(output: str, **more: Any) -> dict[str, Any]:  # whatever an entry may say
    return {"output": output, "request": output, "power_w": 1000.0, **more}


def rotation(*members: dict[str, Any], **more: Any) -> Config:
    """A group called `heating`; five rooms unless others are named."""
    entries = members or tuple(member(room) for room in ROOMS)
    group = {"kind": "rotation", "members": entries, "step_s": TURN_S, **more}
    if "limit" not in group:
        group["limit"] = {"active_by_mode": (3, 2, 1, 0), "relax_s": 0.0}
    return Config.model_validate({"order": ("heating",), "groups": {"heating": group}})


class Heating:
    """What a story about radiators does and sees."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.wishes: dict[str, RequestState] = {}
        self._bus = stage.bus("ems-relay")

    async def asks(self, *rooms: str, on: bool | None = True) -> None:
        """Thermostats ask for heat, or not any more; they say it again now and then."""
        for room in rooms:
            await self.says(room, RequestState(on=on))

    async def says(self, request: str, state: RequestState) -> None:
        """Anything a request can say."""
        self.wishes[request] = state
        await self._bus.publish(REQUEST_STATE.at(request), state)

    async def by_hand(self, output: str) -> None:
        """Somebody switches an output on, and its bridge respects that."""
        self.stage.switches[output].flip(on=True)
        await self._bus.publish(CONTROL.at("switch", output), Control(mode="manual", epoch=1))

    async def repeat(self) -> None:
        """For ever."""
        async for _ in self.stage.clock.every(20.0):
            for request, state in self.wishes.items():
                await self._bus.publish(REQUEST_STATE.at(request), state)

    @property
    def group(self) -> Any:  # the message as it was sent
        return self.stage.last("group/heating")

    def flagged(self, field: str) -> list[str]:
        """Who has a 1 in a field of the group's state."""
        members = self.group["members"].split(",")
        return [name for name, flag in zip(members, self.group[field], strict=True) if flag == "1"]

    @property
    def on(self) -> set[str]:
        """Who really is on."""
        return {name for name, switch in self.stage.switches.items() if switch.on}

    def seconds(self, since_s: float = 0.0) -> dict[str, float]:
        """How long each was on since then."""
        return {name: _on_s(switch, since_s, self.stage.now_s) for name, switch in self.stage.switches.items()}

    def most_at_once(self, since_s: float = 0.0) -> int:
        """The most that were ever on at the same time."""
        moves = sorted((at_s, on) for switch in self.stage.switches.values() for at_s, on in switch.switched)
        count = most = 0
        for at_s, on in moves:
            count += 1 if on else -1
            most = max(most, count) if at_s >= since_s else most
        return most


async def overloads(stage: Stage, limit_w: float, seconds: float) -> list[int]:
    """Let time pass. Returns of each overload how many readings told of it before it ended."""
    told: list[int] = []
    began_s = None
    for _ in range(round(seconds / LOOK_S)):
        if stage.energy.power_w > limit_w:
            began_s = stage.now_s if began_s is None else began_s
        elif began_s is not None:
            told.append(_told(stage, began_s))
            began_s = None
        await stage.play(LOOK_S)
    return told if began_s is None else [*told, _told(stage, began_s)]


def _told(stage: Stage, since_s: float) -> int:
    """Readings that tell of the time since then."""
    return sum(said.at_s - stage.meter.late_s > since_s for said in stage.heard("meter/p1/state", since_s))


def _on_s(switch: FakeSwitch, since_s: float, now_s: float) -> float:
    total, began = 0.0, None
    for at_s, on in [*switch.switched, (now_s, False)]:
        if began is not None:
            total += max(0.0, at_s - max(began, since_s))
        began = at_s if on else None
    return total


def played(
    story: Callable[[Stage, Heating], Coroutine[Any, Any, None]],
    config: Config | None = None,
    *,
    load_w: float = 500.0,
    site: SiteSettings = SITE,
    phase_of: dict[str, int] | None = None,
    switches: Mapping[str, dict[str, Any]] | None = None,
) -> None:
    """Play a story with radiators of 1 kW behind switches that start off, unless told otherwise."""
    told = config or rotation()
    outputs = told.rotated()
    facts = {name: {"draws_w": 1000.0, **(switches or {}).get(name, {})} for name in outputs}

    async def with_thermostats(stage: Stage) -> None:
        heating = Heating(stage)
        stage.start(heating.repeat())
        stage.meter.phase_of = phase_of
        await stage.play(2)
        await story(stage, heating)

    staged(with_thermostats, told, load_w=load_w, site=site, switches=facts)

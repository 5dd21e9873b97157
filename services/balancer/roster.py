"""Who takes part in a decision, and as what; who does not is noted with the reason."""

from math import inf
from typing import NamedTuple

from services.balancer.core.decide import Reading
from services.balancer.crew import absence, line_up
from services.balancer.mind import Mind
from services.balancer.obedience import Obedience
from services.balancer.order import expand
from services.balancer.team import FOLLOWS
from services.balancer.world import Device


class Roster(NamedTuple):
    """The devices of the order that can be commanded now, in order."""

    dosed: tuple[Device, ...]
    """They get set-points from the law."""
    pool: tuple[Device, ...]
    """They follow their own meter, one at a time."""


def call_the_roll(mind: Mind, reading: Reading) -> Roster:
    """Who is there at this reading. Those that are dosed join the law, those that are gone leave it."""
    _sort(mind)
    mind.absent.clear()
    called = () if mind.book.mode == "off" else mind.places
    present = tuple(device for name in called if (device := _fit(mind, name, reading.at_s)))
    follows = {device.id for device in present if _follows(mind, device)}
    dosed = tuple(device for device in present if device.id not in follows and device.id != mind.config.car)
    before, mind.core = mind.core, line_up(mind.core, dosed, mind.learnt, reading.at_s)
    for joined in (device.id for device in dosed if before.device(device.id) is None and device.id in mind.learning):
        mind.learning[joined] = mind.learning[joined].anew()
    _test_polarity(mind, reading)
    return Roster(dosed, tuple(device for device in present if device.id in follows))


def _sort(mind: Mind) -> None:
    """Within a group the fuller gives first and the emptier takes first; which of both, the last decision says."""
    socs_pct = {name: device.soc_pct for name, device in mind.world.devices.items()}
    mind.places = expand(mind.book.order, mind.config.groups, socs_pct, mind.places, mind.room_w)


def _fit(mind: Mind, name: str, now_s: float) -> Device | None:
    """The device, if it can be commanded."""
    device, standing = mind.world.devices.get(name), mind.standing.get(name)
    manners = mind.manners.get(name, Obedience()).looked_at(now_s, standing.ttl_s if standing else inf)
    mind.manners[name] = manners
    missing = absence(device, manners, now_s)
    if missing is None:
        return device
    mind.absent[name] = missing
    return None


def _follows(mind: Mind, device: Device) -> bool:
    """Whether it may lead or help; one that knows no such mode is dosed like any other."""
    can = device.info is not None and FOLLOWS in device.info.modes
    return can and mind.book.mode == "auto" and mind.policy(device.id).strategy == "leader"


def _test_polarity(mind: Mind, reading: Reading) -> None:
    """Finish the tests whose order has arrived; a device that the meter contradicts is left out for an hour."""
    for device in mind.core.devices:
        tested = mind.polarity.get(device.id)
        done = device.proven and device.awaiting is None and device.late.is_settled(reading.start_s)
        if tested is None or tested.grid_w is None or not done:
            continue
        mind.polarity[device.id] = tested = tested.arrived(reading.grid_w, device.proven_w)
        if tested.is_reversed:
            mind.polarity.pop(device.id)
            mind.manners[device.id] = Obedience.reversed(reading.at_s)

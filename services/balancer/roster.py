"""Who takes part in a decision, and as what; who does not is noted with the reason."""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from services.balancer.core.decide import Reading
from services.balancer.crew import absence, is_switched, line_up, watch_switches
from services.balancer.gate import is_gated
from services.balancer.mind import Mind
from services.balancer.obedience import Obedience
from services.balancer.order import expand
from services.balancer.stores import reserve_reached
from services.balancer.switchboard import rated_w
from services.balancer.team import FOLLOWS
from services.balancer.world import Device


class Roster(NamedTuple):
    """The devices of the order that can be commanded now, in order."""

    dosed: tuple[Device, ...]
    """They get set-points from the law."""
    pool: tuple[Device, ...]
    """They follow their own meter, one at a time."""
    gated: tuple[Device, ...] = ()
    """They balance by themselves, and are told what they may do."""
    switched: tuple[Device, ...] = ()
    """Loads that are on or off."""

    @property
    def free(self) -> tuple[Device, ...]:
        """Whoever regulates itself: its power is nobody's order."""
        return (*self.pool, *self.gated)

    @property
    def stores(self) -> tuple[Device, ...]:
        """Every battery."""
        return tuple(device for device in (*self.dosed, *self.free) if device.kind == "battery")


def call_the_roll(mind: Mind, reading: Reading) -> Roster:
    """Who is there at this reading. Those that are dosed join the law, those that are gone leave it."""
    _sort(mind)
    mind.absent.clear()
    called = () if mind.book.mode == "off" else mind.places
    present = tuple(device for name in called if (device := _fit(mind, name, reading.at_s)))
    roster = _batteries_first(mind, _sorted_by_part(mind, present))
    before, mind.core = mind.core, line_up(mind.core, roster.dosed, mind.learnt, reading.at_s)
    joined = {device.id for device in roster.dosed if before.device(device.id) is None}
    mind.learning |= {name: mind.learning[name].anew() for name in joined & mind.learning.keys()}
    mind.core = watch_switches(mind.core, roster.switched, _believed_w(mind, roster.switched), reading.at_s)
    _test_polarity(mind, reading)
    return roster


def _sorted_by_part(mind: Mind, present: Sequence[Device]) -> Roster:
    """The car has a place of its own."""
    parts: dict[str, tuple[Device, ...]] = {"dosed": (), "pool": (), "gated": (), "switched": ()}
    for device in present:
        if device.id != mind.config.car:
            parts[_part(mind, device)] += (device,)
    return Roster(**parts)


def _part(mind: Mind, device: Device) -> str:
    """As what a device takes part."""
    if is_switched(device):
        return "switched"
    if is_gated(device, mind.policy(device.id)):
        return "gated"
    return "pool" if _follows(mind, device) else "dosed"


def _batteries_first(mind: Mind, roster: Roster) -> Roster:
    """Dimmed loads stand behind the batteries until those have the charge that goes before them."""
    loads = mind.config.loads
    behind = {
        device.id: device.id in loads and not reserve_reached(mind, roster.stores, device.id) for device in roster.dosed
    }
    return roster._replace(dosed=tuple(sorted(roster.dosed, key=lambda device: behind[device.id])))


def _believed_w(mind: Mind, switched: Sequence[Device]) -> dict[str, float]:
    return {device.id: rated_w(mind.policy(device.id), mind.switchboard.book(device.id)) for device in switched}


def _sort(mind: Mind) -> None:
    """Within a group the fuller gives first and the emptier takes first; which of both, the last decision says."""
    socs_pct = {name: device.soc_pct for name, device in mind.world.devices.items()}
    mind.places = expand(mind.book.order, mind.config.groups, socs_pct, mind.places, mind.room_w)


def _fit(mind: Mind, name: str, now_s: float) -> Device | None:
    """The device, if it can be commanded."""
    device, standing = mind.world.devices.get(name), mind.standing.get(name)
    manners = mind.manners.get(name, Obedience()).looked_at(now_s, standing.ttl_s if standing else inf)
    mind.manners[name] = manners
    by_hand = mind.switchboard.book(name).by_hand
    missing = absence(device, manners, now_s, mind.policy(name), by_hand=by_hand)
    if missing is None:
        return device
    mind.absent[name] = missing
    return None


def _follows(mind: Mind, device: Device) -> bool:
    """Whether it may lead or help; one that knows no such mode is dosed like any other."""
    can = device.info is not None and FOLLOWS in device.info.modes
    is_free = mind.book.mode == "auto" and not mind.tariff.keeps(device.id)
    return can and is_free and mind.policy(device.id).strategy == "leader"


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

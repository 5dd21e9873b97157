"""What to answer to the order in force, and who controls the battery. Pure."""

from common.contract.devices import Authority
from common.lease import Answer, Lease
from services.udp_battery.contact import WRITE_ATTEMPTS
from services.udp_battery.memory import Memory
from services.udp_battery.reconcile import Follow, Goal, Hold, Rest, is_reached


def is_held(aim: Goal) -> bool:
    """Whether what the battery should do comes from an order."""
    return isinstance(aim, Hold) or (isinstance(aim, Follow) and aim.is_ordered)


def outcome(aim: Goal, memory: Memory, order: Lease) -> Answer | None:
    """What has become of the order, in a word and a sentence; None while that is not known."""
    if not is_held(aim):
        return "failed", "this battery takes set_power, and the modes self_consumption and standby"
    if memory.contact.failures:
        return "timeout", "the battery does not answer"
    if memory.is_refused:
        return "failed", f"the battery said no {WRITE_ATTEMPTS} times"
    return _seen(aim, memory, order) if is_reached(aim, memory) else None


def _seen(aim: Goal, memory: Memory, order: Lease) -> Answer | None:
    """It took the order; does it follow?"""
    told = memory.told
    if told is not None and told.is_in_vain:
        return "failed", "the battery took the order and does not follow"
    if told is not None and told.verdict == "short":
        return "partial", "the battery stops short of it"
    granted_w = order.power_w if order.power_w is not None else 0.0
    if isinstance(aim, Hold) and abs(aim.power_w - granted_w) > 1:
        is_proven = told is not None and told.verdict == "proven"
        return ("partial", f"limited to {aim.power_w} W") if is_proven else None
    return "applied", ""


def authority(aim: Goal, memory: Memory, now_s: float, *, has_lapsed: bool) -> Authority | None:
    """Who controls the battery; None before it has said anything. `has_lapsed`: the last order was not renewed."""
    if memory.contact.is_gone(now_s):
        return "offline"
    if is_held(aim):
        return "leased"
    if memory.seen is None:
        return None
    if not memory.is_ours and memory.seen.mode not in ("Auto", "AI"):
        return "manual"
    is_on_its_way = memory.is_ours and not is_reached(aim, memory)
    return "safe" if has_lapsed or is_on_its_way or isinstance(aim, Rest) else "autonomous"

"""What each kind of message changes in the balancer's mind."""

from dataclasses import replace

from common.contract import Ack, BatteryState, Control, DeviceInfo, Envelope, EvState, MeterState, Payload
from common.messaging import Message
from services.balancer.core.dosed import confirmed, failed, measured
from services.balancer.core.learning import Learning
from services.balancer.mind import Mind
from services.balancer.obedience import Obedience
from services.balancer.rules.soc import Held, hold
from services.balancer.world import Device

TELEMETRY_AGE_S = (0.0, 1.2)
"""A sample was taken up to so long before its time stamp: devices measure when they like."""
SETTLING = 3.0
"""So many response times after an order its power is judged."""


def hear(mind: Mind, message: Message[Payload | str], wall_ms: int) -> bool:
    """Take in one message. Returns whether it is a reading to decide on: fresh, live, of the meter in use."""
    kind, device_id = message.topic.split("/")[:2]
    body, envelope = message.body, message.envelope
    if kind == "meter":
        return _meter(mind, device_id, message, wall_ms)
    device = mind.world.device(device_id, kind)
    match body:
        case DeviceInfo():
            mind.world.devices[device_id] = replace(device, info=body)
        case Control():
            mind.world.devices[device_id] = replace(device, control=body)
        case str():
            mind.world.devices[device_id] = replace(device, available=body == "online")
        case BatteryState() | EvState() if envelope is not None:
            _state(mind, device, body, envelope)
        case Ack() if envelope is not None:
            _ack(mind, device_id, body, mind.world.line.at_s(envelope.ts_ms))
        case _:
            pass
    return False


def _meter(mind: Mind, meter_id: str, message: Message[Payload | str], wall_ms: int) -> bool:
    meter, body, envelope = mind.world.meter(meter_id), message.body, message.envelope
    if isinstance(body, DeviceInfo):
        mind.world.meters[meter_id] = replace(meter, info=body)
    if not isinstance(body, MeterState) or envelope is None:
        return False
    line = mind.world.line
    leading = meter_id == mind.config.grid_meter and not message.retained
    at_s = line.follow(envelope.ts_ms, message.arrived_s) if leading else line.at_s(envelope.ts_ms)
    heard = mind.world.meters[meter_id] = meter.heard(body, at_s)
    too_old = wall_ms - envelope.ts_ms > heard.stale_after_s * 1000
    return not message.retained and not too_old and meter_id == meter_in_use(mind, at_s)


def meter_in_use(mind: Mind, now_s: float) -> str | None:
    """The meter to decide by: the grid meter while it is fit, else the fallback, else none."""
    for meter_id in (mind.config.grid_meter, mind.config.fallback_meter):
        if meter_id is not None and mind.world.meter(meter_id).unfit(now_s) is None:
            return meter_id
    return None


def _state(mind: Mind, device: Device, state: BatteryState | EvState, envelope: Envelope) -> None:
    at_s = mind.world.line.at_s(envelope.ts_ms)
    mind.world.devices[device.id] = replace(device, state=state, state_s=at_s)
    if isinstance(state, BatteryState):
        policy = mind.policy(device.id)
        before = mind.held.get(device.id, Held())
        mind.held[device.id] = hold(before, state.soc_pct, policy.reserve_soc_pct, policy.ceiling_soc_pct)
    if state.power_w is not None:
        _telemetry(mind, device.id, state.power_w, state.soc_pct, at_s)


def _telemetry(mind: Mind, device_id: str, power_w: float, soc_pct: float | None, at_s: float) -> None:
    dosed = mind.core.device(device_id)
    if dosed is None:
        return
    seen = measured(dosed, power_w, TELEMETRY_AGE_S, at_s, soc_pct)
    mind.core = mind.core.with_device(seen)
    standing = mind.standing.get(device_id)
    if standing is not None and standing.target.power_w is not None:
        settled = at_s - dosed.sent_at_s > SETTLING * dosed.response_s
        probing = abs(standing.target.power_w) > dosed.cap_for(standing.target.power_w).most_w
        wanted_w = standing.target.power_w * dosed.gain if settled and not probing else None
        mind.manners[device_id] = mind.manners.get(device_id, Obedience()).seen(power_w, wanted_w, at_s)


def _ack(mind: Mind, device_id: str, ack: Ack, at_s: float) -> None:
    standing = mind.standing.get(device_id)
    if standing is None or ack.cmd_id != standing.cmd_id:
        return
    mind.manners[device_id] = mind.manners.get(device_id, Obedience()).answered(ack.outcome, at_s, ack.detail)
    dosed = mind.core.device(device_id)
    if dosed is None or dosed.awaiting != ack.cmd_id:
        return
    if ack.outcome in ("applied", "partial"):
        learning = mind.learning.get(device_id, Learning())
        from_w, told_s = dosed.nominal.at(at_s), at_s - dosed.sent_at_s
        mind.learning[device_id] = learning.executed(dosed.sent_w, from_w, at_s, told_s)
        mind.core = mind.core.with_device(confirmed(dosed, ack.cmd_id, at_s))
    elif ack.outcome in ("failed", "timeout", "rejected", "expired"):
        mind.core = mind.core.with_device(failed(dosed, ack.cmd_id))

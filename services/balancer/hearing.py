"""What each kind of message changes in the balancer's mind."""

from dataclasses import replace

from common.contract import (
    Ack,
    BatteryState,
    Control,
    DeviceInfo,
    Envelope,
    EvState,
    Forecast,
    LoadState,
    MeterState,
    Payload,
    PlanState,
    RequestState,
    SwitchState,
    TariffState,
)
from common.messaging import Message
from services.balancer.core.dosed import Dosed, confirmed, failed, free, ordered
from services.balancer.core.learning import Learning
from services.balancer.core.proof import measured
from services.balancer.dispatch import Standing
from services.balancer.metering import believed_w, hand_moved, load_measured
from services.balancer.mind import Mind
from services.balancer.obedience import REVERSED, Obedience
from services.balancer.outputs import output_measured
from services.balancer.rules.soc import Held, hold
from services.balancer.world import Device, Request

TELEMETRY_AGE_S = (0.0, 1.2)
"""A sample was taken up to so long before its time stamp: devices measure when they like."""
COMMANDED = ("battery", "ev", "switch", "load")
"""Classes of devices that are dosed, lead, are switched, or get advice."""
DONE = ("applied", "partial")
FAILED = ("failed", "timeout", "rejected", "expired")
"""What acknowledgements say about an order."""
EARLY_S = 0.1
"""A reading that comes so much before its time is taken all the same."""
TAPERS_PCT = 90.0
"""From this charge on a battery may take less and less."""
SETTLING = 3.0
"""So many response times after an order its power is judged."""


def hear(mind: Mind, message: Message[Payload | str], wall_ms: int) -> bool:
    """Take in one message. Returns whether it is a reading to decide on: fresh, live, of the meter in use."""
    kind, device_id = message.topic.split("/")[:2]
    body, envelope = message.body, message.envelope
    if kind == "meter":
        return _meter(mind, device_id, message, wall_ms)
    _advice(mind, device_id, body, envelope)
    if kind not in COMMANDED:  # ids are unique across classes, so somebody else uses this one
        return False
    device = mind.world.device(device_id, kind)
    match body:
        case DeviceInfo():
            mind.world.devices[device_id] = replace(device, info=body)
        case Control():
            mind.world.devices[device_id] = replace(device, control=body)
            hand_moved(mind, device, body)
        case str() if device.available is not (body == "online"):
            mind.world.devices[device_id] = device = replace(device, available=body == "online")
            _reached(mind, device)
        case BatteryState() | EvState() | SwitchState() | LoadState() if envelope is not None:
            _state(mind, device, body, envelope)
        case Ack() if envelope is not None:
            _ack(mind, device_id, body, mind.world.line.at_s(envelope.ts_ms))
        case _:
            pass
    return False


def _advice(mind: Mind, name: str, body: Payload | str, envelope: Envelope | None) -> None:
    """A forecast, what energy costs, a plan, or somebody's wish."""
    if isinstance(body, PlanState):
        mind.world.plans[name] = body
    if isinstance(body, Forecast):
        mind.world.forecasts[name] = body
    if isinstance(body, TariffState):
        mind.world.tariff = body
    if isinstance(body, RequestState) and envelope is not None:
        fresh = Request(body, mind.world.line.at_s(envelope.ts_ms))
        known = mind.world.requests.get(name, fresh)
        mind.world.requests[name] = fresh if fresh.state_s >= known.state_s else known
        mind.heat_is_due |= fresh == known or fresh.state != known.state


def forget(mind: Mind, topic: str) -> None:
    """What was said on a topic has been taken back."""
    kind, name = topic.split("/")[:2]
    if kind == "plan":
        mind.world.plans.pop(name, None)


def _meter(mind: Mind, meter_id: str, message: Message[Payload | str], wall_ms: int) -> bool:
    meter, body, envelope = mind.world.meter(meter_id), message.body, message.envelope
    if isinstance(body, DeviceInfo):
        mind.world.meters[meter_id] = replace(meter, info=body)
    if not isinstance(body, MeterState) or body.power_w is None or envelope is None:
        return False
    at_s = mind.world.line.at_s(envelope.ts_ms)
    if meter.state_s is not None and at_s <= meter.state_s:  # measured no later than what is known
        return False
    mind.world.meters[meter_id] = meter.heard(body, at_s)
    pause_s = mind.config.decide_every_s
    is_due = pause_s == 0 or at_s - mind.decided_s >= pause_s - EARLY_S
    is_reading = not message.retained and meter_id == meter_in_use(mind, mind.world.line.at_s(wall_ms))
    mind.heat_is_due |= is_reading  # an overload waits for no pace
    return is_due and is_reading


def meter_in_use(mind: Mind, now_s: float) -> str | None:
    """The meter to decide by: the grid meter while it is fit, else the fallback, else none."""
    for meter_id in (mind.config.grid_meter, mind.config.fallback_meter):
        if meter_id is not None and mind.world.meter(meter_id).unfit(now_s) is None:
            return meter_id
    return None


def _state(
    mind: Mind, device: Device, state: BatteryState | EvState | SwitchState | LoadState, envelope: Envelope
) -> None:
    at_s = mind.world.line.at_s(envelope.ts_ms)
    if device.state_s is not None and at_s < device.state_s:
        return
    mind.world.devices[device.id] = fresh = replace(device, state=state, state_s=at_s)
    if device.id in mind.rotated:
        output_measured(mind, device, fresh)
        return
    if isinstance(state, SwitchState | LoadState):
        load_measured(mind, device, fresh)
    if isinstance(state, SwitchState):
        return
    if isinstance(state, BatteryState):
        policy = mind.policy(device.id)
        before = mind.held.get(device.id, Held())
        mind.held[device.id] = hold(before, state.soc_pct, policy.reserve_soc_pct, policy.ceiling_soc_pct)
    power_w = believed_w(mind, device.id, state, at_s) if isinstance(state, LoadState) else state.power_w
    if power_w is not None:
        _telemetry(mind, device.id, power_w, fresh.soc_pct, at_s)


def _telemetry(mind: Mind, device_id: str, power_w: float, soc_pct: float | None, at_s: float) -> None:
    dosed = mind.core.device(device_id)
    if dosed is None:
        return
    manners, standing = mind.manners.get(device_id, Obedience()), mind.standing.get(device_id)
    if standing is None or standing.target.power_w is None or not standing.is_in_force(at_s):
        mind.core = mind.core.with_device(free(dosed, power_w, at_s - TELEMETRY_AGE_S[1]))
        mind.manners[device_id] = manners.unordered()
        return
    mind.core = mind.core.with_device(measured(dosed, power_w, TELEMETRY_AGE_S, at_s, soc_pct))
    settled = at_s - dosed.sent_at_s > SETTLING * dosed.response_s
    probing = abs(standing.target.power_w) > dosed.cap_for(standing.target.power_w).most_w
    judged = settled and not probing and not _tapers(power_w, standing.target.power_w * dosed.gain, soc_pct)
    wanted_w = standing.target.power_w * dosed.gain if judged else None
    mind.manners[device_id] = manners.seen(power_w, wanted_w, at_s)


def _tapers(power_w: float, wanted_w: float, soc_pct: float | None) -> bool:
    """Whether a battery takes less because it is nearly full: that is no disobedience."""
    return soc_pct is not None and soc_pct >= TAPERS_PCT and 0 <= power_w < wanted_w


def _reached(mind: Mind, device: Device) -> None:
    """Its bridge says that it can be reached again, or not."""
    manners = mind.manners.get(device.id)
    if device.available and manners is not None and manners.trouble not in (None, REVERSED):
        mind.manners[device.id] = manners.pardoned()


def _ack(mind: Mind, device_id: str, ack: Ack, at_s: float) -> None:
    standing, manners = mind.standing.get(device_id), mind.manners.get(device_id, Obedience())
    if ack.epoch == mind.epoch:
        mind.tariff.answered(device_id, ack)
    if standing is None or ack.epoch != mind.epoch:
        return
    if ack.cmd_id != standing.cmd_id:
        if ack.outcome in DONE:
            mind.manners[device_id] = manners.still_there(at_s)
        return
    mind.manners[device_id] = manners.answered(ack.outcome, at_s, ack.detail)
    dosed = mind.core.tracked(device_id)
    if dosed is None:
        return
    if ack.outcome in FAILED:
        mind.core = mind.core.with_tracked(failed(dosed, ack.cmd_id))
    elif ack.outcome in DONE:
        _executed(mind, _taken_up(dosed, standing) if manners.failures else dosed, standing, at_s)


def _taken_up(dosed: Dosed, standing: Standing) -> Dosed:
    """An order that was given up for lost, and is carried out after all."""
    given_w = standing.target.power_w
    if dosed.setpoint_w is not None or given_w is None:
        return dosed
    return ordered(dosed, standing.cmd_id, given_w * dosed.gain, given_w, standing.sent_s)


def _executed(mind: Mind, dosed: Dosed, standing: Standing, at_s: float) -> None:
    """The newest order is being carried out."""
    if dosed.awaiting != standing.cmd_id:
        return
    if standing.target.on is not None:
        mind.core = mind.core.with_tracked(confirmed(dosed, standing.cmd_id, at_s))
        return
    learning = mind.learning.get(dosed.id, Learning())
    from_w, told_s = dosed.nominal.at(at_s), at_s - dosed.sent_at_s
    still = mind.core.is_still or not dosed.is_prompt
    mind.learning[dosed.id] = learning.executed(dosed.sent_w, from_w, at_s, told_s, still=still)
    mind.core = mind.core.with_device(confirmed(dosed, standing.cmd_id, at_s))

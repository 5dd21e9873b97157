"""What about the balancer's inputs and devices an owner should know. Pure: the loop raises and clears accordingly."""

from collections.abc import Mapping

from services.balancer.core.dosed import Dosed
from services.balancer.core.merit import Bounds
from services.balancer.hearing import meter_in_use
from services.balancer.heat_alarms import heat_alarms
from services.balancer.load_alarms import Alarm, load_alarms
from services.balancer.mind import Mind
from services.balancer.tariff_alarms import tariff_alarms
from services.balancer.words import watts

CLEARLY_LESS = 0.9
LATELY_S = 30.0
"""A sender is forgiven when it has said nothing unusable for so long."""


class BadInput:
    """Whose messages could not be used, and why the first of them could not. Ids of the configuration only."""

    def __init__(self) -> None:
        self._why: dict[str, tuple[str, float]] = {}

    def note(self, name: str, why: str, now_s: float) -> None:
        """One more message that could not be used."""
        first, _ = self._why.get(name, (why, now_s))
        self._why[name] = (first, now_s)

    def lately(self, now_s: float) -> Mapping[str, str]:
        """The senders in question now."""
        self._why = {name: (why, at_s) for name, (why, at_s) in self._why.items() if now_s - at_s < LATELY_S}
        return {name: why for name, (why, _) in self._why.items()}


def alarms(mind: Mind, now_s: float, bad_input: Mapping[str, str]) -> dict[str, Alarm]:
    """Everything that is wrong now, by the name of its alert. `bad_input`: why a sender's messages are unusable."""
    found = {f"bad_input_{name}"[:32]: _bad_input(name, why) for name, why in bad_input.items()}
    found |= _meter(mind, now_s)
    for name, absence in mind.absent.items():
        if absence.advice is not None:
            text = f"{name} {absence.why}; the house is balanced without it."
            found[f"absent_{name}"[:32]] = Alarm(text, absence.advice, name)
    found |= load_alarms(mind, now_s) | heat_alarms(mind) | tariff_alarms(mind)
    stores = (device for device in mind.core.devices if device.id not in mind.config.loads)  # a thermostat may open
    return found | {f"limit_{device.id}"[:32]: alarm for device in stores if (alarm := _limit(mind, device))}


def _limit(mind: Mind, device: Dosed) -> Alarm | None:
    """It does clearly less than bridge and owner allow it, and its state of charge does not explain it."""
    allowed = mind.config.policy(device.id).allowed(Bounds(device.min_w, device.max_w))
    for verb, setting, cap, most_w in (
        ("gives", "max_discharge_w", device.discharge_cap, -allowed.low_w),
        ("charges with", "max_charge_w", device.charge_cap, allowed.high_w),
    ):
        if cap.tied_to_pct is None and cap.most_w < CLEARLY_LESS * most_w:
            text = f"{device.id} {verb} no more than {watts(cap.most_w)}, though {watts(most_w)} are allowed."
            advice = "Unlock its full power in its own app, or set {} to what it can do; a hot or cold one recovers."
            return Alarm(text, advice.format(setting), device.id)
    return None


def _meter(mind: Mind, now_s: float) -> dict[str, Alarm]:
    meter_id = mind.config.grid_meter
    unfit = mind.world.meter(meter_id).unfit(now_s)
    if unfit is None:
        return {}
    used = meter_in_use(mind, now_s)
    instead = f"{used} is used instead." if used else "Until it is back every device looks after itself."
    advice = "Look at the meter, its network, and the alerts of its bridge."
    return {"grid_meter": Alarm(f"The grid meter {meter_id} {unfit}. {instead}", advice, meter_id)}


def _bad_input(name: str, why: str) -> Alarm:
    return Alarm(f"A message about {name} could not be used: {why[:160]}", "Look at the service that sends it.", name)

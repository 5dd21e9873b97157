"""What about the balancer's inputs and devices an owner should know. Pure: the loop raises and clears accordingly."""

from typing import NamedTuple

from services.balancer.hearing import meter_in_use
from services.balancer.mind import Mind


class Alarm(NamedTuple):
    """One thing that is wrong at the moment."""

    text: str
    advice: str
    device: str | None = None


def alarms(mind: Mind, now_s: float, bad_input: dict[str, str]) -> dict[str, Alarm]:
    """Everything that is wrong now, by the name of its alert. `bad_input`: why a sender's messages are unusable."""
    found = {f"bad_input_{name}"[:32]: _bad_input(name, why) for name, why in bad_input.items()}
    found |= _meter(mind, now_s)
    for name, absence in mind.absent.items():
        if absence.is_trouble:
            found[f"absent_{name}"[:32]] = Alarm(
                f"{name} {absence.why}; the house is balanced without it.",
                "Look at the alerts of its bridge, and at its name in the balancer's order.",
                name,
            )
    return found


def _meter(mind: Mind, now_s: float) -> dict[str, Alarm]:
    meter_id = mind.config.grid_meter
    why = mind.world.meter(meter_id).unfit(now_s)
    if why is None:
        return {}
    used = meter_in_use(mind, now_s)
    instead = f"{used} is used instead." if used else "Nothing is ordered until it is back; the batteries let go."
    advice = "Look at the meter, its network, and the alerts of its bridge."
    return {"grid_meter": Alarm(f"The grid meter {meter_id} {why}. {instead}", advice, meter_id)}


def _bad_input(name: str, why: str) -> Alarm:
    return Alarm(f"A message about {name} could not be used: {why}", "Look at the service that sends it.", name)

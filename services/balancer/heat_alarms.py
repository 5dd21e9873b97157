"""What about rotations an owner should know. Pure."""

from services.balancer.load_alarms import Alarm
from services.balancer.mind import Mind

BLIND = "Look at the meter. What may heat without it is unmeasured_w, under budget of the group."
STUCK = "Its relay may be welded, or its bridge away: switch it off by hand, and look at the alerts of its bridge."
SILENT = "Look at that thermostat and at relay.requests; set/heat/<output> heats meanwhile."


def heat_alarms(mind: Mind) -> dict[str, Alarm]:
    """Everything that is wrong with rotations now, by the name of its alert."""
    found: dict[str, Alarm] = {}
    for name, desk in mind.rotations.items():
        if desk.room.blind:
            found[f"budget_{name}"[:32]] = Alarm(f"{name}: {desk.room.blind}.", BLIND)
        for output, absence in desk.missing.items():
            if absence.advice is not None:
                text = f"{output} {absence.why}; {name} goes on without it, and counts it as on while it may be."
                found[f"absent_{output}"[:32]] = Alarm(text, absence.advice, output)
        for output in desk.stuck:
            text = f"{output} was told to be off and has not confirmed it; it keeps its part of what may heat."
            found[f"stuck_{output}"[:32]] = Alarm(text, STUCK, output)
        for request in desk.silent:
            text = f"{request}, whose wish {name} follows, has said nothing lately: it is taken not to ask for heat."
            found[f"wish_{request}"[:32]] = Alarm(text, SILENT)
    return found

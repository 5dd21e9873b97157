"""What the balancer tells people: one short sentence per device, one for the house. + consumes, − gives."""

from collections.abc import Sequence

WAITING = "Waiting"
STOPPED = "The balancer has stopped; every device looks after itself."
OFF = "Switched off; every device looks after itself."
DRY_RUN = "Dry run: nothing is commanded."
LEFT_ALONE = {
    "waiting": "left alone until the grid meter is back",
    "stopped": "left alone: the balancer has stopped",
    "off": "left alone: the balancer is switched off",
    "unlisted": "left alone: it is not in the order you asked for",
}
BECAUSE = {
    "device_limit": "its own limit",
    "learnt_limit": "the limit it has shown",
    "owner_limit": "your limit",
    "reserve": "your reserve",
    "kept": "the tariff: what is stored is kept for dearer hours",
    "tariff": "the tariff: batteries are filled first",
    "ceiling": "your ceiling",
    "import_limit": "what the connection may draw",
    "export_limit": "what may be fed in",
    "phase": "what its phase bears",
    "planned_peak": "the planned peak of the month",
}
"""Why not more, by the limit that binds."""
CAR = {
    "car_surplus": "may take the surplus",
    "car_low_tariff": "may charge slowly: it is a low-tariff hour",
    "car_waits": "waits: no surplus, and no low-tariff hour for it",
    "no_car": "no car is connected",
}
LOAD = {
    "forced_on": "is on because you asked for it",
    "forced_off": "is off because you asked for it",
    "too_little": "is off: it takes all of its power or nothing, and you asked for less",
    "asked": "is on: its thermostat asks for heat",
    "not_asked": "rests: its thermostat asks for nothing",
    "no_word": "is off: its thermostat has said nothing lately",
    "min_on": "stays on: it was switched on only a moment ago",
    "min_off": "stays off: it was switched off only a moment ago",
    "always": "is on: you want it always to be",
    "satisfied": "rests: it has what it needs today",
    "tested": "is off for a moment: the house's meter will show whether it still draws anything",
    "hot_water": "heats what the sun did not",
    "low_tariff": "heats: it is a low-tariff hour",
    "high_tariff": "rests until the low-tariff hours",
    "put_to_rest": "rests: you have put it to rest",
    "overcharge": "runs on what would be fed in, although it has what it needs today",
    "by_hand": "is on because somebody switched it on by hand",
    "planned": "runs now, as planned",
    "planned_later": "waits for a better hour, as planned",
    "slot": "runs now, to have what it needs in time",
    "surplus": "runs on surplus",
    "connection": "is off: the connection bears no more",
    "manual": "rests: the batteries hold what you asked for",
}
"""What a load does, by the rule that says so."""
HEAT = {
    "off": LEFT_ALONE["off"],
    "unlisted": LEFT_ALONE["unlisted"],
    "stopped": LEFT_ALONE["stopped"],
    "absent": "left alone: it {why}",
    "away": "is off: nobody is at home",
    "stuck": "was told to be off and has not confirmed it; it keeps its part of the limit",
    "after_offs": "starts as soon as those before it are off",
    "boost": "heats because you boosted it",
    "turn": "heats: it is its turn",
    "min_on": "stays on for its shortest time",
    "min_off": "stays off for its shortest time",
    "no_request": "rests: it is warm enough",
    "too_large": "waits: there is not even room for it alone",
    "waits": "waits for its turn",
}
"""What an output of a rotation does, by the rule that says so."""
BOUND = {"min_on": "min_on", "min_off": "min_off", "connection": "import_limit", "no_room": "surplus"}
"""What keeps a load from what it would do else, in machine form."""
PLAN = {
    "plan_charge": "as planned: to have it when electricity is dearer",
    "plan_discharge": "as planned: it is paid well for now",
    "plan_hold": "as planned: what is stored is worth more later",
}
"""What for, while a plan is followed."""
GATE = {
    "self_consumption": "balances the house by itself",
    "charge_only": "balances the house by itself and gives nothing: your reserve, tariff or plan, or one that gives",
    "discharge_only": "balances the house by itself and takes nothing: your ceiling, or another one that takes",
    "standby": "rests: others are before it",
    "charge_full": "charges, from the grid too, before dear hours begin",
}
MOST_NAMED = 4
"""So many devices are named in one sentence."""


def watts(power_w: float) -> str:
    """`1,240 W`"""
    return f"{abs(power_w):,.0f} W"


def doing(power_w: float) -> str:
    """What a battery does: `gives 800 W`."""
    if abs(power_w) < 1:
        return "rests"
    return f"charges with {watts(power_w)}" if power_w > 0 else f"gives {watts(power_w)}"


def load_sentence(rule: str, power_w: float, starts_in_s: float | None) -> str:
    """`runs on surplus`, `waits for a surplus of 2,000 W; planned in 3 h 15 min`"""
    if rule != "no_room":
        return LOAD[rule]
    planned = f"; planned in {span(starts_in_s)}" if starts_in_s else ""
    return f"waits for a surplus of {watts(power_w)}{planned}"


def span(seconds: float) -> str:
    """`3 h 15 min`"""
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)


def dimmed_sentence(wish_w: float, duty_rule: str | None, bound_by: str | None) -> str:
    """`takes 800 W of surplus`"""
    if duty_rule is not None:
        return LOAD[duty_rule]
    if abs(wish_w) < 1:
        return "waits for surplus"
    because = BECAUSE.get(bound_by or "")
    return f"takes {watts(wish_w)} of surplus" + (f"; not more because of {because}" if because else "")


def asked(power_w: float) -> str:
    """What it was told: `to give 800 W`."""
    if abs(power_w) < 1:
        return "to rest"
    return f"to charge with {watts(power_w)}" if power_w > 0 else f"to give {watts(power_w)}"


def why(rule: str, target_grid_w: float) -> str:
    """What for: `to keep the grid at zero`."""
    if rule == "manual":
        return "as you asked"
    if rule in PLAN:
        return PLAN[rule]
    if rule == "fill":
        return "before dear hours begin"
    if rule == "overflow":
        return "to take what the leading battery cannot"
    if abs(target_grid_w) < 1:
        return "to keep the grid at zero"
    return f"to keep the grid at {watts(target_grid_w)} of {'import' if target_grid_w > 0 else 'export'}"


def device_sentence(wish_w: float, room_w: float, purpose: str, bound_by: str | None) -> str:
    """`gives 800 W to keep the grid at zero; more is not possible: the limit it has shown`"""
    because = BECAUSE.get(bound_by or "")
    if abs(wish_w) >= 1:
        return f"{doing(wish_w)} {purpose}" + (f"; not more because of {because}" if because else "")
    if purpose in PLAN.values() and because is None:
        return f"rests {purpose}"
    if abs(room_w) < 1 or bound_by in ("import_limit", "export_limit", "planned_peak"):
        return "rests: there is nothing to do"
    return f"rests because of {because}" if because else "rests: those before it in your order do it all"


def house_sentence(grid_w: float, actions: Sequence[str], purpose: str, bound_by: str | None) -> str:
    """`Importing 310 W. garage gives 310 W to keep the grid at zero.`"""
    grid = (
        "The grid is at zero" if abs(grid_w) < 25 else f"{'Importing' if grid_w > 0 else 'Exporting'} {watts(grid_w)}"
    )
    if not actions:
        return f"{grid}. Everything rests{f' {purpose}' if purpose in PLAN.values() else ''}."
    more = f" and {len(actions) - MOST_NAMED} more" if len(actions) > MOST_NAMED else ""
    bound = f", within {BECAUSE[bound_by]}" if bound_by in BECAUSE else ""
    return f"{grid}. {', '.join(actions[:MOST_NAMED])}{more} {purpose}{bound}."


def waiting_sentence(meter: str, unfit: str) -> str:
    """`Waiting: the grid meter p1 has been silent for more than 10 s. …`"""
    return f"{WAITING}: the grid meter {meter} {unfit}. Nothing is ordered; every device looks after itself."

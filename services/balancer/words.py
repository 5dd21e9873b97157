"""What the balancer tells people: one short sentence per device and one for the house."""

from collections.abc import Mapping

WHY = {
    "hold_the_grid": "to hold the grid at its target",
    "manual": "as you asked",
    "overflow": "to take what the leading battery cannot",
    "idle": "nothing to do",
}
BECAUSE = {
    "device_limit": "its own limit",
    "learnt_limit": "the limit it has shown",
    "owner_limit": "your limit",
    "reserve": "your reserve",
    "ceiling": "your ceiling",
    "import_limit": "what the connection bears",
    "export_limit": "what may be fed in",
    "phase": "what its phase bears",
}

CAR = {
    "car_surplus": "may take the surplus",
    "car_low_tariff": "may charge slowly: it is a low-tariff hour",
    "car_waits": "waits: no surplus, and no low-tariff hour for it",
    "no_car": "no car is connected",
}


def watts(power_w: float) -> str:
    """`1,240 W`"""
    return f"{abs(power_w):,.0f} W"


def doing(power_w: float) -> str:
    """What a battery does at a power: + charges, − discharges."""
    if abs(power_w) < 1:
        return "rests"
    return f"charges with {watts(power_w)}" if power_w > 0 else f"gives {watts(power_w)}"


def device_sentence(wish_w: float, rule: str, bound_by: str | None) -> str:
    """`gives 800 W to hold the grid at its target; that is the limit it has shown`"""
    bound = f"; that is {BECAUSE[bound_by]}" if bound_by in BECAUSE else ""
    if abs(wish_w) < 1:
        held = {"reserve": "rests at your reserve", "ceiling": "rests at your ceiling"}
        return held.get(bound_by or "", "rests: no room for it")
    return f"{doing(wish_w)} {WHY.get(rule, rule)}{bound}"


def house_sentence(grid_w: float, wishes: Mapping[str, float], rule: str, bound_by: str | None) -> str:
    """`Importing 310 W. garage gives 800 W to hold the grid at its target.`"""
    grid = (
        "The grid is at zero" if abs(grid_w) < 25 else f"{'Importing' if grid_w > 0 else 'Exporting'} {watts(grid_w)}"
    )
    active = [f"{device} {doing(wish_w)}" for device, wish_w in wishes.items() if abs(wish_w) >= 1]
    if not active:
        return f"{grid}. Every battery rests."
    bound = f", limited by {BECAUSE[bound_by]}" if bound_by in BECAUSE else ""
    return f"{grid}. {', '.join(active[:4])} {WHY.get(rule, rule)}{bound}."

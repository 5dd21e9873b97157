"""What a GX measures of its house: the grid meter, the Multi, the battery, the roof's inverter. Pure."""

from typing import Final

from services.simulator.physics import House
from services.simulator.victron.dbus import Dbus
from services.simulator.victron.ess import Ess
from services.simulator.victron.installation import VEBUS

GRID: Final = "grid/30/"
ROOF: Final = "pvinverter/36/"
CELLS_V: Final = 51.2
MOST_A: Final = 100.0


def measure(dbus: Dbus, house: House, ess: Ess) -> None:
    """Read every instrument. A device that is away measures nothing."""
    battery = ess.battery
    dbus.set("system/0/Dc/Battery/Power", round(_cells_w(battery.power_w), 1))
    dbus.set("system/0/Dc/Battery/Soc", round(battery.soc_pct, 1))
    dbus.set("system/0/Dc/Battery/Temperature", 21.5)
    dbus.set("system/0/Dc/Battery/State", 0 if abs(battery.power_w) < 30 else 1 if battery.power_w > 0 else 2)
    dbus.set("system/0/Control/ActiveSocLimit", ess.limit_pct)
    dbus.set("system/0/Ac/Consumption/L1/Power", max(0.0, round(house.load_w + house.switched_w, 1)))
    dbus.set(f"{VEBUS}Ac/ActiveIn/L1/P", round(battery.power_w, 1))
    dbus.set("battery/512/Info/MaxChargeCurrent", MOST_A)
    dbus.set("battery/512/Info/MaxDischargeCurrent", MOST_A)
    dbus.set("battery/512/Dc/0/Voltage", CELLS_V)
    has_meter, has_roof = f"{GRID}ProductName" in dbus.items, f"{ROOF}ProductName" in dbus.items
    grid_w = round(house.grid_w, 1) if has_meter else None
    dbus.set("system/0/Ac/Grid/L1/Power", grid_w)
    dbus.set("system/0/Ac/PvOnGrid/L1/Power", round(house.production_w, 1) if has_roof else None)
    if grid_w is not None:
        dbus.set(f"{GRID}Ac/Power", grid_w)
        dbus.set(f"{GRID}Ac/L1/Power", grid_w)
        dbus.set(f"{GRID}Ac/Energy/Forward", round(house.import_wh / 1000, 3))
        dbus.set(f"{GRID}Ac/Energy/Reverse", round(house.export_wh / 1000, 3))
    if has_roof:
        dbus.set(f"{ROOF}Ac/Power", round(house.production_w, 1))


def _cells_w(power_w: float) -> float:
    """Behind the Multi: less goes in than it draws, more comes out than it gives."""
    return power_w * 0.95 if power_w > 0 else power_w / 0.95

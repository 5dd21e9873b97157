"""What stands in a GX at first: one Multi on one phase, a grid meter, a battery, an inverter for the roof. Pure."""

from typing import Final

from services.simulator.victron.dbus import SETTINGS, Item

PORTAL: Final = "c0619ab27f32"
CGWACS: Final = f"{SETTINGS}CGwacs/"
LIFE: Final = f"{CGWACS}BatteryLife/"
STATE: Final = f"{LIFE}State"
MINIMUM: Final = f"{LIFE}MinimumSocLimit"
FLOOR: Final = f"{LIFE}SocLimit"
SETPOINT: Final = f"{CGWACS}AcPowerSetPoint"
HUB4_MODE: Final = f"{CGWACS}Hub4Mode"
DYNAMIC_ESS: Final = f"{SETTINGS}DynamicEss/Mode"
OVERRIDES: Final = "hub4/0/Overrides/"
SLOTS: Final = 5
VEBUS: Final = "vebus/274/"


def slot(number: int, leaf: str) -> str:
    """A value of a scheduled charge."""
    return f"{LIFE}Schedule/Charge/{number}/{leaf}"


def installation() -> dict[str, Item]:
    """All values as the owner left them: schedule 1 each day from 22:00 for 8 h to 80 %."""
    return {**_measured(), **_overrides(), **_settings(), **_schedules(), **_relays()}


def _measured() -> dict[str, Item]:
    """What stays as it is, and what the next look fills in."""
    fixed: dict[str, str | float | None] = {
        "system/0/Serial": PORTAL,
        "system/0/SystemType": "ESS",
        "system/0/VebusInstance": 274,
        "system/0/Ac/In/0/Source": 1,
        "system/0/Ac/In/0/ServiceType": "grid",
        "system/0/Ac/In/0/DeviceInstance": 30,
        "system/0/Ac/ActiveIn/Source": 1,
        "system/0/Ac/Grid/NumberOfPhases": 1,
        "system/0/Ac/Grid/L2/Power": None,
        "system/0/Ac/Grid/L3/Power": None,
        "system/0/Ac/PvOnOutput/L1/Power": None,
        "system/0/Dc/Pv/Power": None,
        "system/0/Control/ScheduledChargeStatus": 0,
        "system/0/DynamicEss/Active": 0,
        "grid/30/ProductName": "Energy Meter",
        f"{VEBUS}ProductName": "MultiPlus-II 48/5000/70-50",
        f"{VEBUS}Ac/ActiveIn/Connected": 1,
        f"{VEBUS}Ac/Out/L1/P": 0.0,
        f"{VEBUS}Ac/Out/NominalInverterPower": 4400,
        f"{VEBUS}Hub4/AssistantId": 5,
        f"{VEBUS}Alarms/GridLost": 0,
        "battery/512/InstalledCapacity": 200,
        "pvinverter/36/ProductName": "Custom PV inverter",
    }
    return {path: Item(value) for path, value in fixed.items()}


def _overrides() -> dict[str, Item]:
    usual = {"Setpoint": None, "ForceCharge": 0, "MaxDischargePower": -1.0, "FeedInExcess": 0}
    multi = {f"{VEBUS}Hub4/L1/AcPowerSetpoint": Item(0.0, "volatile")}
    return {f"{OVERRIDES}{name}": Item(value, "volatile") for name, value in usual.items()} | multi


def _settings() -> dict[str, Item]:
    return {
        SETPOINT: Item(50.0, "setting", -1e6, 1e6),
        HUB4_MODE: Item(1, "setting", is_whole=True),
        STATE: Item(2, "setting", is_whole=True),
        MINIMUM: Item(20.0, "setting", 0.0, 100.0),
        FLOOR: Item(10.0, "setting", 0.0, 100.0),
        f"{CGWACS}MaxDischargePower": Item(-1.0, "setting", -1.0, 1e6),
        DYNAMIC_ESS: Item(0, "setting", 0, 4, is_whole=True),
    }


def _schedules() -> dict[str, Item]:
    items: dict[str, Item] = {}
    for number in range(SLOTS):
        is_first = number == 0
        items[slot(number, "Day")] = Item(7 if is_first else -7, "setting", -11, 11, is_whole=True)
        items[slot(number, "Start")] = Item(22 * 3600 if is_first else 0, "setting", is_whole=True)
        items[slot(number, "Duration")] = Item(8 * 3600 if is_first else 0, "setting", is_whole=True)
        items[slot(number, "Soc")] = Item(80 if is_first else 100, "setting", 0, 100, is_whole=True)
        items[slot(number, "AllowDischarge")] = Item(0, "setting", 0, 1, is_whole=True)
    return items


def _relays() -> dict[str, Item]:
    """The first is the owner's to switch, the second has no function."""
    return {
        "system/0/Relay/0/State": Item(0, "relay"),
        "system/0/Relay/1/State": Item(None, "relay"),
        f"{SETTINGS}Relay/Function": Item(2, "setting", is_whole=True),
        f"{SETTINGS}Relay/1/Function": Item(-1, "setting", is_whole=True),
        f"{SETTINGS}Relay/0/InitialState": Item(0, "setting", 0, 1, is_whole=True),
        f"{SETTINGS}Relay/1/InitialState": Item(0, "setting", 0, 1, is_whole=True),
    }

"""F47 as a table: every account, every kind of topic, and what may pass. Written by hand, beside the code that grants.

The house has the meter `p1`, the batteries `garage` and `attic`, the socket `boiler`, the source `roof`, the dimmer
`heater` with the clamp `wash`, the Tasmota `pump` and the wish `hall`; `stranger` is nobody's.
"""

from collections.abc import Iterable, Mapping

SERVICES = (
    "ems-p1",
    "ems-homewizard",
    "ems-udp_battery",
    "ems-victron",
    "ems-pzem",
    "ems-relay",
    "ems-domoticz",
    "ems-web",
    "ems-forecaster",
    "ems-planner",
    "ems-notifier",
    "ems-balancer",
    "ems-simulator",
)
GUESTS = ("homeassistant", "domoticz", "viewer", "operator", "health")
ACCOUNTS = (*SERVICES, *GUESTS)

METER = {f"ems/meter/p1/{leaf}" for leaf in ("state", "info", "availability")}
BATTERY = {f"ems/battery/garage/{leaf}" for leaf in ("state", "info", "availability", "ack", "control")}
SOCKET = {f"ems/switch/boiler/{leaf}" for leaf in ("state", "info", "availability", "ack", "control")}
HEATER = {f"ems/load/heater/{leaf}" for leaf in ("state", "info", "availability", "ack", "control")}
WASH = {f"ems/load/wash/{leaf}" for leaf in ("state", "info", "availability")}
DIMMER = {"regul/vload/ECS/cmd"}
MEASURED = {"smeter/pzem", "smeter/pzem/LAVE", "regul/vload/ECS"}
BESIDE = {"smeter/pzem/OTHER", "regul/vload/OTHER/cmd", "regul/vload"}
PUMP = {f"ems/switch/pump/{leaf}" for leaf in ("state", "info", "availability", "ack", "control")}
HALL = {f"ems/request/hall/{leaf}" for leaf in ("state", "info", "availability")}
ROOF = {f"ems/pv/roof/{leaf}" for leaf in ("state", "info", "availability")}
ATTIC = {f"ems/battery/attic/{leaf}" for leaf in ("state", "info", "availability", "ack", "control")}
ORDERS = {
    "ems/battery/attic/cmd",
    "ems/switch/pump/cmd",
    "ems/switch/boiler/cmd",
    "ems/pv/roof/cmd",
    "ems/meter/p1/cmd",
    "ems/battery/garage/cmd",
    "ems/battery/stranger/cmd",
    "ems/load/heater/cmd",
    "ems/load/stranger/cmd",
}
STRANGERS = {"ems/meter/stranger/state", "ems/battery/stranger/state", "ems/battery/stranger/control"}
LEASE = {"ems/balancer/main/lease"}
DECIDED = {
    f"ems/balancer/main/{rest}"
    for rest in ("state", "setting/mode", "decision/garage", "group/radiators", "terms/garage")
}
ASKED = {"ems/balancer/main/set/mode", "ems/balancer/main/set/force_minutes/garage"}
SHADOW = {"ems/balancer/shadow/state", "ems/balancer/shadow/lease"}
FORECASTS = {"ems/forecast/pv/state", "ems/forecast/load/state"}
OTHER_FORECAST = {"ems/forecast/quartz/state"}
LATER = {"ems/tariff/main/state"}
PLANS = {"ems/plan/main/state", "ems/plan/garage/state", "ems/plan/main/score"}
OWN = {
    account: {f"ems/service/{account}/{leaf}" for leaf in ("status", "health", "selftest")}
    | {f"ems/alert/{account}/something"}
    for account in ACCOUNTS
}
DISCOVERY = {f"homeassistant/sensor/{account}/power/config" for account in ACCOUNTS}
BIRTH = {"homeassistant/status"}
DOMOTICZ = {"domoticz/in", "domoticz/out"}
TASMOTA_ORDERS = {f"cmnd/tasmota_1/{order}" for order in ("POWER", "POWER1", "PulseTime1", "STATUS")}
TASMOTA = {"stat/tasmota_1/RESULT", "stat/tasmota_1/POWER", "tele/tasmota_1/LWT", "tele/tasmota_1/SENSOR"}
OTHER_TASMOTA = {"cmnd/tasmota_2/POWER", "stat/tasmota_2/RESULT", "cmnd/tasmota_1/Reset"}
THERMOSTAT = {"thermostat/hall/heat"}
BROKER = {"$SYS/broker/uptime", "$SYS/broker/version"}
OUTSIDE = {"elsewhere/state", "emsx/meter/p1/state", "ems", "ems/meter/p1", "ems/meter/p1/state/more"}


def _all(*kinds: Iterable[str]) -> frozenset[str]:
    return frozenset(topic for kind in kinds for topic in kind)


TREE = _all(
    METER,
    BATTERY,
    ATTIC,
    SOCKET,
    PUMP,
    HALL,
    ROOF,
    HEATER,
    WASH,
    ORDERS,
    STRANGERS,
    LEASE,
    DECIDED,
    ASKED,
    SHADOW,
    FORECASTS,
    OTHER_FORECAST,
    LATER,
    PLANS,
    *OWN.values(),
) | {
    "ems",
    "ems/meter/p1",
    "ems/meter/p1/state/more",
}
"""Everything below `ems`, and what only looks like it."""
STATES = frozenset(topic for topic in TREE if topic.count("/") == 3 and topic.endswith("/state"))
OTHERS = _all(TASMOTA_ORDERS, TASMOTA, OTHER_TASMOTA, THERMOSTAT)
TOPICS = tuple(sorted(_all(TREE, DISCOVERY, BIRTH, DOMOTICZ, OTHERS, DIMMER, MEASURED, BESIDE, OUTSIDE)))

MAY_WRITE: Mapping[str, frozenset[str]] = {
    "ems-p1": _all(OWN["ems-p1"], METER),
    "ems-homewizard": _all(OWN["ems-homewizard"], SOCKET, ROOF),
    "ems-udp_battery": _all(OWN["ems-udp_battery"], BATTERY),
    "ems-victron": _all(OWN["ems-victron"], ATTIC),
    "ems-pzem": _all(OWN["ems-pzem"], HEATER, WASH, DIMMER),
    "ems-relay": _all(OWN["ems-relay"], PUMP, HALL, TASMOTA_ORDERS),
    "ems-domoticz": _all(OWN["ems-domoticz"], ASKED, {"domoticz/in"}),
    "ems-web": _all(OWN["ems-web"], ASKED),
    "ems-forecaster": _all(OWN["ems-forecaster"], FORECASTS),
    "ems-planner": _all(OWN["ems-planner"], PLANS),
    "ems-notifier": _all(OWN["ems-notifier"]),
    "ems-balancer": _all(OWN["ems-balancer"], ORDERS, LEASE, DECIDED),
    "ems-simulator": _all(OWN["ems-simulator"]),
    "homeassistant": _all(ASKED, BIRTH),
    "domoticz": _all(ASKED, BIRTH, DOMOTICZ),
    "viewer": frozenset(),
    "operator": _all(ASKED),
    "health": frozenset(),
}

MAY_READ: Mapping[str, frozenset[str]] = {
    "ems-p1": _all(OWN["ems-p1"], BIRTH),
    "ems-homewizard": _all(OWN["ems-homewizard"], BIRTH, LEASE, {"ems/switch/boiler/cmd"}),
    "ems-udp_battery": _all(OWN["ems-udp_battery"], BIRTH, LEASE, {"ems/battery/garage/cmd"}),
    "ems-victron": _all(OWN["ems-victron"], BIRTH, LEASE, {"ems/battery/attic/cmd"}),
    "ems-pzem": _all(OWN["ems-pzem"], BIRTH, LEASE, {"ems/load/heater/cmd"}, DIMMER, MEASURED),
    "ems-relay": _all(OWN["ems-relay"], BIRTH, LEASE, {"ems/switch/pump/cmd"}, TASMOTA_ORDERS, TASMOTA, THERMOSTAT),
    "ems-domoticz": _all(OWN["ems-domoticz"], BIRTH, DOMOTICZ, STATES, {"ems/balancer/main/setting/mode"}),
    "ems-web": TREE | BIRTH,
    "ems-forecaster": _all(OWN["ems-forecaster"], BIRTH, STATES),
    "ems-planner": _all(OWN["ems-planner"], BIRTH, STATES, {"ems/balancer/main/terms/garage"}),
    "ems-notifier": TREE | BIRTH,
    "ems-balancer": TREE | BIRTH,
    "ems-simulator": _all(OWN["ems-simulator"], BIRTH),
    "homeassistant": _all(TREE, BIRTH, DISCOVERY),
    "domoticz": _all(TREE, BIRTH, DISCOVERY, DOMOTICZ),
    "viewer": TREE,
    "operator": TREE,
    "health": frozenset(),
}

MAY_LOOK_AT_THE_BROKER: Mapping[str, frozenset[str]] = {
    "ems-notifier": _all(BROKER),
    "viewer": _all(BROKER),
    "operator": _all(BROKER),
    "health": frozenset({"$SYS/broker/uptime"}),
}


def may_write(account: str) -> frozenset[str]:
    """Topics that pass when this account writes them; a service may announce itself to Home Assistant besides."""
    announced = {topic for topic in DISCOVERY if account in SERVICES and f"/{account}/" in topic}
    return MAY_WRITE[account] | announced

"""The contract between services: every topic, what it carries, who writes it.

Names stand below the site's base (`ems` by default): `ems/<class>/<id>/<leaf>[/<sub>]`. State is retained and
dated; a command is a lease and never retained; people ask with `set`, they do not command.
"""

from common.contract.devices import (
    Ack,
    Alert,
    BatteryState,
    Command,
    Control,
    DeviceInfo,
    EvState,
    LoadState,
    MeterState,
    PvState,
    RequestState,
    SwitchState,
)
from common.contract.envelope import Envelope, Payload
from common.contract.plan import PlanScore, PlanSlot, PlanState
from common.contract.services import (
    BalancerLease,
    BalancerState,
    Decision,
    Forecast,
    ForecastSlot,
    GroupState,
    ServiceHealth,
    Terms,
)
from common.contract.tariff import TariffEvent, TariffSlot, TariffState
from common.contract.topic import MAX_PAYLOAD_BYTES, Leaf, Topic, decode, encode

METER_STATE = Leaf(
    "meter/+/state", MeterState, "bridge", "latest measurement of a meter", qos=0, retain=True, expiry_s=120
)
BATTERY_STATE = Leaf(
    "battery/+/state", BatteryState, "bridge", "latest measurement of a battery", qos=0, retain=True, expiry_s=180
)
SWITCH_STATE = Leaf(
    "switch/+/state",
    SwitchState,
    "bridge",
    "a socket or relay, and what it lets through",
    qos=0,
    retain=True,
    expiry_s=120,
)
LOAD_STATE = Leaf(
    "load/+/state", LoadState, "bridge", "a load that is measured or dimmed", qos=0, retain=True, expiry_s=120
)
PV_STATE = Leaf("pv/+/state", PvState, "bridge", "what a source produces", qos=0, retain=True, expiry_s=120)
EV_STATE = Leaf("ev/+/state", EvState, "relay or any bridge", "a car at its charger", qos=0, retain=True, expiry_s=180)
REQUEST_STATE = Leaf(
    "request/+/state",
    RequestState,
    "relay",
    "a wish from outside: a thermostat or a number",
    qos=0,
    retain=True,
    expiry_s=120,
)
INFO = Leaf("+/+/info", DeviceInfo, "bridge", "static facts and capabilities of a device")
AVAILABILITY = Leaf("+/+/availability", str, "bridge", "`online` or `offline`: can the bridge reach the device")
COMMAND = Leaf("+/+/cmd", Command, "balancer", "an order, as a lease", retain=False, expiry_s=120)
ACK = Leaf("+/+/ack", Ack, "bridge", "what became of one command", retain=False, expiry_s=60)
CONTROL = Leaf("+/+/control", Control, "bridge", "who controls the device now, and until when")
SERVICE_STATUS = Leaf("service/+/status", str, "service", "`online` or `offline`; also the last will")
SERVICE_HEALTH = Leaf("service/+/health", ServiceHealth, "service", "heartbeat", qos=0, retain=True, expiry_s=120)
SELF_TEST = Leaf("service/+/selftest", str, "service", "round trip that proves the account's rights", retain=False)
TARIFF = Leaf("tariff/+/state", TariffState, "tempo", "what energy costs, now and ahead")
TARIFF_EVENT = Leaf(
    "tariff/+/event", TariffEvent, "tempo", "a day's price became known, or changed", retain=False, expiry_s=3600
)
FORECAST = Leaf("forecast/+/state", Forecast, "forecaster", "what is expected of the sun (`pv`) and the house (`load`)")
PLAN = Leaf("plan/+/state", PlanState, "planner", "what the house (`main`) and each device should do, and why")
PLAN_SCORE = Leaf("plan/+/score", PlanScore, "planner", "what yesterday came to, beside what it could have")
BALANCER_STATE = Leaf("balancer/+/state", BalancerState, "balancer", "the house, and what is being done about it")
BALANCER_LEASE = Leaf("balancer/+/lease", BalancerLease, "balancer", "who leads, with its epoch", expiry_s=15)
DECISION = Leaf("balancer/+/decision/+", Decision, "balancer", "target, binding rule and reason per device")
GROUP = Leaf("balancer/+/group/+", GroupState, "balancer", "outputs that take turns: who asks, who is on, the limit")
TERMS = Leaf("balancer/+/terms/+", Terms, "balancer", "what a device may do and what it needs, for whoever plans")
SETTING_REQUEST = Leaf(
    "balancer/+/set/#", str, "people, Home Assistant, Domoticz", "a wish to change a setting", retain=False, expiry_s=30
)
SETTING = Leaf("balancer/+/setting/#", str, "balancer", "accepted value of a setting")
ALERT = Leaf("alert/+/+", Alert, "that service", "something the owner should know; empty when it is over")

LEAVES: tuple[Leaf[Payload | str], ...] = (
    METER_STATE,
    BATTERY_STATE,
    SWITCH_STATE,
    LOAD_STATE,
    PV_STATE,
    EV_STATE,
    REQUEST_STATE,
    INFO,
    AVAILABILITY,
    COMMAND,
    ACK,
    CONTROL,
    SERVICE_STATUS,
    SERVICE_HEALTH,
    SELF_TEST,
    TARIFF,
    TARIFF_EVENT,
    FORECAST,
    PLAN,
    PLAN_SCORE,
    BALANCER_STATE,
    BALANCER_LEASE,
    DECISION,
    GROUP,
    TERMS,
    SETTING_REQUEST,
    SETTING,
    ALERT,
)

_LEAF_NAMES = frozenset(leaf.pattern.split("/")[2] for leaf in LEAVES) - {"+"}


def leaf_name(name: str) -> str:
    """The leaf of a topic as a word out of a closed set, for a metric's label; strangers cannot add to it."""
    levels = name.split("/")
    return levels[2] if len(levels) > 2 and levels[2] in _LEAF_NAMES else "other"


__all__ = [
    "ACK",
    "ALERT",
    "AVAILABILITY",
    "BALANCER_LEASE",
    "BALANCER_STATE",
    "BATTERY_STATE",
    "COMMAND",
    "CONTROL",
    "DECISION",
    "EV_STATE",
    "FORECAST",
    "GROUP",
    "INFO",
    "LEAVES",
    "LOAD_STATE",
    "MAX_PAYLOAD_BYTES",
    "METER_STATE",
    "PLAN",
    "PLAN_SCORE",
    "PV_STATE",
    "REQUEST_STATE",
    "SELF_TEST",
    "SERVICE_HEALTH",
    "SERVICE_STATUS",
    "SETTING",
    "SETTING_REQUEST",
    "SWITCH_STATE",
    "TARIFF",
    "TARIFF_EVENT",
    "TERMS",
    "Ack",
    "Alert",
    "BalancerLease",
    "BalancerState",
    "BatteryState",
    "Command",
    "Control",
    "Decision",
    "DeviceInfo",
    "Envelope",
    "EvState",
    "Forecast",
    "ForecastSlot",
    "GroupState",
    "Leaf",
    "LoadState",
    "MeterState",
    "Payload",
    "PlanScore",
    "PlanSlot",
    "PlanState",
    "PvState",
    "RequestState",
    "ServiceHealth",
    "SwitchState",
    "TariffEvent",
    "TariffSlot",
    "TariffState",
    "Terms",
    "Topic",
    "decode",
    "encode",
    "leaf_name",
]

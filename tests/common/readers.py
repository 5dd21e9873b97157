"""What Home Assistant and Domoticz accept of a discovery message, as a checker: what they refuse, skip or misread."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Config = Mapping[str, Any]  # JSON
UNITS = {
    "power": {"W", "kW"}, "energy": {"Wh", "kWh", "GJ"}, "voltage": {"V"}, "current": {"A"}, "frequency": {"Hz"},
    "apparent_power": {"VA"}, "reactive_power": {"var"}, "battery": {"%"}, "temperature": {"°C"}, "gas": {"m³"},
    "water": {"m³"},
}  # fmt: skip
"""Home Assistant: the units a class of sensor may have, of those we use."""
GROWING = {"energy", "gas", "water"}
BINARY = {"power", "plug", "lock", "problem", "connectivity"}
COMMON = {
    "name", "unique_id", "default_entity_id", "state_topic", "value_template", "availability", "availability_mode",
    "device", "origin", "entity_category",
}  # fmt: skip
OWN = {
    "sensor": {"device_class", "state_class", "unit_of_measurement", "expire_after"},
    "binary_sensor": {"device_class", "payload_on", "payload_off", "expire_after"},
    "switch": {"command_topic", "payload_on", "payload_off", "state_on", "state_off"},
    "number": {"command_topic", "min", "max", "step", "mode", "unit_of_measurement"},
    "select": {"command_topic", "options"},
}
SKIPPED_BY_DOMOTICZ = re.compile(
    r"(min_|max_).*|.*(_min|_max)|.*(_alarm|_calibration|_sensitivity|_address).*"
    r"|last_seen|restart|log_level|connection_state"
)


def wrong(topic: str, config: Config) -> list[str]:
    """All that either of them would not take as it is meant."""
    parts = topic.split("/")
    component, name = parts[1], parts[3]
    found = [
        (re.fullmatch(r"homeassistant/\w+/[\w-]+/[\w-]+/config", topic), "topic"),
        (set(config) <= COMMON | OWN[component], f"keys {set(config) - COMMON - OWN[component]}"),
        (config["unique_id"] == name, "unique_id"),
        (re.fullmatch(rf"{component}\.[a-z0-9_]+", config["default_entity_id"]), "default_entity_id"),
        (config["device"]["identifiers"] and config["device"]["name"], "device"),
        ("command_topic" in config or component in ("sensor", "binary_sensor"), "command_topic"),
        (config.get("availability_mode", "all") == "all", "availability_mode"),
        (not SKIPPED_BY_DOMOTICZ.fullmatch(name), "skipped by Domoticz"),
        (re.fullmatch(r"\{\{ value_json\.\w+ \}\}|", config.get("value_template", "")), "template"),
    ]
    return [why for fine, why in found if not fine] + list(_wrong_of(component, config))


def _wrong_of(component: str, config: Config) -> Iterator[str]:
    kind, unit = config.get("device_class"), config.get("unit_of_measurement")
    if component == "sensor":
        if kind is not None and unit not in UNITS[kind]:
            yield f"a sensor of {kind} in {unit}"
        if (config.get("state_class") == "total_increasing") != (kind in GROWING):
            yield f"{kind} is {config.get('state_class')}"
        if (unit is None) != ("state_class" not in config):
            yield "a state_class and no unit, or a unit and no state_class"
    if component == "binary_sensor" and kind is not None and kind not in BINARY:
        yield f"a binary sensor of {kind}"
    if component == "number" and not config["min"] < config["max"]:
        yield "min and max"
    if component == "select" and not config["options"]:
        yield "options"

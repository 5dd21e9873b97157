"""What Home Assistant and Domoticz are told about one figure, state or setting, so that they find it by themselves.

Pure. One retained message per component (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery), in the form
that both read: Domoticz knows no bundle of a whole device, cuts off every template but `{{ value_json.<field> }}`,
and heeds only the last topic of availability. Components are named so that it skips none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from common import __version__
from common.contract import DeviceInfo, Leaf
from common.contract.topic import DEVICES

ENTITY: Final = Leaf("homeassistant/+/+/+/config", str, "every service", "what there is to see", below_base=False)
EXPIRES_S: Final = 60
"""A value counts as unknown after this, or after the device's own limit if that is longer."""
Component = Literal["sensor", "binary_sensor", "switch", "number", "select"]
Keys = Mapping[str, object]


class Entity(NamedTuple):
    """One component: the topic that announces it, below which name, and its message."""

    topic: str
    about: str
    """The device it belongs to."""
    config: Keys


class Unit(NamedTuple):
    """What a suffix of a field means there."""

    unit: str
    device_class: str | None = None
    state_class: str = "measurement"


_GROWS: Final = "total_increasing"
UNITS: Mapping[str, Unit] = {
    "eur_per_kwh": Unit("EUR/kWh"), "var": Unit("var", "reactive_power"), "va": Unit("VA", "apparent_power"),
    "wh": Unit("Wh", "energy", _GROWS), "hz": Unit("Hz", "frequency"), "w": Unit("W", "power"),
    "v": Unit("V", "voltage"), "a": Unit("A", "current"), "pct": Unit("%"), "c": Unit("°C", "temperature"),
    "gj": Unit("GJ", "energy", _GROWS), "eur": Unit("EUR"),
}  # fmt: skip
FIELDS: Mapping[str, Unit] = {
    "soc_pct": Unit("%", "battery"),
    "gas_m3": Unit("m³", "gas", _GROWS),
    "water_m3": Unit("m³", "water", _GROWS),
}
"""Fields of which the suffix does not say all."""
WORDS: Final = frozenset({"mode", "label", "tomorrow_label", "certainty", "sentence", "missing"})
FLAGS: Mapping[str, str | None] = {
    "on": "power", "connected": "plug", "locked": "lock", "disputed": "problem", "battery_life": None,
    "schedule_on": None,
}  # fmt: skip
"""Yes or no, and the class it has there."""
INVERTED: Final = frozenset({"locked"})
"""There, a lock that is on is open."""
SKIPPED: Mapping[str, frozenset[str]] = {"balancer": frozenset({"mode"})}
"""What is a setting as well."""


class Control(NamedTuple):
    """How a setting is shown and changed."""

    component: Component
    keys: Keys


def _number(least: float, most: float, unit: str = "", step: float = 1) -> Control:
    keys = {"min": least, "max": most, "step": step, "mode": "box"}
    return Control("number", keys | ({"unit_of_measurement": unit} if unit else {}))


_ON_OFF: Keys = MappingProxyType({"payload_on": "on", "payload_off": "off", "state_on": "on", "state_off": "off"})
CONTROLS: Mapping[str, Control] = {
    "mode": Control("select", {"options": ["auto", "manual", "off"]}),
    "dry_run": Control("switch", _ON_OFF),
    "away": Control("switch", _ON_OFF),
    "target_grid_w": _number(-20_000, 20_000, "W", 10),
    "manual_power_w": _number(-50_000, 50_000, "W", 10),
    "manual_minutes": _number(1, 720, "min"),
    "saving_mode": _number(0, 9),
    "reserve_soc_pct": _number(0, 100, "%"),
    "force_minutes": _number(-1440, 1440, "min"),
    "force_power_w": _number(0, 100_000, "W", 10),
    "boost_minutes": _number(0, 1440, "min"),
    "hot_water_mode": Control("select", {"options": ["solar", "day_night", "off"]}),
}
"""The settings that fit such a control; the others are for MQTT."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One service, as the one who announces."""

    base: str
    account: str

    def measured(self, kind: str, device: str, field: str, info: DeviceInfo | None) -> Entity | None:
        """A field of a state. None for what nobody looks at."""
        shown = _shown(field)
        if shown is None or field in SKIPPED.get(kind, ()):
            return None
        component, keys = shown
        own: dict[str, object] = {"state_topic": f"{self.base}/{kind}/{device}/state", **keys}
        own["value_template"] = f"{{{{ value_json.{field} }}}}"
        if kind == "plan" and device != "main":
            return self._entity(component, device, f"plan_{_stem(field)}", own, available=(self._status,))
        if kind not in DEVICES:
            return self._entity(
                component,
                kind if device == "main" else f"{kind}_{device}",
                _stem(field),
                own,
                available=(self._status,),
            )
        if info is not None:
            own["expire_after"] = round(max(EXPIRES_S, info.stale_after_s))
        available = (self._status, f"{self.base}/{kind}/{device}/availability")
        return self._entity(component, device, _stem(field), own, info=info, available=available)

    def setting(self, name: str, device: str) -> Entity | None:
        """A setting of the balancer, of one device or (empty) of the house. None where no control fits."""
        control = CONTROLS.get(name)
        if control is None:
            return None
        place = f"{name}/{device}" if device else name
        own = {"state_topic": f"{self.base}/balancer/main/setting/{place}", **control.keys}
        own["command_topic"] = f"{self.base}/balancer/main/set/{place}"
        about = device or "balancer"
        return self._entity(control.component, about, f"set_{_stem(name)}", own, available=(self._status,))

    def reason(self, device: str) -> Entity:
        """Why the balancer has a device do what it does."""
        topic = f"{self.base}/balancer/main/decision/{device}"
        own = {"state_topic": topic, "value_template": "{{ value_json.reason }}"}
        return self._entity("sensor", device, "reason", own, available=(self._status,))

    def running(self) -> Entity:
        """Whether the service itself is there. Without availability: absence is what it tells."""
        own = {"state_topic": self._status, "payload_on": "online", "payload_off": "offline"}
        own |= {"device_class": "connectivity", "entity_category": "diagnostic"}
        return self._entity("binary_sensor", self.account.rsplit("-", 1)[-1], "running", own, available=())

    @property
    def _status(self) -> str:
        return f"{self.base}/service/{self.account}/status"

    def _entity(
        self,
        component: Component,
        about: str,
        stem: str,
        own: Keys,
        *,
        info: DeviceInfo | None = None,
        available: tuple[str, ...],
    ) -> Entity:
        root = self.base.replace("/", "_")
        name = f"{root}_{about}_{stem}"
        config: dict[str, object] = {"name": _title(stem), "unique_id": name}
        config |= {"default_entity_id": f"{component}.{name.replace('-', '_')}", **own}
        if available:
            config |= {"availability_mode": "all", "availability": [{"topic": topic} for topic in available]}
        config["device"] = {"identifiers": [f"{root}_{about}"], "name": _title(about), **_maker(info)}
        config["origin"] = {"name": "Ballast", "sw_version": __version__}
        return Entity(f"homeassistant/{component}/{self.account}/{name}/config", about, config)


def _shown(field: str) -> tuple[Component, Keys] | None:
    """The component that shows a field, and the keys of its own."""
    if field in FLAGS:
        on, off = ("False", "True") if field in INVERTED else ("True", "False")
        kind = FLAGS[field]
        return "binary_sensor", {"payload_on": on, "payload_off": off, **({"device_class": kind} if kind else {})}
    if field in WORDS:
        return "sensor", {}
    unit = FIELDS.get(field) or next((UNITS[end] for end in UNITS if field.endswith(f"_{end}")), None)
    if unit is None:
        return None
    keys = {"unit_of_measurement": unit.unit, "state_class": unit.state_class}
    return "sensor", keys | ({"device_class": unit.device_class} if unit.device_class else {})


def _stem(field: str) -> str:
    """A field's name without its unit: that stands beside it there."""
    for unit in (*UNITS, "m3"):
        if field.endswith(f"_{unit}"):
            return field.removesuffix(f"_{unit}")
    return field


def _title(stem: str) -> str:
    """`power_l1` → `Power L1`."""
    words = stem.replace("-", "_").split("_")
    text = " ".join(word.upper() if len(word) == 2 and word[1].isdecimal() else word for word in words)
    return text[:1].upper() + text[1:]


def _maker(info: DeviceInfo | None) -> dict[str, str]:
    if info is None:
        return {}
    told = {"manufacturer": info.vendor, "model": info.model, "sw_version": info.firmware}
    return {key: value for key, value in told.items() if value}

"""Every Prometheus series of Ballast, declared in this one place.

Base units in the names, counters end in `_total`. A counter whose first event matters is shown at 0 from the start (by
`labels` alone), because Prometheus sees no increase from nothing to one. Values of devices are not declared one by one:
a published state turns into gauges by its field names (`power_w` → `ems_power_watts`), and a stale one is dropped.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from common.contract import DeviceInfo, Envelope, Payload

REGISTRY = CollectorRegistry()

FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Declared(NamedTuple):
    """One series, for the page that lists them."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    labels: tuple[str, ...]


DECLARED: list[Declared] = []


def _counter(name: str, text: str, *labels: str) -> Counter:
    DECLARED.append(Declared(name, "counter", text, labels))
    return Counter(name, text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    DECLARED.append(Declared(name, "gauge", text, labels))
    return Gauge(name, text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    DECLARED.append(Declared(name, "histogram", text, labels))
    return Histogram(name, text, labels, registry=REGISTRY, buckets=buckets)


SERVICE_UP = _gauge("ems_service_up", "1 while the service runs and its self test has passed", "service")
BUILD_INFO = _gauge("ems_build_info", "Always 1; the version is in the label", "service", "version")
CONNECTED = _gauge("ems_mqtt_connected", "1 while the broker is connected", "service")
RECONNECTS = _counter("ems_mqtt_reconnects_total", "Times the broker was lost", "service")
MESSAGES = _counter("ems_mqtt_messages_total", "Messages by direction and leaf", "service", "dir", "leaf")
REJECTED = _counter("ems_mqtt_rejected_total", "Messages dropped because they could not be used", "service", "reason")
SEQ_GAPS = _counter("ems_mqtt_seq_gaps_total", "Messages that never arrived, by their sequence numbers", "service")
DEVICE_AVAILABLE = _gauge("ems_device_available", "1 while the bridge can reach the device", "device", "service")
DEVICE_POLL = _histogram("ems_device_poll_seconds", "Time a device takes to answer", SLOW, "device", "service")
DEVICE_ERRORS = _counter("ems_device_errors_total", "Failed exchanges with a device", "device", "service", "kind")
DEVICE_WRITES = _counter("ems_device_writes_total", "Orders written to a device", "device", "service", "outcome")
FLASH_WRITES = _counter("ems_device_flash_writes_total", "Settings written that wear a device", "device", "service")
FLASH_LEFT = _gauge("ems_device_flash_writes_left", "Settings that may still be written today", "device", "service")
CLOCK_SKEW = _gauge(
    "ems_clock_skew_seconds", "How far the newest message of a sender is ahead of our clock", "service", "src"
)
LEADER = _gauge("ems_balancer_leader", "1 while this balancer leads", "service")
EPOCH = _gauge("ems_balancer_epoch", "Epoch this balancer leads or last led with", "service")
DECISIONS = _counter("ems_balancer_decisions_total", "Decisions by the rule that gave the target", "service", "reason")
LOAD_SWITCHED = _counter("ems_load_switched_total", "Times the balancer switched a load on or off", "device", "service")
LOAD_TAKEN = _gauge("ems_load_taken_joules", "Energy a load has taken up since its day began", "device", "service")
LOAD_OWED = _gauge("ems_load_owed_joules", "Energy owed to a water heater that stayed cold", "device", "service")
LOAD_RATED = _gauge("ems_load_rated_watts", "What a load is known to draw when it works", "device", "service")
ROTATION_ACTIVE = _gauge("ems_rotation_active", "Outputs of a rotation that are on", "group", "service")
ROTATION_ASKING = _gauge("ems_rotation_asking", "Outputs of a rotation that ask for heat", "group", "service")
ROTATION_BUDGET = _gauge("ems_rotation_budget_watts", "What a rotation may draw together", "group", "service")
ROTATION_SHARE = _gauge("ems_rotation_share_ratio", "Part of the last 24 h that it was on", "device", "service")
TARIFF_TARGET = _gauge(
    "ems_tariff_charge_target_ratio", "How far a battery is charged before the coming day", "device", "service"
)
TARIFF_MIN_SOC = _gauge(
    "ems_tariff_min_soc_ratio", "Charge that the tariff leaves a battery at least", "device", "service"
)
CYCLE = _histogram("ems_balancer_cycle_seconds", "From meter message to commands handed to the broker", FAST, "service")
INPUT_REJECTED = _counter("ems_input_rejected_total", "Measurements not used for a decision", "service", "reason")
COMMANDS = _counter("ems_command_total", "Commands by what became of them", "device", "service", "outcome")
COMMAND_LATENCY = _histogram(
    "ems_command_latency_seconds", "From command to the device's word", SLOW, "device", "service"
)
COMMAND_ERROR = _gauge("ems_command_error_watts", "Set-point minus achieved power", "device", "service")
LEASE_REMAINING = _gauge("ems_lease_remaining_seconds", "Life left in the order in force", "device", "service")
SAFE_STATE = _counter(
    "ems_safe_state_total", "Times a device was put into its safe state", "device", "service", "reason"
)
TARIFF_SEVERITY = _gauge("ems_tariff_severity", "0 ordinary, 1 dear, 2 very dear; absent if unknown", "service", "day")
FORECAST_AGE = _gauge("ems_forecast_age_seconds", "Age of the weather that the forecast is made of", "service")
FORECAST_POWER = _gauge(
    "ems_forecast_watts", "Mean power expected of the present quarter hour", "service", "kind", "quantile"
)
FORECAST_ERROR = _gauge(
    "ems_forecast_error_watts", "Mean absolute error of the last week's forecasts", "service", "kind", "lead"
)
FORECAST_BIAS = _gauge("ems_forecast_bias_watts", "Mean error; > 0: too much was forecast", "service", "kind", "lead")
FORECAST_PINBALL = _gauge("ems_forecast_pinball_watts", "Pinball loss of p10, p50, p90", "service", "kind", "lead")
FORECAST_SKILL = _gauge(
    "ems_forecast_skill_ratio", "1: without error; 0: no better than 'as it was'", "service", "kind", "lead"
)
WEATHER = _counter("ems_weather_requests_total", "Questions to the weather service by outcome", "service", "outcome")
PLAN_SOLVE = _histogram("ems_plan_solve_seconds", "Time it takes to make a plan", SLOW, "service")
PLANS = _counter("ems_plans_total", "Plans by what became of them", "service", "outcome")
PLAN_FOLLOWED = _gauge("ems_plan_followed", "1 while the balancer has a plan for its batteries", "service")
PLAN_GAP = _gauge("ems_plan_gap_euros", "By how much a better plan could be cheaper at most", "service")
SCORE_COST = _gauge(
    "ems_plan_score_euros", "What yesterday came to, or would have by another policy", "service", "policy"
)
SCORE_SHARE = _gauge(
    "ems_plan_score_ratio", "Part of what perfect foresight saves that was saved yesterday", "service", "policy"
)
ALERT_ACTIVE = _gauge("ems_alert_active", "1 while the alert stands", "service", "id")
NOTIFICATIONS = _counter("ems_notifications_total", "Messages to people by what became of them", "recipient", "outcome")
PAGE_REQUESTS = _counter("ems_page_requests_total", "Requests for the page by HTTP status", "service", "status")
PAGE_WISHES = _counter("ems_page_wishes_total", "Wishes made on the page by what became of them", "service", "outcome")
PAGE_LOOKING = _gauge("ems_page_looking", "Browsers that look at the page now", "service")
BROKER_DROPPED = _counter("ems_broker_messages_dropped_total", "Messages the broker dropped, since we listen")
BROKER_CLIENTS = _gauge("ems_broker_clients_connected", "Clients connected to the broker")
BROKER_HEAP = _gauge("ems_broker_heap_bytes", "Memory the broker uses")
STORE_FAILURES = _counter("ems_store_failures_total", "Writes to disk that failed; control goes on", "service")

SUFFIXES: Mapping[str, tuple[str, float]] = {
    "w": ("watts", 1), "va": ("voltamperes", 1), "var": ("reactive_voltamperes", 1), "v": ("volts", 1),
    "a": ("amperes", 1), "hz": ("hertz", 1), "wh": ("joules", 3600), "pct": ("ratio", 0.01), "c": ("celsius", 1),
    "s": ("seconds", 1), "m3": ("cubic_metres", 1), "gj": ("joules", 1e9), "eur": ("euros", 1),
    "eur_per_kwh": ("euros_per_kilowatt_hour", 1), "ratio": ("ratio", 1),
}  # fmt: skip
_SUFFIXED = re.compile(rf"(?P<stem>.+?)_(?P<unit>{'|'.join(sorted(SUFFIXES, key=len, reverse=True))})")
MEASURED = ("device", "class", "service")
"""Labels of a measured value."""
STALE_AFTER_S = 60.0
"""For states whose device has not told its own limit."""
TOTALS = ("joules", "cubic_metres")
STATE_AGE = Declared("ems_state_age_seconds", "gauge", "Time since the newest state was measured", MEASURED)
STATE_LIMIT = Declared("ems_state_limit_seconds", "gauge", "Age at which its device's states are stale", MEASURED)
DECLARED += [STATE_AGE, STATE_LIMIT]
FORESEEN = "expected_"
"""What is only expected is no counter."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The measured values of one published state."""

    device: str
    kind: str
    service: str
    values: Mapping[str, object]
    measured_ms: int
    holds_until_ms: int = 0
    """It says itself that it holds until then, whatever its age."""


class States(Collector):
    """The newest state of every device this process reports, as gauges; what is stale is not shown."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self._wall_ms = wall_ms
        self._samples: dict[str, Sample] = {}
        self._stale_after_s: dict[str, float] = {}

    def observer(self, service: str) -> Callable[[str, Payload | str, Envelope], None]:
        """What a bus tells of each message it publishes; `state` and `info` of devices are kept."""

        def observe(name: str, body: Payload | str, envelope: Envelope) -> None:
            kind, device, leaf = name.split("/")[:3]
            if isinstance(body, DeviceInfo):
                self._stale_after_s[device] = body.stale_after_s
            elif leaf == "state" and not isinstance(body, str):
                until_ms = body.__dict__.get("until_ms") or body.__dict__.get("valid_until_ms") or 0
                sample = Sample(device, kind, service, body.__dict__, envelope.ts_ms, until_ms)
                self._samples[f"{kind}/{device}"] = sample

        return observe

    def collect(self) -> Iterable[Metric]:
        """Called at each scrape."""
        families: dict[str, Metric] = {}
        now_ms = self._wall_ms()
        for sample in tuple(self._samples.values()):
            age_s = max(0.0, (now_ms - sample.measured_ms) / 1000)
            readings = {STATE_AGE.name: age_s}
            limit_s = self._stale_after_s.get(sample.device, STALE_AFTER_S)
            if sample.device in self._stale_after_s:
                readings[STATE_LIMIT.name] = limit_s
            if age_s <= limit_s or now_ms < sample.holds_until_ms:
                readings |= dict(_series(sample.values))
            for name, value in readings.items():
                _add(families, name, sample, value)
        return families.values()


def series_of(field: str) -> tuple[str, float] | None:
    """The series that a state's field becomes, and the factor to its base unit; None if its name has no unit."""
    named = _SUFFIXED.fullmatch(field)
    if named is None:
        return None
    unit, factor = SUFFIXES[named["unit"]]
    is_total = unit in TOTALS and not field.startswith(FORESEEN)
    return f"ems_{named['stem']}_{unit}{'_total' if is_total else ''}", factor


def _series(values: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    """Names and values of the numbers among a state's fields, in base units."""
    for field, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and (named := series_of(field)):
            yield named[0], value * named[1]


def _add(families: dict[str, Metric], name: str, sample: Sample, value: float) -> None:
    family = families.get(name)
    if family is None:
        kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        family = families[name] = kind(name, f"Newest {name.removeprefix('ems_')} of a device", labels=MEASURED)
    assert isinstance(family, CounterMetricFamily | GaugeMetricFamily)
    family.add_metric((sample.device, sample.kind, sample.service), value)

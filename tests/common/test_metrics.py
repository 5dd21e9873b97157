"""What a scrape shows: base units, closed labels, and nothing that is stale."""

from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import create_model

from common.contract import BatteryState, DeviceInfo, Envelope, EvState, MeterState, Payload
from common.metrics import REGISTRY, SUFFIXES, States

NOW_MS = 1_795_157_664_000
GUIDE = {
    # section 12 of the contract's guide: MQTT field, series, factor
    "power_w": ("ems_power_watts", 1),
    "power_l1_w": ("ems_power_l1_watts", 1),
    "voltage_l1_v": ("ems_voltage_l1_volts", 1),
    "current_l1_a": ("ems_current_l1_amperes", 1),
    "frequency_hz": ("ems_frequency_hertz", 1),
    "energy_import_wh": ("ems_energy_import_joules_total", 3600),
    "energy_export_t2_wh": ("ems_energy_export_t2_joules_total", 3600),
    "expected_import_wh": ("ems_expected_import_joules", 3600),
    "soc_pct": ("ems_soc_ratio", 0.01),
    "temperature_c": ("ems_temperature_celsius", 1),
    "price_eur_per_kwh": ("ems_price_euros_per_kilowatt_hour", 1),
    "cost_eur": ("ems_cost_euros", 1),
    "uptime_s": ("ems_uptime_seconds", 1),
    "apparent_va": ("ems_apparent_voltamperes", 1),
    "reactive_var": ("ems_reactive_reactive_voltamperes", 1),
    "performance_ratio": ("ems_performance_ratio", 1),
    "gas_m3": ("ems_gas_cubic_metres_total", 1),
    "heat_gj": ("ems_heat_joules_total", 1e9),
    "quarter_hour_w": ("ems_quarter_hour_watts", 1),
}
SERIES = (
    "ems_service_up", "ems_build_info", "ems_mqtt_connected", "ems_mqtt_reconnects", "ems_mqtt_messages",
    "ems_mqtt_rejected", "ems_mqtt_seq_gaps", "ems_device_available", "ems_device_poll_seconds",
    "ems_device_errors", "ems_clock_skew_seconds", "ems_balancer_leader", "ems_balancer_epoch",
    "ems_balancer_decisions", "ems_balancer_cycle_seconds", "ems_input_rejected", "ems_command",
    "ems_command_latency_seconds", "ems_command_error_watts", "ems_lease_remaining_seconds", "ems_safe_state",
    "ems_alert_active",
)  # fmt: skip


class Clockwork:
    """A wall clock that a test moves, and what a scrape at that moment shows."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.registry = CollectorRegistry()
        self.states = States(lambda: self.now_ms)
        self.registry.register(self.states)

    def observe(self, name: str, body: Payload | str, ts_ms: int = NOW_MS) -> None:
        envelope = Envelope(v=1, ts_ms=ts_ms, seq=0, boot="a", src="ems-p1")
        self.states.observer("ems-p1")(name, body, envelope)

    def scrape(self) -> Mapping[str, float]:
        """Value by series, as Prometheus reads them."""
        families = text_string_to_metric_families(generate_latest(self.registry).decode())
        return {sample.name: sample.value for family in families for sample in family.samples}


@pytest.fixture
def clockwork() -> Clockwork:
    return Clockwork()


def reading(**values: object) -> Payload:
    """A state with any fields."""
    fields: dict[str, Any] = {name: (object, value) for name, value in values.items()}  # pydantic's way to say it
    return create_model("Reading", __base__=Payload, **fields)()


@pytest.mark.parametrize("field", GUIDE)
def test_a_field_becomes_a_series_in_base_units(clockwork: Clockwork, field: str) -> None:
    series, factor = GUIDE[field]
    clockwork.observe("meter/p1/state", reading(**{field: 50.0}))
    assert clockwork.scrape()[series] == pytest.approx(50 * factor)


def test_every_unit_of_the_guide_is_known() -> None:
    units = "w va var v a hz wh pct c s eur eur_per_kwh ratio"
    assert set(units.split()) <= set(SUFFIXES)


def test_a_series_names_device_class_and_service_and_nothing_else(clockwork: Clockwork) -> None:
    clockwork.observe("battery/garage/state", BatteryState(power_w=-812.0))
    families = text_string_to_metric_families(generate_latest(clockwork.registry).decode())
    labels = {sample.name: sample.labels for family in families for sample in family.samples}
    assert labels["ems_power_watts"] == {"device": "garage", "class": "battery", "service": "ems-p1"}


def test_what_is_no_number_is_no_series(clockwork: Clockwork) -> None:
    clockwork.observe("ev/car/state", EvState(connected=True, power_w=None, soc_pct=None))
    clockwork.observe("battery/garage/state", BatteryState(power_w=None, mode="schedule"))
    clockwork.observe("meter/p1/state", reading(power_w="812", on_w=True, list_w=[1]))
    assert set(clockwork.scrape()) == {"ems_state_age_seconds"}


@pytest.mark.parametrize("field", ["tariff", "device_seq", "month_peak_ts_ms", "device_ts_ms", "_W", "w", "seq"])
def test_a_field_without_a_unit_is_no_series(clockwork: Clockwork, field: str) -> None:
    clockwork.observe("meter/p1/state", reading(**{field: 5}))
    assert set(clockwork.scrape()) == {"ems_state_age_seconds"}


def test_a_stale_value_is_dropped_and_its_age_remains(clockwork: Clockwork) -> None:
    clockwork.observe("meter/p1/state", MeterState(power_w=812.0))
    clockwork.now_ms += 60_000
    assert clockwork.scrape()["ems_power_watts"] == 812
    clockwork.now_ms += 1
    assert clockwork.scrape() == {"ems_state_age_seconds": 60.001}


def test_the_device_says_when_its_state_is_stale(clockwork: Clockwork) -> None:
    clockwork.observe("meter/p1/info", DeviceInfo(vendor="a", model="b", poll_s=1, stale_after_s=10))
    clockwork.observe("meter/p1/state", MeterState(power_w=812.0))
    clockwork.now_ms += 10_001
    assert clockwork.scrape() == {"ems_state_age_seconds": 10.001, "ems_state_limit_seconds": 10}


def test_a_state_that_says_how_long_it_holds_is_not_stale_before(clockwork: Clockwork) -> None:
    clockwork.observe("tariff/main/state", reading(price_eur_per_kwh=0.2, until_ms=NOW_MS + 3_600_000))
    clockwork.now_ms += 3_599_999
    assert clockwork.scrape()["ems_price_euros_per_kilowatt_hour"] == 0.2
    clockwork.now_ms += 1
    assert set(clockwork.scrape()) == {"ems_state_age_seconds"}


def test_two_of_one_name_and_different_kind_do_not_hide_each_other(clockwork: Clockwork) -> None:
    clockwork.observe("tariff/main/state", reading(price_eur_per_kwh=0.2))
    clockwork.observe("balancer/main/state", reading(grid_w=5.0))
    assert clockwork.scrape().keys() >= {"ems_price_euros_per_kilowatt_hour", "ems_grid_watts"}


def test_a_fresh_value_comes_back(clockwork: Clockwork) -> None:
    clockwork.observe("meter/p1/state", MeterState(power_w=812.0))
    clockwork.now_ms += 3_600_000
    clockwork.observe("meter/p1/state", MeterState(power_w=1.0), ts_ms=clockwork.now_ms)
    assert clockwork.scrape() == {"ems_state_age_seconds": 0, "ems_power_watts": 1}


def test_a_value_that_vanishes_is_not_repeated(clockwork: Clockwork) -> None:
    clockwork.observe("battery/garage/state", BatteryState(power_w=5.0, soc_pct=50.0))
    clockwork.observe("battery/garage/state", BatteryState(power_w=5.0))
    assert "ems_soc_ratio" not in clockwork.scrape()


def test_an_age_is_never_negative(clockwork: Clockwork) -> None:
    clockwork.observe("meter/p1/state", MeterState(power_w=1.0), ts_ms=NOW_MS + 4000)
    assert clockwork.scrape()["ems_state_age_seconds"] == 0


@pytest.mark.parametrize("name", ["meter/p1/availability", "service/ems-p1/status", "battery/garage/mode"])
def test_other_leaves_are_no_measurements(clockwork: Clockwork, name: str) -> None:
    clockwork.observe(name, "online")
    assert clockwork.scrape() == {}


def test_several_devices_share_a_family(clockwork: Clockwork) -> None:
    for device in ("p1", "p2"):
        clockwork.observe(f"meter/{device}/state", MeterState(power_w=1.0))
    shown = generate_latest(clockwork.registry).decode()
    assert shown.count("# TYPE ems_power_watts gauge") == 1
    assert shown.count("ems_power_watts{") == 2


def test_the_series_of_the_guide_are_declared_with_a_sentence_each() -> None:
    declared = {family.name: family.documentation for family in REGISTRY.collect()}
    assert [name for name in SERIES if not declared.get(name)] == []


def test_no_two_series_share_a_name() -> None:
    names = [family.name for family in REGISTRY.collect()]
    assert len(names) == len(set(names))

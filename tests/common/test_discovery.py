"""Every component is one that Home Assistant and Domoticz take as it is meant."""

import pytest

from common.contract import LEAVES, DeviceInfo, Payload
from common.contract.topic import DEVICES
from common.discovery import CONTROLS, Entity, Speaker
from services.balancer.wishes import PARSERS, PER_DEVICE
from tests.common.readers import wrong

INFO = DeviceInfo(vendor="HomeWizard", model="HWE-P1", firmware="6.02", poll_s=1, stale_after_s=10)
SPEAKER = Speaker("ems", "ems-p1")
STATES = [
    (leaf.pattern.split("/")[0], field)
    for leaf in LEAVES
    if leaf.pattern.endswith("/state") and issubclass(leaf.payload, Payload)
    for field in leaf.payload.model_fields
]
UNSEEN = {
    "quality", "device_ts_ms", "device_seq", "month_peak_ts_ms", "counter_reset_ms", "tariff", "batteries", "value",
    "issued_ms", "slots", "contract", "revision", "band", "severity", "until_ms", "source", "tomorrow_starts_ms",
    "tomorrow_severity", "tomorrow_certainty", "tomorrow_source", "days_left_0", "days_left_1", "days_left_2",
    "peak_eur_per_kw_year", "peak_window_s", "valid_until_ms", "grid_meter", "grid_ts_ms", "dry_run",
}  # fmt: skip
"""What is for programs."""


def entities() -> list[Entity]:
    """Everything there is to announce."""
    found = [SPEAKER.measured(kind, "garage" if kind in DEVICES else "main", field, INFO) for kind, field in STATES]
    found += [SPEAKER.setting(name, "garage" if name in PER_DEVICE else "") for name in CONTROLS]
    return [each for each in (*found, SPEAKER.reason("garage"), SPEAKER.running()) if each is not None]


@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity.topic)
def test_both_take_it_as_it_is_meant(entity: Entity) -> None:
    assert wrong(entity.topic, entity.config) == []


def test_of_what_is_measured_all_but_figures_for_programs_are_shown() -> None:
    shown = {field for kind, field in STATES if SPEAKER.measured(kind, "garage", field, INFO)}
    assert shown == {field for _, field in STATES} - UNSEEN


def test_a_meter_is_told_with_all_its_keys() -> None:
    entity = SPEAKER.measured("meter", "p1", "energy_import_wh", INFO)
    assert entity is not None
    assert entity.topic == "homeassistant/sensor/ems-p1/ems_p1_energy_import/config"
    origin = entity.config["origin"]
    assert isinstance(origin, dict)
    assert dict(entity.config) == {
        "name": "Energy import",
        "unique_id": "ems_p1_energy_import",
        "default_entity_id": "sensor.ems_p1_energy_import",
        "state_topic": "ems/meter/p1/state",
        "value_template": "{{ value_json.energy_import_wh }}",
        "device_class": "energy",
        "state_class": "total_increasing",
        "unit_of_measurement": "Wh",
        "expire_after": 60,
        "availability_mode": "all",
        "availability": [{"topic": "ems/service/ems-p1/status"}, {"topic": "ems/meter/p1/availability"}],
        "device": {
            "identifiers": ["ems_p1"],
            "name": "P1",
            "manufacturer": "HomeWizard",
            "model": "HWE-P1",
            "sw_version": "6.02",
        },
        "origin": origin,
    }
    assert origin["name"] == "Ballast"


def test_domoticz_heeds_the_last_topic_and_that_is_the_devices_own() -> None:
    entity = SPEAKER.measured("battery", "garage", "power_w", INFO)
    assert entity is not None
    assert entity.config["availability"] == [
        {"topic": "ems/service/ems-p1/status"},
        {"topic": "ems/battery/garage/availability"},
    ]


def test_a_slow_device_is_not_unknown_before_its_own_time() -> None:
    slow = SPEAKER.measured("meter", "water", "water_m3", INFO.model_copy(update={"stale_after_s": 900.0}))
    assert slow is not None
    assert slow.config["expire_after"] == 900


def test_a_name_that_domoticz_would_skip_is_none_of_ours() -> None:
    """It skips what begins with `max_`: the site's base stands in front."""
    entity = SPEAKER.measured("battery", "max_battery", "power_w", None)
    assert entity is not None
    assert wrong(entity.topic, entity.config) == []


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_is_a_setting_that_the_balancer_knows(name: str) -> None:
    assert name in PARSERS


@pytest.mark.parametrize(("name", "place"), [("mode", "mode"), ("reserve_soc_pct", "reserve_soc_pct/garage")])
def test_a_control_asks_the_balancer_and_shows_what_it_granted(name: str, place: str) -> None:
    entity = SPEAKER.setting(name, place.partition("/")[2])
    assert entity is not None
    assert entity.config["command_topic"] == f"ems/balancer/main/set/{place}"
    assert entity.config["state_topic"] == f"ems/balancer/main/setting/{place}"
    assert "retain" not in entity.config


def test_what_fits_no_control_is_left_to_mqtt() -> None:
    assert {name for name in PARSERS if SPEAKER.setting(name, "") is None} == {"order", "heat"}


def test_two_sites_never_share_a_name() -> None:
    here, there = Speaker("ems", "ems-p1").running(), Speaker("site-17/ems", "site-17-ems-p1").running()
    assert here.topic != there.topic
    assert here.config["unique_id"] != there.config["unique_id"]
    assert there.config["state_topic"] == "site-17/ems/service/site-17-ems-p1/status"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"value_template": "{{ value_json.power_w | float }}"}, "template"),
        ({"unit_of_measurement": "Wh"}, "a sensor of power in Wh"),
        ({"state_class": "total_increasing"}, "power is total_increasing"),
        ({"retain": True}, "keys {'retain'}"),
        ({"unique_id": "other"}, "unique_id"),
    ],
)
def test_the_checker_finds_what_is_wrong(change: dict[str, object], complaint: str) -> None:
    entity = SPEAKER.measured("meter", "p1", "power_w", INFO)
    assert entity is not None
    assert wrong(entity.topic, {**entity.config, **change}) == [complaint]

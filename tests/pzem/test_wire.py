"""What these devices say, and what of it becomes a value. Failures look like data here, and none becomes a number."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceError, DeviceUnintelligible, DeviceUnreachable
from services.pzem.wire import Boot, Reading, Status, boot, dimmed, reading, switched

V3 = {
    "voltage": 231.40,
    "current": 1.18,
    "power": 268.40,
    "energy": 12.34,
    "frequency": 50.00,
    "powerfactor": 0.98,
    "ppm_err": 0.00,
}


def v3(**changed: object) -> bytes:
    """What a meter with a v3 module publishes, with something changed."""
    return json.dumps(V3 | changed).encode()


def v2(**changed: object) -> bytes:
    """The same of a v2 module, which counts Wh and knows no frequency."""
    return v3(**{"energy": 12_340.0, "frequency": 0.0, "powerfactor": 0.0} | changed)


@pytest.mark.promise("3.10-01")
@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (v3(), Reading(268.4, 231.4, 1.18, 50.0, 12_340)),
        (v2(), Reading(268.4, 231.4, 1.18, None, 12_340)),
        (b'{"v":237.20, "c": 1.18, "p": 268, "e": 1254370}', Reading(268.0, 237.2, 1.18, None, 1_254_370)),
        (v3(power=0, current=0), Reading(0.0, 231.4, 0.0, 50.0, 12_340)),
        (v2(power=0, current=0.05), Reading(0.0, 231.4, 0.05, None, 12_340)),
    ],
)
def test_all_three_kinds_of_meter_are_read_in_watts_and_watt_hours(payload: bytes, expected: Reading) -> None:
    assert reading(payload) == expected


def test_the_boot_message_settles_in_what_a_meter_counts() -> None:
    assert reading(v2(), "v2").energy_wh == 12_340
    assert reading(v3(frequency=0), "v3").energy_wh == 12_340
    assert reading(v2(frequency=50.0), "v2").energy_wh == 12_340


@pytest.mark.parametrize(
    "payload",
    [
        b'{ "PZEM_READ_ERROR": 3, "pzem_read ": 41, "ppm_err": 7.32}',
        b'{ "PZEM_READ_ERROR": 0, "pzem_read ": 0, "ppm_err": 0.00}',
        b'{ "pzem_read ": 12}',
        v3(voltage=0, current=0, power=0, energy=0, frequency=0),
        v2(voltage=0),
        v2(power=0, current=8.2),
        b'{"v": 0, "c": 0, "p": 0, "e": 0}',
    ],
)
def test_a_module_that_was_not_read_measured_nothing(payload: bytes) -> None:
    with pytest.raises(DeviceUnreachable):
        reading(payload)


def test_of_a_v2_module_a_zero_that_cannot_be_true_is_unknown() -> None:
    read = reading(v2(current=0, energy=0))
    assert (read.power_w, read.current_a, read.energy_wh) == (268.4, None, None)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nothing",
        b"268.4",
        b"[]",
        b"null",
        b"{}",
        b'{"power": 1}',
        b'{"voltage": 230}',
        b'{"voltage": 231.4, "power": nan}',
        b'{"voltage": 231.4, "power": 1e999}',
        v3(power="268.4"),
        v3(power=None),
        v3(power=True),
        v3(power=-1),
        v3(voltage=-1),
        v3(voltage=23.1),
        v3(current=400),
        v3(energy=[1]),
        v3()[:-9],
        b"\xff\xfe" + v3(),
        b"{" * 5000,
    ],
)
def test_what_is_no_reading_is_refused(payload: bytes) -> None:
    with pytest.raises(DeviceUnintelligible):
        reading(payload)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_it(payload: bytes) -> None:
    for read in (reading, dimmed, lambda said: switched(said, "on", "off")):
        with suppress(DeviceError):
            read(payload)
    boot(payload)


numbers = st.one_of(st.floats(), st.integers(), st.none(), st.booleans(), st.text(max_size=4))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*V3, "v", "c", "p", "e"), numbers)))
def test_what_is_read_is_what_was_said(said: dict[str, object]) -> None:
    try:
        read = reading(json.dumps(said).encode())
    except DeviceError:
        return
    assert read.power_w == said["power" if "power" in said else "p"] >= 0  # type: ignore[operator]  # it was read
    assert read.voltage_v == said["voltage" if "power" in said else "v"] != 0


def test_a_boot_message_needs_no_quotes_and_may_have_empty_values() -> None:
    said = (
        b'{"type":pzem, "id":ECS, "fw_version":1.3a, "pzem_version":v3, "srate":1700, "pzem_idx1":, "ip":192.168.1.7}'
    )
    assert boot(said) == Boot("ECS", "1.3a", "v3")
    assert boot(b'{ "type": "vload", "id": "ECS", "ip": "192.168.1.7 }') == Boot("ECS", None, None)
    assert boot(b'{"type":pzem, "id":, "pzem_version":v9}') is None
    assert boot(b"hello") is None


def test_a_dimmer_tells_percent_and_whether_it_is_enabled() -> None:
    said = b'{"percent": 40, "power": 0, "mode": 0, "state": "ON", "msg": "setpower"}'
    assert dimmed(said) == Status(40, True, "setpower")
    assert dimmed(said.replace(b"ON", b"OFF")) == Status(40, False, "setpower")
    assert dimmed(b"40.00") == Status(40)


@pytest.mark.parametrize("payload", [b"", b"nan", b"-3", b"101", b'{"percent": "40"}', b'{"state": "ON"}', b"[40]"])
def test_what_is_no_percentage_is_refused(payload: bytes) -> None:
    with pytest.raises(DeviceUnintelligible):
        dimmed(payload)


@pytest.mark.parametrize(
    ("payload", "percent"),
    [
        (b'{"state": "ON"}', 100),
        (b'{"state": "off", "id": 3}', 0),
        (b"on", 100),
        (b" OFF ", 0),
        (b"marche", 100),
        (b"arret", 0),
    ],
)
def test_a_switched_load_tells_its_position_in_its_owners_words_too(payload: bytes, percent: float) -> None:
    assert switched(payload, "marche", "arret").percent == percent


@pytest.mark.parametrize("payload", [b"", b"7", b"{}", b'{"state": 1}', b"maybe"])
def test_what_is_no_position_is_refused(payload: bytes) -> None:
    with pytest.raises(DeviceUnintelligible):
        switched(payload, "on", "off")

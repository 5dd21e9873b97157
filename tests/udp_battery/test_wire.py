"""Bytes to values and back, in both directions of power."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from common.errors import DeviceUnintelligible
from services.udp_battery import wire
from services.udp_battery.wire import Reading, Reply

SAMPLES = Path(__file__).parents[1] / "samples" / "marstek"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes().strip()


def reply(name: str) -> Reply:
    found = wire.decode(sample(name))
    assert found is not None
    return found


def read(name: str, scale: wire.Scale | None = None) -> Reading:
    result = reply(name).result
    assert result is not None
    return wire.reading(result, scale)


@pytest.mark.promise("4.8-08")
@pytest.mark.parametrize(
    ("name", "power_w", "soc_pct", "mode"),
    [
        ("venuse3_150_mode_auto_charging", 1210, 64, "Auto"),
        ("venuse3_150_mode_passive_discharging", -742, 63, "Passive"),
        ("mode_as_integer", 605, 71, "Passive"),
        ("venuse3_150_status", 1210, 64, None),
        ("venusa_147_status_in_the_sun", -150, 22, None),
    ],
)
def test_what_charges_is_positive(name: str, power_w: float, soc_pct: float, mode: str | None) -> None:
    """Checklist 11: the vendor's `ongrid_power` has the opposite sign."""
    said = read(name)
    assert (said.power_w, said.soc_pct, said.mode) == (power_w, soc_pct, mode)
    assert not said.is_estimated


def test_the_power_at_the_cells_is_what_the_other_flows_leave() -> None:
    """Section 3: pv − ongrid − offgrid. The house only sees what passes the AC terminals."""
    assert read("venusa_147_status_in_the_sun").battery_w == 460 - 150
    assert read("venuse3_150_status").battery_w == 1210 - 90


def test_bat_power_counts_the_other_way_round_and_in_tenths_on_old_firmware() -> None:
    said = read("venusc_153_status_with_bat_power", {"bat_power": 0.1})
    assert said.battery_w == pytest.approx(-401)
    assert said.power_w == pytest.approx(-401)
    assert said.is_estimated


def test_missing_keys_stay_missing() -> None:
    """Checklist 12: what a battery does not say is unknown, never 0."""
    assert wire.reading({"id": 0}) == Reading()
    assert wire.reading({"bat_soc": None, "ongrid_power": None, "mode": None}) == Reading()
    assert wire.reading({"ongrid_power": 12}).battery_w is None


def test_zero_is_zero_and_has_no_sign() -> None:
    power_w = wire.reading({"ongrid_power": 0}).power_w
    assert str(power_w) == "0.0"


@pytest.mark.parametrize("said", ["auto", "AUTO", " Auto ", 0])
def test_modes_are_known_in_any_spelling(said: str | int) -> None:
    assert wire.reading({"mode": said}).mode == "Auto"


@pytest.mark.parametrize("said", ["Party", "", 5, -1])
def test_an_unknown_mode_is_none(said: str | int) -> None:
    assert wire.reading({"mode": said}).mode is None


@pytest.mark.parametrize("field", ["ongrid_power", "bat_soc", "bat_cap", "bat_power"])
@pytest.mark.parametrize("value", ["12", True, [], {}])
def test_a_wrong_type_is_refused_not_guessed(field: str, value: JsonValue) -> None:
    """Checklist 2 and F14."""
    with pytest.raises(DeviceUnintelligible, match=field):
        wire.reading({field: value})


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"1e999"])
def test_what_is_not_finite_is_refused(value: bytes) -> None:
    """F14."""
    answer = wire.decode(b'{"id":1,"result":{"ongrid_power":' + value + b"}}")
    assert answer is not None
    assert answer.result is not None
    with pytest.raises(DeviceUnintelligible):
        wire.reading(answer.result)


def test_the_identity_is_the_bluetooth_mac() -> None:
    """`wifi_mac` is the access point's on some builds; several batteries would share it."""
    assert wire.identity(reply("venuse3_150_device")) == wire.Identity("VenusE 3.0", 150, "02005e10c0de")


def test_without_macs_the_sender_tells() -> None:
    assert wire.identity(reply("venusc_153_device_without_macs")) == wire.Identity("VenusC", 153, "02005e10cafe")


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("VenusE 3.0-02005e10c0de", "02005e10c0de"),
        ("02:00:5E:10:C0:DE", "02005e10c0de"),
        ("device", None),
        ("", None),
        ("VenusE-0102005e10c0de", None),
    ],
)
def test_a_mac_has_one_spelling(text: str, mac: str | None) -> None:
    assert wire.mac_of(text) == mac


def test_an_order_is_taken_only_if_it_says_true() -> None:
    taken, refused = reply("order_taken").result, reply("order_refused").result
    assert taken is not None
    assert refused is not None
    assert wire.is_taken(taken)
    assert not wire.is_taken(refused)
    assert not wire.is_taken({})
    assert not wire.is_taken({"set_result": 1})


def test_errors_are_told_apart() -> None:
    assert reply("busy").is_busy
    missing = reply("method_not_found")
    assert not missing.is_busy
    assert missing.failure is not None
    assert missing.failure.code == wire.UNKNOWN_METHOD


def test_old_firmware_counts_temperature_in_tenths() -> None:
    result = reply("cells_153_in_tenths").result
    assert result is not None
    assert wire.temperature_c(result, {"bat_temp": 0.1}) == pytest.approx(22.5)
    assert wire.temperature_c({}, {}) is None


@pytest.mark.promise("4.8-08")
def test_orders_are_written_as_the_vendor_wants_them() -> None:
    """Compact, and with the vendor's sign: charging is negative."""
    assert wire.passive(650, 45).encode(22) == sample("order_charge_650_w_for_45_s")
    assert wire.passive(-430, 90).encode(23) == sample("order_discharge_430_w_for_90_s")
    assert wire.AUTO.encode(24) == sample("order_auto")
    assert wire.GET_DEVICE.encode(0) == sample("discovery")


@pytest.mark.promise("4.8-08")
@given(st.integers(-2500, 2500), st.integers(1, 120), st.integers(1, wire.MAX_ID))
def test_the_sign_survives_the_way_there_and_back(power_w: int, hold_s: int, number: int) -> None:
    """A battery that does what it is told reports the power that was ordered."""
    order = json.loads(wire.passive(power_w, hold_s).encode(number))
    ordered = order["params"]["config"]["passive_cfg"]["power"]
    answer = wire.decode(orjson.dumps({"id": number, "src": "", "result": {"ongrid_power": ordered}}))
    assert answer is not None
    assert answer.result is not None
    assert answer.number == number
    assert wire.reading(answer.result).power_w == power_w
    assert (ordered < 0) == (power_w > 0)


@given(st.binary(max_size=200))
def test_noise_is_no_reply(datagram: bytes) -> None:
    assert wire.decode(datagram) is None


@given(st.sampled_from(sorted(path.stem for path in SAMPLES.glob("*.json"))), st.data())
def test_a_truncated_datagram_is_no_reply(name: str, data: st.DataObject) -> None:
    whole = sample(name)
    assert wire.decode(whole[: data.draw(st.integers(0, len(whole) - 1))]) is None


@pytest.mark.parametrize(
    "datagram",
    [
        b'{"id":0,"method":"Marstek.GetDevice","params":{"ble_mac":"0"}}',
        b'{"id":"7","result":{}}',
        b'{"id":true,"result":{}}',
        b'{"id":-1,"result":{}}',
        b'{"id":70000,"result":{}}',
        b'{"id":7}',
        b'{"id":7,"result":[]}',
        b'{"id":7,"result":null}',
        b'{"id":7,"error":"no"}',
        b"[" * 1400,
        b'{"id":' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_no_reply_is_dropped(datagram: bytes) -> None:
    """Checklist 2: our own broadcasts, string ids, wrong types, depth bombs."""
    assert wire.decode(datagram) is None


def test_a_log_shows_neither_macs_nor_network_names() -> None:
    """Checklist 16."""
    shown = wire.masked(sample("venuse3_150_device"))
    assert "02005e10" not in shown
    assert "c0de" in shown
    assert "attic" not in shown
    assert wire.masked_mac("02005e10c0de") == "…c0de"


def test_no_request_comes_near_the_size_that_the_radio_refuses() -> None:
    requests = (wire.GET_DEVICE, wire.GET_MODE, wire.GET_STATUS, wire.GET_BATTERY, wire.AUTO, wire.passive(-2500, 120))
    assert all(0 < len(request.encode(wire.MAX_ID)) < 200 for request in requests)


def test_nothing_dangerous_can_be_said() -> None:
    """Checklist 15: factory reset, power class and Wi-Fi settings have no words here."""
    text = Path(wire.__file__).read_text()
    assert not any(method in text for method in ("Reset.Factory", "Set.Ver", "Wifi.SetConfig", "DOD.SET", "Led.Ctrl"))


def test_recorded_replies_are_understood(shared: Path) -> None:
    """Every reply in the collection of real ones is a reply, and its energy is readable."""
    for path in sorted((shared / "protocols" / "samples" / "marstek").glob("reply_*.json")):
        answer = wire.decode(path.read_bytes())
        assert answer is not None, path.name
        if answer.result is not None and "reply_es_get" in path.name:
            said = wire.reading(answer.result)
            assert said.power_w is not None, path.name
            raw = json.loads(path.read_bytes())["result"]
            assert said.power_w == -raw["ongrid_power"], path.name


def test_recorded_requests_are_what_we_send(shared: Path) -> None:
    folder = shared / "protocols" / "samples" / "marstek"
    ours = {
        "request_setmode_passive_charge_800w": wire.passive(800, 300).encode(106),
        "request_setmode_passive_discharge_800w": wire.passive(-800, 300).encode(107),
        "request_setmode_auto": wire.AUTO.encode(101),
        "request_getdevice_discovery": wire.GET_DEVICE.encode(0),
    }
    for name, sent in ours.items():
        assert json.loads(sent) == json.loads((folder / f"{name}.json").read_bytes()), name

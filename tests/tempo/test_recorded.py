"""Recorded answers and messages, read whole. They stand beside this checkout, and are not everywhere."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from common.errors import DeviceUnintelligible
from common.messaging import Received
from services.tempo.collecting import read_labels
from services.tempo.config import TicSettings
from services.tempo.wire import couleur, day_ahead, ecodevice, rte, tic
from services.tempo.wire.day_ahead import Layout
from services.tempo.wire.days import Hearing
from tests.tempo.times import BLUE, RED, TEMPO, WHITE, at, word

LATE = Hearing("rte", TEMPO, at("2027-01-01 12:00"))


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "protocols" / "samples" / "tempo"


def test_rtes_feeds(samples: Path) -> None:
    told = {path.stem: rte.feed(path.read_bytes(), LATE) for path in samples.glob("rte_tempo*.json")}
    assert told["rte_tempoLight"] == (word("2025-01-01", BLUE), word("2025-01-02", RED))
    assert told["rte_tempoLight_tomorrow_unknown"] == (word("2025-01-02", RED),)
    assert [each.is_final for each in told["rte_tempoLight_fallback"]] == [True, False]
    assert len(told["rte_tempo_season_excerpt"]) == 6


def test_rtes_official_api(samples: Path) -> None:
    told = rte.calendar((samples / "rte_official_calendar.json").read_bytes(), LATE)
    assert told == (word("2025-01-03", RED), word("2025-01-02", RED), word("2025-01-01", BLUE))
    gap = rte.calendar((samples / "rte_official_calendar_fallback_and_missing_value.json").read_bytes(), LATE)
    assert gap == (word("2022-12-29", BLUE, is_final=False), word("2022-12-27", BLUE))
    assert rte.token((samples / "rte_official_token.json").read_bytes()).expires_in == 7200
    with pytest.raises(DeviceUnintelligible):
        rte.calendar((samples / "rte_official_error.json").read_bytes(), LATE)


def test_the_communitys_days(samples: Path) -> None:
    told = couleur.days((samples / "act_joursTempo.json").read_bytes(), LATE)
    assert told == (word("2026-01-05", WHITE), word("2026-01-06", RED))


def test_the_box(samples: Path) -> None:
    found: dict[str, tic.Labels] = {}
    for path in samples.glob("ecodevice_*[!y].*"):
        found[path.stem] = ecodevice.labels(path.read_bytes(), "xml" if path.suffix == ".xml" else "json", 1)
    said = {name: (tic.running(labels), tic.announced(labels)) for name, labels in found.items()}
    assert said["ecodevice_teleinfo1_red_announced"] == ((BLUE, True), RED)
    assert said["ecodevice_teleinfo1_tempo"] == ((BLUE, False), None)
    assert said["ecodevice_xdevices_cmd10_tempo"] == ((BLUE, True), RED)
    silent = ("ecodevice_teleinfo1_no_meter", "ecodevice_teleinfo1_garbage_demain", "ecodevice_xdevices_cmd10_no_meter")
    assert [said[name] for name in silent] == [(None, None)] * 3


def test_the_status_register(samples: Path) -> None:
    for vector in orjson.loads((samples / "stge_vectors.json").read_bytes()):
        code = vector["tempo_tomorrow"]
        assert tic.register_tomorrow(vector["stge"]) == (None if code == 0 else code - 1), vector["origin"]


@pytest.mark.parametrize(
    ("name", "now", "today", "tomorrow"),
    [
        ("tic_historic_hc_tomorrow_red", "2026-01-06 23:00", BLUE, RED),
        ("tic_historic_blue_tomorrow_blue", "2026-01-06 20:30", BLUE, BLUE),
        ("tic_historic_red_no_announcement", "2026-01-06 20:30", RED, None),
        ("tic_standard_white_tomorrow_blue", "2020-02-14 23:08", WHITE, BLUE),
        ("tic_standard_blue_tomorrow_red", "2024-12-03 00:49", BLUE, RED),
    ],
)
def test_whole_frames_of_meters(samples: Path, name: str, now: str, today: object, tomorrow: object) -> None:
    labels = _frame((samples / f"{name}.bin").read_bytes())
    words = tic.words(labels, TEMPO, at(now), "tic")
    assert [each.colour for each in words] == [colour for colour in (today, tomorrow) if colour is not None]


def _frame(raw: bytes) -> Mapping[str, str]:
    """Label and value of each line; where there is a stamp, that is what is wanted of it."""
    labels = {}
    for line in raw.decode("ascii").strip("\x02\x03").split("\n")[1:]:
        parts = line.strip("\r\x03").split("\t" if "\t" in line else " ")
        labels[parts[0]] = parts[1]
    return labels


def test_programs_on_mqtt(samples: Path) -> None:
    presets: dict[str, Any] = {
        "zigbee2mqtt/linky": "zigbee2mqtt", "zigbee2mqtt/linky_std": "zigbee2mqtt",
        "teleinfo/031900000000": "teleinfo2mqtt", "teleinfo/041700000000": "teleinfo2mqtt",
        "tele/linky/SENSOR": "tasmota", "tele/denky/SENSOR": "tasmota_contract",
    }  # fmt: skip
    said = []
    with (samples / "mqtt_publishers.tsv").open() as file:
        for topic, payload in csv.reader(
            (line for line in file if line[0] != "#"), "excel-tab", quoting=csv.QUOTE_NONE
        ):
            if topic in presets:
                settings = TicSettings(topic=topic, preset=presets[topic])
                labels = read_labels(settings, Received(topic, payload.encode(), False, 0.0))
                assert labels is not None
                said.append((topic, tic.running(labels), tic.announced(labels)))
    assert said == [
        ("zigbee2mqtt/linky", (RED, False), None),
        ("zigbee2mqtt/linky", None, None),
        ("zigbee2mqtt/linky", (RED, True), WHITE),
        ("zigbee2mqtt/linky_std", (WHITE, True), BLUE),
        ("teleinfo/031900000000", (BLUE, True), RED),
        ("teleinfo/041700000000", (WHITE, True), BLUE),
        ("tele/linky/SENSOR", (WHITE, False), RED),
        ("tele/linky/SENSOR", None, None),
        ("tele/denky/SENSOR", (WHITE, False), BLUE),
    ]


def test_day_ahead_prices_of_two_sellers(samples: Path) -> None:
    agile = Layout("results", "valid_from", "value_inc_vat", "valid_to", 0.01)
    spots = day_ahead.spots((samples / "octopus_agile_unit_rates.json").read_bytes(), agile)
    assert [spot.price for spot in spots] == pytest.approx([-0.0105, 0.31605, 0.3276, 0.19845])
    path = "data.viewer.homes.0.currentSubscription.priceInfo.today"
    quarters = day_ahead.spots(
        (samples / "tibber_price_info_quarter.json").read_bytes(), Layout(path, "startsAt", "total")
    )
    assert [(spot.end - spot.start).total_seconds() for spot in quarters] == [900.0] * 3

"""Whole processes over a real broker: the service is killed, the house dies, and what was told is still known."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson
import pytest

from common.clock import SystemClock
from services.cli.ports import free_port
from tests.brokers import Broker
from tests.guests import Heard, guest, retained
from tests.outside import process, written
from tests.tempo.times import at

RATE = 20
TOPIC = "zigbee2mqtt/linky"


def house(broker: Broker, folder: Path) -> Path:
    """A house whose days are white, then red."""
    box, web = free_port(), free_port()
    sources = {
        "ecodevice": {"host": "127.0.0.1", "port": box},
        "tic": {"topic": TOPIC, "preset": "tasmota"},
        "rte": {"url": f"http://127.0.0.1:{web}/cms/open_data/v1"},
    }
    days = {"2026-01-05": "WHITE", "2026-01-06": "RED"}
    simulated = {"box_port": box, "web_port": web, "topic": TOPIC, "preset": "tasmota", "colours": days}
    return written(
        folder,
        broker,
        site={"timezone": "Europe/Paris"},
        tempo={"contract": {"kind": "tempo"}, "sources": sources},
        simulator={"tempo": simulated},
    )


def tells(**wanted: object) -> Callable[[Heard], bool]:
    def holds(heard: Heard) -> bool:
        said = orjson.loads(heard.payload) if heard.topic == "ems/tariff/main/state" and heard.payload else {}
        return bool(said) and all(said.get(name) == value for name, value in wanted.items())

    return holds


@pytest.mark.e2e
@pytest.mark.real_time
@pytest.mark.promise("5.8-01")
@pytest.mark.promise("5.8-09")
async def test_what_was_told_outlives_the_service_and_its_sources(broker: Broker, tmp_path: Path) -> None:
    """A clock of 2026 for all, run so that the evening of 5 January passes."""
    real_ms = SystemClock().wall_ms()
    evening_ms = round(at("2026-01-05 20:30").timestamp() * 1000)
    epoch_ms = round((RATE * real_ms - evening_ms) / (RATE - 1))  # now is the evening, and time runs from here
    config = house(broker, tmp_path)
    lives = partial(process, config=config, rate=RATE, epoch_ms=epoch_ms)
    known = {"label": "white", "source": "ecodevice", "tomorrow_label": "red", "tomorrow_severity": 2}
    async with guest(broker.settings, "ems/tariff/#") as witness:
        async with lives("simulator"), lives("tempo") as tempo:
            first = orjson.loads((await witness.hears(tells(**known))).payload)
            event = await witness.hears(lambda heard: heard.topic == "ems/tariff/main/event")
            assert not event.retained
            assert orjson.loads(event.payload)["sentence"] == "Tomorrow, Tuesday 6 January, is red."
            tempo.kill()
        kept = await retained(broker.settings, "ems/tariff/#")
        assert list(kept) == ["ems/tariff/main/state"]
        async with lives("tempo"):
            again = orjson.loads((await witness.hears(lambda heard: _boot(heard) not in (None, first["boot"]))).payload)
    assert {name: again[name] for name in known} == known
    assert again["slots"] == first["slots"]
    assert len(witness.payloads("ems/tariff/main/event")) == 1


def _boot(heard: Heard) -> str | None:
    return orjson.loads(heard.payload)["boot"] if heard.topic == "ems/tariff/main/state" else None

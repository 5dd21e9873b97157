"""`ballast check` tries each source and says what it told."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from common.config import MqttSettings, load
from common.finding import Finding
from services.cli.check import _try
from services.cli.ports import free_port
from services.cli.registry import sections
from services.tempo import check
from services.tempo.config import Config
from tests.brokers import Broker
from tests.outside import written
from tests.tempo.home import TOPIC, Home
from tests.tempo.times import PARIS

pytestmark = pytest.mark.virtual
NOBODY = MqttSettings(host="127.0.0.1", port=free_port())


async def findings(home: Home, mqtt: MqttSettings = NOBODY) -> dict[str, Finding]:
    config = Config.model_validate_json(orjson.dumps(home.section))
    return {found.device: found for found in await check.check(config, PARIS, mqtt, "ems-tempo", home.clock)}


async def test_every_source_says_what_it_tells(home: Home) -> None:
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("ecodevice", "rte_official", "rte", "api_couleur_tempo")
    home.travel("2026-01-05 21:00")
    found = await findings(home)
    assert {name: each.text for name, each in found.items()} == {
        "ecodevice": "today white, peak; tomorrow red",
        "rte_official": "today white, tomorrow red",
        "rte": "today white, tomorrow red",
        "api_couleur_tempo": "today white, tomorrow red",
    }
    assert all(each.is_well for each in found.values())


async def test_what_is_not_known_yet_or_not_binding_is_said_so(home: Home) -> None:
    home.fix(d2026_01_05="WHITE", d2026_01_06="RED")
    home.sources("ecodevice", "rte")
    home.travel("2026-01-05 06:20")
    found = await findings(home)
    assert found["rte"].text == "today white, tomorrow not known yet"
    assert found["ecodevice"].text == "today white, peak; tomorrow not announced (it is from 20:00 on)"
    await home.until("2026-01-05 07:00")
    assert (await findings(home))["rte"].text == "today white, tomorrow red (not binding yet)"


def _no_meter(home: Home) -> None:
    home.box.has_meter = False


def _down(home: Home) -> None:
    home.web.trouble["rte"] = 503


def _refused(home: Home) -> None:
    home.web.login = "somebody:else"


@pytest.mark.parametrize(
    ("source", "spoil", "text"),
    [
        ("ecodevice", _no_meter, "hears no meter with a Tempo contract (it says ----)"),
        ("rte", _down, "cannot answer now (HTTP 503)"),
        ("rte_official", _refused, "does not let us in (HTTP 401)"),
    ],
)
async def test_what_is_wrong_is_named(home: Home, source: str, spoil: Callable[[Home], None], text: str) -> None:
    home.sources(source)
    spoil(home)
    found = (await findings(home))[source]
    assert not found.is_well
    assert text in found.text


async def test_a_box_that_wants_a_password_gets_it(home: Home) -> None:
    home.box._header = "Basic bWU6c2VjcmV0"
    home.sources("ecodevice")
    assert "HTTP 401" in (await findings(home))["ecodevice"].text
    home.section["sources"]["ecodevice"] |= {"user": "me", "password": "secret"}
    assert (await findings(home))["ecodevice"].is_well


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_the_box_is_asked_in_both_its_ways(home: Home, form: str) -> None:
    home.fix(d2026_01_05="RED")
    home.sources("ecodevice")
    home.section["sources"]["ecodevice"]["format"] = form
    home.travel("2026-01-05 12:00")
    assert "today red" in (await findings(home))["ecodevice"].text


async def test_a_topic_on_which_nobody_speaks_is_named(home: Home) -> None:
    home.section["sources"] = {"tic": {"topic": TOPIC, "preset": "tasmota"}}
    found = (await findings(home))["tic"]
    assert not found.is_well
    assert f"nothing of a Tempo day came on {TOPIC} within 10 s" in found.text


@pytest.mark.e2e
async def test_day_ahead_prices_on_a_broker_are_described(home: Home, broker: Broker) -> None:
    day_ahead = {"topic": "prices/day_ahead", "items": "", "start": "t", "price": "p"}
    home.section = {"contract": {"kind": "dynamic", "day_ahead": day_ahead}}
    found = (await findings(home, broker.settings))["day_ahead_topic"]
    assert "nothing came on prices/day_ahead" in found.text


@pytest.mark.e2e
async def test_ballast_check_tries_the_sources_of_the_file(home: Home, broker: Broker, tmp_path: Path) -> None:
    home.sources("rte")
    home.web.trouble["rte"] = 404
    file = written(tmp_path, broker, site={"timezone": "Europe/Paris"}, tempo=home.section)
    found = {finding.device: finding for finding in await _try(load(file, sections(), {}), home.clock, blink=False)}
    assert found["broker as ems-tempo"].is_well
    assert "refuses (HTTP 404)" in found["rte"].text

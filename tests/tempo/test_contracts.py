"""Other contracts than Tempo through the whole service, and mistakes in the file."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from pydantic import ValidationError

from common.clock import Clock
from common.config import load
from common.contract import TARIFF, Envelope, encode
from common.errors import ConfigError
from services.cli.accounts import service_account
from services.simulator.p1_meter.listening import Listening
from services.tempo.config import Config
from services.tempo.contracts import TempoPrice
from services.tempo.hours import DAY
from tests.tempo.home import Home
from tests.tempo.times import at

FLAT = {"kind": "flat", "prices": [{"eur_per_kwh": 0.2001}]}
HPHC = {"kind": "hphc", "off_peak": ["22:30-06:30"], "prices": [{"hp": 0.2142, "hc": 0.1589}]}
LISTS = {"start": "unix_seconds", "price": "price", "scale": 0.001}
MOST_KIB = 32


class PriceServer(Listening):
    """Day-ahead prices, as an exchange's mirror tells them: tomorrow's from 13:00 on."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("127.0.0.1", 0, 0)
        self._clock = clock
        self.asked = 0

    async def plug_in(self) -> None:
        app = web.Application()
        app.router.add_get("/price", self._prices)
        self.http_port = await self._listen(app, self.http_port, None)

    async def _prices(self, request: web.Request) -> web.Response:
        self.asked += 1
        if request.headers.get("Authorization") != "Bearer me":
            raise web.HTTPForbidden
        now = self._clock.now()
        days = 2 if now >= at("2026-01-06 13:00") else 1
        return web.json_response(prices(days))


def prices(days: int, first: str = "2026-01-06 00:00") -> dict[str, list[Any]]:
    """Quarter hours: cheap at night, dear in the evening."""
    start = round(at(first).timestamp())
    starts = [start + 900 * number for number in range(96 * days)]
    return {"unix_seconds": starts, "price": [50.0 + 2 * (number % 96) for number in range(len(starts))]}


def terms(home: Home) -> list[tuple[object, ...]]:
    return [(slot.band, slot.price_eur_per_kwh, slot.severity, slot.certainty) for slot in home.state.slots]


@pytest.mark.virtual
async def test_a_flat_contract_needs_nothing_and_tells_one_price(home: Home) -> None:
    capacity = {"eur_per_kw_year": 45.0, "floor_w": 2500}
    home.section = {"contract": FLAT, "capacity": capacity, "export": {"prices": [{"eur_per_kwh": 0.04}]}}
    home.travel("2026-01-06 12:00")
    await home.ready()
    state = home.state
    assert (state.contract, state.price_eur_per_kwh, state.export_eur_per_kwh) == ("flat", 0.2001, 0.04)
    assert (state.peak_eur_per_kw_year, state.peak_floor_w, state.peak_window_s) == (45.0, 2500.0, 900)
    assert terms(home) == [("flat", 0.2001, 0, "final")]
    assert (state.tomorrow_severity, state.source, state.disputed) == (0, None, False)
    await home.clock.sleep(200)
    assert home.alerts() == {}


@pytest.mark.virtual
async def test_hphc_changes_at_its_hours(home: Home) -> None:
    home.section = {"contract": HPHC}
    home.travel("2026-01-06 22:29:50")
    await home.ready()
    assert (home.state.band, home.state.price_eur_per_kwh) == ("peak", 0.2142)
    await home.until("2026-01-06 22:30:01")
    assert (home.state.band, home.state.price_eur_per_kwh) == ("off_peak", 0.1589)
    assert home.events() == []


@pytest.mark.virtual
async def test_day_ahead_prices_come_from_an_address_once_a_day(home: Home) -> None:
    server = PriceServer(home.clock)
    await server.plug_in()
    source = {"url": f"http://127.0.0.1:{server.http_port}/price", "headers": {"Authorization": "Bearer me"}, **LISTS}
    formula = {"add_eur_per_kwh": 0.1, "vat_pct": 20}
    home.section = {"contract": {"kind": "dynamic", "day_ahead": source, "formula": formula}}
    home.travel("2026-01-06 08:00")
    await home.ready()
    assert home.state.price_eur_per_kwh == pytest.approx((0.05 + 0.064 + 0.1) * 1.2)
    assert (home.state.tomorrow_severity, home.state.tomorrow_certainty) == (None, "unknown")
    await home.until("2026-01-06 14:00")
    assert (home.state.tomorrow_severity, home.state.tomorrow_certainty) == (0, "final")
    assert home.state.valid_until_ms == round(at("2026-01-08 00:00").timestamp() * 1000)
    await home.until("2026-01-06 16:00")
    assert server.asked <= 3
    await server.unplug()
    home.travel("2026-01-08 01:00")
    await home.clock.sleep(120)
    assert (home.state.price_eur_per_kwh, home.state.certainty) == (None, "unknown")
    assert "today_unknown" in home.alerts()


@pytest.mark.virtual
async def test_day_ahead_prices_come_from_a_topic_and_may_be_kept_there(home: Home) -> None:
    topic = {"topic": "prices/day_ahead", **LISTS}
    home.section = {"contract": {"kind": "dynamic", "day_ahead": topic, "dear_from_eur_per_kwh": [0.15, 0.2]}}
    home.travel("2026-01-06 08:00")
    home.bus.publish("prices/day_ahead", orjson.dumps(prices(2)), True)
    await home.ready()
    assert (home.state.price_eur_per_kwh, home.state.severity) == (0.114, 0)
    assert home.state.tomorrow_severity == 2
    home.bus.publish("prices/day_ahead", b"rubbish", False)
    await home.clock.sleep(100)
    assert home.state.price_eur_per_kwh == 0.114


@pytest.mark.virtual
async def test_all_quarter_hours_that_are_told_stay_below_32_kib(home: Home) -> None:
    day_ahead = {"topic": "prices/day_ahead", **LISTS}
    contract = {"kind": "dynamic", "day_ahead": day_ahead, "export_formula": {"factor": 0.93}}
    home.section = {"contract": contract}
    home.travel("2026-10-24 13:00")
    told = prices(4, "2026-10-24 00:00")
    told["price"] = [-123.456789 - number for number in range(len(told["price"]))]
    home.bus.publish("prices/day_ahead", orjson.dumps(told), False, kept=True)
    home.bus.retained["prices/day_ahead"] = orjson.dumps(told)
    await home.ready()
    envelope = Envelope(v=1, ts_ms=10**13, seq=10**6, boot="abcdef", src="site-17-ems-tempo")
    assert len(home.state.slots) >= 47 * 4
    assert len(encode(envelope, home.state)) <= MOST_KIB * 1024
    assert TARIFF.retain


# ---- The file ------------------------------------------------------------------------------------------------------


def section(**told: Any) -> Config:  # as an owner writes it
    return Config.model_validate_json(json.dumps(told))


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "contract"),
        ({"contract": {"kind": "tempo"}}, "needs at least one of the `sources`"),
        ({"contract": FLAT, "sources": {"rte": {}}}, "only a Tempo contract"),
        ({"contract": {"kind": "ejp"}}, "tempo"),
        ({"contract": {**HPHC, "off_peak": ["22-6"]}}, "pattern"),
        ({"contract": {**HPHC, "off_peak": []}}, "at least 1"),
        ({"contract": {**HPHC, "prices": [{"hp": 21.42, "hc": 0.1}]}}, "less than 2"),
        ({"contract": {"kind": "dynamic", "day_ahead": {"start": "a", "price": "b"}}}, "`url` or a `topic`"),
        ({"contract": {"kind": "tempo"}, "sources": {"tic": {"topic": "t"}}}, "preset"),
        ({"contract": {"kind": "tempo"}, "sources": {"tic": {"topic": "t/#", "preset": "tasmota"}}}, "pattern"),
        ({"contract": {"kind": "tempo", "red_from": "13-01"}, "sources": {"rte": {}}}, "pattern"),
        ({"contract": {"kind": "tempo", "assume_at": "05:00"}, "sources": {"rte": {}}}, "evening"),
        ({"contract": FLAT, "export": {}}, "either"),
        ({"contract": FLAT, "export": {"as_import": True, "prices": [{"eur_per_kwh": 1}]}}, "either"),
    ],
)
def test_mistakes_are_found(told: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        section(**told)


def test_exchanged_prices_are_a_mistake() -> None:
    prices = dict.fromkeys(("blue_hc", "white_hc", "red_hc"), 0.1) | {
        "blue_hp": 0.2,
        "white_hp": 0.2,
        "red_hp": 0.05,
    }
    with pytest.raises(ValidationError, match="red_hc is not below red_hp"):
        TempoPrice.model_validate_json(json.dumps({"valid_from": "2026-08-01", **prices}))


def test_the_owner_is_told_line_and_example(tmp_path: Path) -> None:
    file = tmp_path / "ballast.yaml"
    file.write_text("tempo:\n  contract: {kind: temp}\n  sources:\n    ecodevice: {hots: 192.168.1.40}\n")
    with pytest.raises(ConfigError) as mistakes:
        load(file, {"tempo": Config}, {})
    told = str(mistakes.value)
    assert f"{file}:2: tempo.contract.kind: found 'temp'" in told
    assert "did you mean 'host'?" in told


def test_rights_are_to_tell_of_the_tariff_and_to_read_what_is_named() -> None:
    told = section(contract={"kind": "tempo"}, sources={"tic": {"topic": "tele/linky/SENSOR", "preset": "tasmota"}})
    rights = {(right.access, right.topic) for right in service_account("ems", "tempo", told).rights}
    assert {right for right in rights if "ems-tempo" not in right[1]} == {
        ("write", "ems/tariff/main/state"),
        ("write", "ems/tariff/main/event"),
        ("read", "tele/linky/SENSOR"),
        ("read", "homeassistant/status"),
    }


def test_prices_of_the_owner_replace_those_that_are_shipped() -> None:
    own = {"valid_from": "2030-01-01", "blue_hc": 0.1, "blue_hp": 0.2, "white_hc": 0.2, "white_hp": 0.3,
           "red_hc": 0.3, "red_hp": 0.9}  # fmt: skip
    contract = section(contract={"kind": "tempo", "prices": [own]}, sources={"rte": {}}).contract
    assert contract.kind == "tempo"
    day = at("2030-01-01 12:00").date()
    assert contract.table().price(day, 2, "peak") == 0.9
    assert contract.table().price(day - DAY, 2, "peak") is None

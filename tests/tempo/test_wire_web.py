"""What the box and the servers of the web answer, whole, broken and degraded."""

from collections.abc import Callable
from datetime import date, time

import orjson
import pytest

from common.errors import DeviceUnintelligible
from services.tempo.calendar import DAY
from services.tempo.knowledge import Word
from services.tempo.wire import couleur, ecodevice, rte
from services.tempo.wire.days import Hearing
from tests.tempo.times import BLUE, RED, TEMPO, WHITE, at, word

PARSERS: tuple[Callable[[bytes, Hearing], tuple[Word, ...]], ...] = (rte.feed, rte.calendar, couleur.days)


def hearing(now: str, binding: time = time(10, 40)) -> Hearing:
    return Hearing("rte", TEMPO, at(now), binding)


def feed(now: str, **values: str) -> tuple[Word, ...]:
    told = {name.replace("_", "-").removeprefix("d"): value for name, value in values.items()}
    return rte.feed(orjson.dumps({"values": told}), hearing(now))


def value(day: str, zone: str = "+01:00", **more: object) -> dict[str, object]:
    return {"start_date": f"{day}T00:00:00{zone}", "end_date": "x", "updated_date": "x", **more}


def official(*values: dict[str, object], now: str = "2026-01-06 12:00") -> tuple[Word, ...]:
    return rte.calendar(orjson.dumps({"tempo_like_calendars": {"start_date": "x", "values": values}}), hearing(now))


def test_the_feed_tells_two_days() -> None:
    told = feed(
        "2026-01-06 11:00",
        d2026_01_06="BLUE", d2026_01_06_fallback="false", d2026_01_07="RED", d2026_01_07_fallback="false",
    )  # fmt: skip
    assert told == (word("2026-01-06", BLUE), word("2026-01-07", RED))


@pytest.mark.promise("5.8-05")
def test_an_absent_day_is_not_known_and_not_blue() -> None:
    assert feed("2026-01-06 11:00", d2026_01_06="RED") == (word("2026-01-06", RED),)
    assert feed("2026-01-06 11:00", d2026_01_07="", d2026_01_08="NONE", today="RED") == ()


def test_what_was_decided_in_the_degraded_way_is_not_binding() -> None:
    told = feed("2026-01-06 11:00", d2026_01_07="RED", d2026_01_07_fallback="true")
    assert told == (word("2026-01-07", RED, is_final=False),)


@pytest.mark.parametrize(("now", "is_final"), [("07:00", False), ("10:39:59", False), ("10:40", True)])
def test_what_is_shown_early_in_the_morning_may_still_change(now: str, is_final: bool) -> None:
    assert feed(f"2026-01-06 {now}", d2026_01_07="WHITE") == (word("2026-01-07", WHITE, is_final=is_final),)


def test_the_community_copies_it_later() -> None:
    body = orjson.dumps([{"dateJour": "2026-01-07", "codeJour": 2}])
    early, late = (couleur.days(body, hearing(f"2026-01-06 {now}", couleur.BINDING))[0] for now in ("11:59", "12:00"))
    assert (early.is_final, late.is_final) == (False, True)


def test_the_official_days_run_from_midnight_in_its_own_zone_and_may_lack_a_colour() -> None:
    told = official(
        value("2026-01-07", value="RED"),
        value("2026-01-06"),
        value("2026-01-05", value="PURPLE"),
        value("2026-01-04", zone="", value="RED"),
        {**value("2026-01-02"), "start_date": "2026-01-02T23:00:00Z", "value": "WHITE"},
    )
    assert told == (word("2026-01-07", RED), word("2026-01-03", WHITE))


def test_a_fallback_of_the_official_api_is_not_binding() -> None:
    assert official(value("2026-01-07", value="BLUE", fallback=True)) == (word("2026-01-07", BLUE, is_final=False),)


@pytest.mark.parametrize(
    ("first", "last", "zones"),
    [("2026-01-06", "2026-01-08", ("01", "01")), ("2026-03-28", "2026-03-30", ("01", "02"))],
)
def test_the_official_api_is_asked_from_midnight_to_midnight(first: str, last: str, zones: tuple[str, str]) -> None:
    """`last` is the midnight after the last day."""
    path = rte.calendar_path(date.fromisoformat(first), date.fromisoformat(last) - DAY, TEMPO)
    start, end = (f"{day}T00%3A00%3A00%2B{zone}%3A00" for day, zone in zip((first, last), zones, strict=True))
    assert path == f"{rte.CALENDAR}?start_date={start}&end_date={end}&fallback_status=true"


def test_the_community_tells_codes_and_0_is_unknown() -> None:
    body = orjson.dumps(
        [{"dateJour": "2026-01-05", "codeJour": 1, "libCouleur": "Bleu", "periode": "2025-2026"},
         {"dateJour": "2026-01-06", "codeJour": 3}, {"dateJour": "2026-01-07", "codeJour": 0},
         {"dateJour": "2026-01-08", "codeJour": 4}]
    )  # fmt: skip
    assert couleur.days(body, hearing("2026-01-06 13:00")) == (word("2026-01-05", BLUE), word("2026-01-06", RED))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>not now</html>", b"[]x", b'{"values": 3}', b'{"values": {"2026-01-06": 3}}', b"null", b"\xff",
     b'{"tempo_like_calendars": {}}', b'[{"dateJour": "soon", "codeJour": 1}]', b'{"error": "T03"}', b"[" * 5000],
)  # fmt: skip
@pytest.mark.parametrize("parser", PARSERS)
def test_anything_else_is_named_and_said_nothing_by(
    parser: Callable[[bytes, Hearing], tuple[Word, ...]], body: bytes
) -> None:
    with pytest.raises(DeviceUnintelligible, match="not what"):
        parser(body, hearing("2026-01-06 12:00"))


def test_a_token_is_read_and_a_refusal_is_none() -> None:
    assert rte.token(b'{"access_token": "abc", "token_type": "Bearer", "expires_in": 7200}').expires_in == 7200
    with pytest.raises(DeviceUnintelligible):
        rte.token(b'{"error": "invalid_client"}')


JSON = b'{"product":"Eco-devices","T1_PTEC":"HCJB","T1_DEMAIN":"ROUG","T1_PAPP":1310,"T2_PTEC":"----","INDEX_C1":28.5}'
XML = b"""<response>
<!-- \xe9 -->
<T1_OPTARIF>BBR*</T1_OPTARIF>
<T1_PTEC>HPJB</T1_PTEC>
<T1_DEMAIN>
ADC</T1_DEMAIN>
</response>"""


def test_the_box_tells_in_json_and_in_xml() -> None:
    assert ecodevice.labels(JSON, "json", 1) == {"PTEC": "HCJB", "DEMAIN": "ROUG"}
    assert ecodevice.labels(JSON, "json", 2) == {"PTEC": "----"}
    assert ecodevice.labels(XML, "xml", 1) == {"OPTARIF": "BBR*", "PTEC": "HPJB", "DEMAIN": "ADC"}


@pytest.mark.parametrize("cut", range(0, len(JSON), 7))
def test_half_an_answer_of_the_box_is_never_half_used(cut: int) -> None:
    with pytest.raises(DeviceUnintelligible):
        ecodevice.labels(JSON[:cut], "json", 1)


@pytest.mark.parametrize(
    ("body", "form", "number"), [(b"[]", "json", 1), (b"{}", "json", 1), (XML, "xml", 2), (b"<html/>", "xml", 1)]
)
def test_what_is_no_box_is_named(body: bytes, form: ecodevice.Format, number: int) -> None:
    with pytest.raises(DeviceUnintelligible):
        ecodevice.labels(body, form, number)

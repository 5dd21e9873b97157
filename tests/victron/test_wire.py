"""The GX's payloads, both ways: as a real one says them, as rubbish, and as it wants them."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DeviceUnintelligible
from services.victron import wire
from services.victron.mirror import Mirror
from services.victron.situation import Situation, look

PORTAL = "c0619ab27f32"


def said(path: str, payload: bytes) -> wire.Said:
    """One notification."""
    return wire.read(PORTAL, f"N/{PORTAL}/{path}", payload)


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b'{"value":-312.29998779296875}', -312.29998779296875),
        (b'{"value": 50}', 50.0),
        (b'{"max":100.0,"min":0.0,"value":25.0}', 25.0),
        (b'{"value":"ESS"}', "ESS"),
        (b'{"value":null}', None),
        (b'{"value":[1,2]}', None),
        (b'{"value":true}', None),
    ],
)
def test_a_value_is_what_stands_there(payload: bytes, value: wire.Value) -> None:
    assert said("system/0/Hub", payload) == wire.Said("system/0/Hub", value)


def test_an_empty_payload_is_a_device_that_is_gone_and_a_null_is_not() -> None:
    assert said("pvinverter/36/Ac/Power", b"").is_gone
    assert not said("pvinverter/36/Ac/Power", b'{"value":null}').is_gone


def test_the_echo_of_a_full_publication_is_heard() -> None:
    payload = b'{"full-publish-completed-echo":"Ucq2YLVt6ZWdgUNf","value":1770636002}'
    assert said(wire.COMPLETED, payload).echo == "Ucq2YLVt6ZWdgUNf"
    assert said(wire.COMPLETED, b'{"value":1770636062}').echo is None
    asked = orjson.loads(wire.published_in_full("Ucq2YLVt6ZWdgUNf"))
    assert asked == {"keepalive-options": [{"full-publish-completed-echo": "Ucq2YLVt6ZWdgUNf"}]}


@given(st.text(max_size=40), st.binary(max_size=80))
def test_whatever_comes_is_read_or_refused(path: str, payload: bytes) -> None:
    try:
        found = said(path, payload)
    except DeviceUnintelligible:
        return
    assert found.path == path


def test_another_gxs_topics_are_none_of_ours() -> None:
    with pytest.raises(DeviceUnintelligible, match="no topic of"):
        wire.read(PORTAL, "N/aaaaaaaaaaaa/heartbeat", b'{"value":1}')


@pytest.mark.parametrize(
    ("value", "payload"), [(98.0, '{"value":98}'), (-412.5, '{"value":-412.5}'), (None, '{"value":null}')]
)
def test_a_whole_number_is_written_as_one(value: float | None, payload: str) -> None:
    assert wire.written(value) == payload


@pytest.mark.parametrize(("number", "path"), [(1, "Relay/Function"), (2, "Relay/1/Function")])
def test_the_functions_of_the_relays_have_odd_names(number: int, path: str) -> None:
    assert wire.relay_function(number) == f"settings/0/Settings/{path}"


def recorded(folder: Path, name: str, mirror: Mirror | None = None) -> Mirror:
    """What a file of topics and payloads leaves in a mirror."""
    mirror = mirror or Mirror()
    for line in (folder / "protocols" / "samples" / "victron" / name).read_text().splitlines():
        topic, _, payload = line.partition("\t")
        if topic.startswith(f"N/{PORTAL}/"):
            mirror.take(wire.read(PORTAL, topic, payload.encode()))
    return mirror


def test_a_three_phase_system_is_understood(shared: Path) -> None:
    seen = look(recorded(shared, "full_publish_ess_3phase.tsv"))
    assert seen == Situation(
        grid_w=4642,
        phases_w=(1962, 972.5, 1806),
        import_kwh=24214.26953125,
        export_kwh=274.0799865722656,
        battery_w=1490 - 260 + 310.4599914550781,
        soc_pct=64.69999694824219,
        temperature_c=27.600000381469727,
        production_w=122 + 310.4599914550781,
        limit_pct=30,
        state=2,
        minimum_pct=30,
        target_pct=90,
        schedule_on=True,
        has_ess=True,
        master="schedule",
        rated_w=13_200,
        charge_limit_w=29.600000381469727 * 52.209999084472656,
        discharge_limit_w=100 * 52.209999084472656,
        product="MultiPlus-II 48/5000/70-50",
    )
    assert seen.is_known
    assert seen.battery_life is True


def test_what_happens_in_an_evening_leaves_nothing_at_zero(shared: Path) -> None:
    mirror = recorded(shared, "full_publish_ess_3phase.tsv")
    seen = look(recorded(shared, "events.tsv", mirror))
    assert seen.soc_pct is None
    assert seen.production_w == 310.4599914550781  # the chargers' part alone is known now
    assert not seen.is_known


def test_of_an_empty_mirror_nothing_is_known() -> None:
    assert look(Mirror()) == Situation()


def test_a_house_without_a_grid_meter_is_summed_over_what_is_known() -> None:
    mirror = Mirror()
    mirror.take(said("system/0/Ac/Grid/L1/Power", b'{"value":100}'))
    mirror.take(said("system/0/Ac/Grid/L2/Power", b'{"value":null}'))
    mirror.take(said("system/0/Ac/Grid/L3/Power", b'{"value":-40}'))
    assert look(mirror).grid_w == 60


def test_strangers_cannot_make_the_mirror_grow_for_ever() -> None:
    mirror = Mirror()
    for number in range(6000):
        mirror.take(said(f"system/0/Invented/{number}", b'{"value":1}'))
    assert not mirror.knows("system/0/Invented/5999")

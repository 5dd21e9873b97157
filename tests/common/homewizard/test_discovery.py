"""Who is on the network: what announcements mean, and a real search by mDNS on the loopback."""

import sys
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from common.clock import Clock
from common.homewizard import DiscoveryFailed, discover, find
from common.homewizard.announcement import Found, Record, merged
from tests.announcing import LOOPBACK, announced

SAMPLES = Path(__file__).parents[2] / "samples" / "homewizard"
RECORDS = [Record(**entry) for entry in orjson.loads((SAMPLES / "mdns.json").read_bytes())]


def by_serial(records: list[Record]) -> dict[str, Found]:
    """Devices, for looking up."""
    return {found.serial: found for found in merged(records)}


def test_a_device_of_two_generations_is_one_device() -> None:
    """homewizard.md 2: a P1 shows up under both services with the same serial."""
    assert by_serial(RECORDS)["aabbcc0d1e20"] == Found(
        serial="aabbcc0d1e20",
        product_type="HWE-P1",
        name="Meter cupboard",
        host="192.168.7.20",
        generations=(1, 2),
        v1_enabled=True,
        http_port=80,
        https_port=443,
    )


def test_the_order_of_announcements_does_not_matter() -> None:
    results = {merged(list(order)) for order in permutations(RECORDS[:3])}
    assert len(results) == 1


def test_a_switched_off_api_is_told_from_one_that_is_not_there() -> None:
    found = by_serial(RECORDS)
    assert (found["aabbcc0d1e30"].v1_enabled, found["aabbcc0d1e30"].generations) == (False, (1,))
    assert (found["aabbcc0d1e31"].v1_enabled, found["aabbcc0d1e31"].generations) == (None, (2,))


def test_a_product_from_the_future_is_kept() -> None:
    """homewizard.md 2: an open set, do not crash."""
    assert by_serial(RECORDS)["aabbcc0d1e32"].product_type == "HWE-XYZ"


def test_who_does_not_tell_its_serial_is_left_out() -> None:
    assert len(merged(RECORDS)) == 4


def test_the_samples_on_record_are_understood(shared: Path) -> None:
    recorded = orjson.loads((shared / "protocols/samples/homewizard/mdns_txt_records.json").read_bytes())
    records = [Record(service, "192.0.2.9", entry["port"], entry["txt"]) for service, entry in recorded.items()]
    [found] = merged(records)
    assert (found.product_type, found.generations, found.v1_enabled) == ("HWE-P1", (1, 2), True)


@pytest.mark.real_time
async def test_devices_on_the_network_are_found(clock: Clock) -> None:
    async with announced(*RECORDS[:4]):
        found = {device.serial: device for device in await discover(clock, listen_s=0.5, interfaces=LOOPBACK)}
    assert {"aabbcc0d1e20", "aabbcc0d1e30", "aabbcc0d1e31"} <= found.keys()
    assert (found["aabbcc0d1e20"].host, found["aabbcc0d1e20"].generations) == ("127.0.0.1", (1, 2))


@pytest.mark.real_time
async def test_one_device_is_found_as_soon_as_it_answers(clock: Clock) -> None:
    async with announced(*RECORDS[:3]):
        began_s = clock.monotonic()
        found = await find("aabbcc0d1e20", clock, listen_s=5, interfaces=LOOPBACK)
        assert clock.monotonic() - began_s < 2
    assert found is not None
    assert (found.http_port, found.https_port) == (80, 443)


@pytest.mark.real_time
async def test_who_is_not_there_is_not_found(clock: Clock) -> None:
    assert await find("000000000000", clock, listen_s=0.2, interfaces=LOOPBACK) is None


async def test_without_the_library_it_says_how_to_get_it(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "common.homewizard.mdns", None)
    with pytest.raises(DiscoveryFailed, match=r"ballast\[discover\]"):
        await discover(clock)


async def test_without_a_network_it_says_so(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def browse(*_: object) -> list[Record]:
        raise OSError("no such device")

    monkeypatch.setitem(sys.modules, "common.homewizard.mdns", SimpleNamespace(browse=browse))
    with pytest.raises(DiscoveryFailed, match="no such device"):
        await discover(clock)

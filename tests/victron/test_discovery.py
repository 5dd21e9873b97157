"""A GX is found by its name, and what is printed can be pasted."""

from pathlib import Path

import pytest

from common.clock import Clock
from common.config import load
from services.cli.discover import page
from services.cli.ports import free_port
from services.simulator.victron import GxBroker
from services.victron.config import Config
from services.victron.discovery import Found, Security, discover


async def test_the_first_door_that_is_open_is_taken(clock: Clock) -> None:
    shut = free_port()
    async with GxBroker(lambda topic, payload: None) as broker:
        doors: tuple[tuple[int, Security], ...] = ((shut, "tls"), (broker.port, "plain"))
        assert await discover(clock, "127.0.0.1", doors) == Found("127.0.0.1", broker.port, "plain")
    assert await discover(clock, "127.0.0.1", ((shut, "tls"),)) == Found("127.0.0.1")


@pytest.mark.parametrize(
    ("found", "door"),
    [
        (Found("192.168.1.60", 8883), 8883),
        (Found("192.168.1.60", 1883, "plain"), 1883),
        (Found("192.168.1.60"), 8883),
    ],
)
def test_what_is_printed_loads(tmp_path: Path, found: Found, door: int) -> None:
    lines = page([], [], found)
    (tmp_path / "ballast.yaml").write_text("\n".join(lines) + "\n")
    pasted = load(tmp_path / "ballast.yaml", {"victron": Config}, {}).section("victron", Config)
    system = pasted.systems["gx_battery"]
    assert (system.host, system.door) == ("192.168.1.60", door)
    assert any("MQTT access" in line for line in lines) is (found.port is None)

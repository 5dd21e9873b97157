"""A device is where its owner wrote, until the network says otherwise, and there again when it says nothing."""

from common.clock import Clock
from common.homewizard import DiscoveryFailed, Found
from common.homewizard.located import Located

SERIAL = "aabbcc0d1e2f"


class Network:
    """What mDNS answers."""

    def __init__(self) -> None:
        self.answer: Found | None = None
        self.asked: list[str] = []
        self.is_broken = False

    async def locate(self, serial: str, clock: Clock) -> Found | None:
        self.asked.append(serial)
        if self.is_broken:
            raise DiscoveryFailed("no interface")
        return self.answer


def device(network: Network, clock: Clock, serial: str | None = SERIAL) -> Located:
    return Located("192.168.1.30", 80, 443, serial=serial, clock=clock, locate=network.locate)


def where(found: Located) -> tuple[str, int, int]:
    return found.host, found.http_port, found.https_port


async def test_it_is_where_it_was_found_and_back_where_it_was_written(clock: Clock) -> None:
    network = Network()
    network.answer = Found(
        serial=SERIAL,
        product_type="HWE-SKT",
        name="plug",
        host="192.168.1.77",
        generations=(1,),
        v1_enabled=True,
        http_port=8080,
        https_port=None,
    )
    found = device(network, clock)
    await found.look_up()
    assert where(found) == ("192.168.1.77", 8080, 443)
    network.answer = None
    await found.look_up()
    assert where(found) == ("192.168.1.30", 80, 443)


async def test_a_network_that_cannot_be_asked_changes_nothing(clock: Clock) -> None:
    network = Network()
    network.is_broken = True
    found = device(network, clock)
    await found.look_up()
    assert where(found) == ("192.168.1.30", 80, 443)


async def test_a_device_nobody_knows_by_serial_is_not_looked_for(clock: Clock) -> None:
    network = Network()
    await device(network, clock, serial=None).look_up()
    assert not network.asked

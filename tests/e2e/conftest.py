"""A house set up by `ballast setup`, and the broker we ship with its passwords and rights."""

from collections.abc import Iterator

import pytest

from services.cli.__main__ import run
from services.cli.acl import MARKER
from tests.brokers import MOSQUITTO, WITHOUT, Broker, start_shipped_broker

YAML = """\
mqtt: {password_dir: secrets}
p1: {host: 192.168.1.20}
homewizard:
  sockets: {boiler: {host: 192.168.1.30}}
  meters: {roof: {host: 192.168.1.31, measures: pv}}
udp_battery: {batteries: {garage: {host: 192.168.1.21}}}
victron: {systems: {attic: {host: 192.168.1.60}}}
pzem:
  meters: {wash: {topic: smeter/pzem/LAVE}}
  dimmers: {heater: {topic: regul/vload/ECS}}
relay:
  tasmota: {pump: {topic: tasmota_1}}
  requests: {hall: {heat: {topic: thermostat/hall/heat}}}
domoticz: {push: [{idx: 12, device: meter/p1, kind: p1}]}
notifier: {}
balancer: {order: [garage]}
"""
WITNESS = "witness"
"""An account of the owner's own that sees and may do everything."""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The shipped broker, with every account, and a witness."""
    if MOSQUITTO is None:
        pytest.skip(WITHOUT)
    house = tmp_path_factory.mktemp("house")
    (house / "ballast.yaml").write_text(YAML)
    (house / "mosquitto").mkdir()
    own = f"user {WITNESS}\ntopic readwrite #\ntopic read $SYS/#\n"
    (house / "mosquitto" / "acl").write_text(f"{MARKER}\n{own}")
    assert run(["setup", "--folder", str(house)]) == 0
    with start_shipped_broker(house) as broker:
        yield broker

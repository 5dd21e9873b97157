"""The whole bridge at a GX on real sockets: TLS with the certificate of the first visit, passwords, restarts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from common.clock import Clock
from common.service import Runtime
from services.simulator.victron import GxFake
from services.victron.bridge import session
from services.victron.check import check
from services.victron.config import Config
from tests.victron.home import PARIS, Home

SETPOINT = "hub4/0/Overrides/Setpoint"


class RealHome(Home):
    """The same house; the bridge finds its GX on the network."""

    async def session(self, runtime: Runtime[Config]) -> None:
        await session(runtime)


def pin(folder: Path) -> Path:
    """Where the certificate of the first visit is kept."""
    return folder / "victron-cellar.pem"


@asynccontextmanager
async def at_home(clock: Clock, folder: Path, *, is_secured: bool) -> AsyncIterator[tuple[RealHome, GxFake]]:
    """A house with a GX on a port of its own."""
    async with (
        RealHome(clock, folder) as home,
        GxFake(home.house, home.battery, clock, PARIS, is_secured=is_secured) as fake,
    ):
        home.gx = fake.program
        home.have(host="127.0.0.1", port=fake.broker.port, security="tls" if is_secured else "plain")
        yield home, fake
        home.let_go()
        await home.stop()


@pytest.mark.promise("5.8-10")
async def test_orders_and_reserves_go_over_tls_to_whatever_broker_is_named(clock: Clock, tmp_path: Path) -> None:
    """A simulated GX is as good as a real one to try the settings on: it is reached by `host` and `port` alone."""
    async with at_home(clock, tmp_path, is_secured=True) as (home, fake):
        fake.broker.password = "geheim"
        home.have(password="geheim")
        await home.ready()
        assert "BEGIN CERTIFICATE" in pin(tmp_path).read_text()
        assert pin(tmp_path).stat().st_mode & 0o777 == 0o600
        home.renew(1500.0)
        await home.hold(minimum=30, target=95, battery_life=False)
        await home.clock.sleep(15)
        assert home.battery.power_w == pytest.approx(1500, abs=30)
        assert (home.states()[-1].min_soc_pct, home.states()[-1].charge_target_pct) == (30, 95)
        home.let_go()
        await home.stop()
        assert home.inside(SETPOINT) is None
        assert "geheim" not in "".join(said.payload.decode() for said in home.said)


async def test_another_certificate_is_told_nothing(clock: Clock, tmp_path: Path) -> None:
    async with at_home(clock, tmp_path, is_secured=True) as (home, fake):
        await home.ready()
        await home.stop()
        fake.replace_certificate()
        home.have(password="geheim")
        count = len(fake.program.journal.entries)
        await home.ready(settle_s=40)
        assert "certificate-cellar" in home.alerts()
        assert fake.broker.guests == fake.broker.refused == 0  # not even the password was said
        assert len(fake.program.journal.entries) == count


async def test_a_wrong_password_is_told_and_tried_seldom(clock: Clock, tmp_path: Path) -> None:
    async with at_home(clock, tmp_path, is_secured=False) as (home, fake):
        fake.broker.password = "geheim"
        home.have(password="falsch")
        await home.ready(settle_s=100)
        assert "bad password" in home.alerts()["password-cellar"].text
        assert 1 <= fake.broker.refused <= 3
        await home.stop()
        home.have(password="geheim")
        await home.ready(settle_s=10)
        assert home.availability()[-1] == "online"


async def test_after_a_reboot_of_the_gx_the_order_in_force_is_carried_out_again(clock: Clock, tmp_path: Path) -> None:
    async with at_home(clock, tmp_path, is_secured=False) as (home, fake):
        await home.ready()
        home.renew(1500.0)
        await home.clock.sleep(15)
        await fake.reboot(dark_s=40)
        await home.clock.sleep(50)
        assert home.battery.power_w == pytest.approx(1500, abs=30)
        assert home.availability() == ["online", "offline", "online"]


async def test_a_check_finds_it_and_changes_nothing(clock: Clock, tmp_path: Path) -> None:
    async with at_home(clock, tmp_path, is_secured=True) as (home, fake):
        found = await check(home.config(), tmp_path, clock)
        assert [(each.device, each.is_well) for each in found] == [("cellar", True)]
        assert found[0].text.startswith("MultiPlus-II 48/5000/70-50: charge 60 %, ")
        assert fake.program.journal.writes() == []
        assert not pin(tmp_path).exists()
        fake.broker.password = "geheim"
        (locked,) = await check(home.config(), tmp_path, clock)
        assert not locked.is_well
        assert "bad password" in locked.text

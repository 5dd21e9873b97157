"""Set-points for the battery of an ESS: carried by an override of the meter's set-point, which wears nothing."""

import pytest

from tests.victron.home import Home

pytestmark = pytest.mark.virtual

SETPOINT = "hub4/0/Overrides/Setpoint"


@pytest.mark.parametrize("power_w", [1500.0, -400.0, 0.0])
async def test_an_order_is_carried_out_verified_and_measured(home: Home, power_w: float) -> None:
    await home.ready()
    home.renew(power_w)
    await home.clock.sleep(30)
    assert home.battery.power_w == pytest.approx(power_w, abs=20)
    assert home.states()[-1].power_w == pytest.approx(power_w, abs=20)
    assert home.acks()[-1].outcome in ("applied", "accepted")
    assert "applied" in [ack.outcome for ack in home.acks()]
    assert (home.controls()[-1].mode, home.states()[-1].mode) == ("leased", "setpoint")
    assert home.flash_writes() == 0

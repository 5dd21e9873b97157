"""Counters and spikes, from the dongle to the bus."""

from tests.p1.rig import Rig


async def test_a_spike_is_not_published_and_costs_one_reading(rig: Rig) -> None:
    """F15: a single impossible sample."""
    await rig.pair()
    async with rig.bridge(max_power_w=17_250.0):
        await rig.until_states(3)
        rig.fake.faults.spike_w = -32_768
        began_s = rig.clock.monotonic()
        await rig.until_states(5)
    assert all(abs(said.state.power_w or 0.0) < 1000 for said in rig.states)
    assert rig.states[-1].at_s - began_s < 8
    assert not rig.raised


async def test_impossible_power_that_stays_is_told_and_takes_the_meter_offline(rig: Rig) -> None:
    await rig.pair()
    async with rig.bridge(max_power_w=300.0):
        await rig.until(lambda: "implausible" in rig.alerts, "the alert", limit_s=10)
        assert "power_w" in rig.alerts["implausible"].text
        assert "max_power_w" in rig.alerts["implausible"].advice
        await rig.until(lambda: bool(rig.availability), "it is offline", limit_s=40)
        assert not rig.states
        assert "frozen" not in rig.alerts


async def test_a_glitch_of_a_counter_is_left_out_while_power_goes_on(rig: Rig) -> None:
    """homewizard.md 5.12, F17."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.faults.glitch_import_wh = 33_000
        began_s = rig.clock.monotonic()
        await rig.until(lambda: "implausible" in rig.alerts, "the alert", limit_s=8)
        glitched = rig.since(began_s + 1.4)
        assert len(glitched) >= 2
        assert {said.state.energy_import_t1_wh for said in glitched} == {None}
        rig.fake.faults.glitch_import_wh = None
        await rig.until(lambda: not rig.alerts, "it is over", limit_s=5)
    counters = [said.state.energy_import_t1_wh for said in rig.states if said.state.energy_import_t1_wh is not None]
    assert counters == sorted(counters)
    assert rig.states[-1].state.counter_reset_ms is None


async def test_an_exchanged_meter_is_believed_after_a_minute_and_its_date_survives_a_restart(rig: Rig) -> None:
    """homewizard.md 5.12: accept a persistent new level, with the time of the reset."""
    await rig.pair()
    async with rig.bridge():
        await rig.until_states(3)
        rig.fake.meter.exchange()
        exchanged_ms = rig.clock.wall_ms()
        await rig.until(lambda: rig.states[-1].state.counter_reset_ms is not None, "it is believed", limit_s=80)
        reset_ms = rig.states[-1].state.counter_reset_ms
        assert reset_ms is not None
        assert 60_000 <= reset_ms - exchanged_ms <= 66_000
    async with rig.bridge():
        await rig.until_states(2)
    assert rig.states[-1].state.counter_reset_ms == reset_ms

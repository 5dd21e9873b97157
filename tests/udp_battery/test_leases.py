"""A battery is under our order for as long as the lease lasts, and not a second longer; then it goes its own way."""

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import Clock
from services.simulator.marstek import Commanded, Expired, Faults, MarstekFake
from services.simulator.marstek.faults import perfect
from services.simulator.marstek.models import VENUS_A_147, VENUS_E3_150, Model
from services.simulator.physics import Battery, BatteryModel
from tests.udp_battery.home import Home
from tests.virtual import virtually


async def test_an_order_that_is_not_renewed_ends_in_the_automatic_mode(home: Home, clock: Clock) -> None:
    """I1, I2."""
    fake = await home.add()
    await home.ready()
    given_s = clock.monotonic()
    cmd_id = await home.order(600)
    await clock.sleep(100)
    passive, auto = fake.journal.commands()
    assert (passive.mode, auto.mode) == ("Passive", "Auto")
    assert auto.at_s - given_s == pytest.approx(90)
    assert home.outcomes(cmd_id)[-1] == "expired"
    assert home.controls()[-1].mode == "safe"


async def test_a_release_hands_the_battery_back_at_once(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready()
    await home.order(600)
    await clock.sleep(15)
    await home.order(action="release")
    await clock.sleep(5)
    assert fake.program.mode == "Auto"
    assert home.controls()[-1].mode == "autonomous"


async def test_the_dead_man_is_fed_at_half_time_though_nothing_changed(home: Home, clock: Clock) -> None:
    """Checklist 6."""
    fake = await home.add()
    await home.ready()
    home.renew(600)
    await clock.sleep(300)
    commands = fake.journal.commands()
    assert {command.power_w for command in commands} == {600}
    for earlier, later in pairwise(commands):
        assert earlier.until_s is not None
        half_s = (earlier.until_s - earlier.at_s) / 2
        assert half_s <= later.at_s - earlier.at_s <= half_s + 5
    assert not any(isinstance(entry, Expired) for entry in fake.journal.entries)


async def test_without_a_renewal_the_dead_man_is_not_fed(home: Home, clock: Clock) -> None:
    """There is nothing to give it: the timer runs to the end of the lease already."""
    fake = await home.add()
    await home.ready()
    await home.order(600)
    await clock.sleep(85)
    assert len(fake.journal.commands()) == 1


async def test_an_owner_may_want_a_shorter_dead_man(home: Home, clock: Clock) -> None:
    fake = await home.add(dead_man_max_s=40)
    await home.ready()
    home.renew(600)
    await clock.sleep(120)
    holds_s = [command.until_s - command.at_s for command in fake.journal.commands() if command.until_s]
    assert max(holds_s) == 40
    assert not any(isinstance(entry, Expired) for entry in fake.journal.entries)


async def test_when_the_bridge_dies_the_battery_stops_by_itself(home: Home, clock: Clock) -> None:
    """F31, checklist 6: killed, not stopped, so nobody says goodbye."""
    fake = await home.add(on_stop="keep")
    await home.ready()
    home.renew(600)
    await clock.sleep(70)
    home.let_go()
    await home.stop()
    await clock.sleep(100)
    assert fake.power_w == 0
    assert fake.program.mode == "Passive"
    ended_s = next(entry.at_s for entry in fake.journal.entries if isinstance(entry, Expired))
    last_order_s = max(said.at_s for said in home.said if said.topic == "battery/garage/cmd")
    assert ended_s <= last_order_s + 90 + 1


async def test_a_battery_found_in_passive_is_handed_back(home: Home, clock: Clock) -> None:
    """A former life of ours may have left it there."""
    fake = await home.add()
    fake.program.answer("ES.SetMode", {"config": {"mode": "Passive", "passive_cfg": {"power": 300, "cd_time": 60}}})
    await home.ready(settle_s=15)
    assert fake.program.mode == "Auto"
    assert home.controls()[-1].mode == "autonomous"


@pytest.mark.parametrize("mode", ["Auto", "AI", "Manual", "UPS"])
async def test_a_battery_found_autonomous_is_left_alone(home: Home, clock: Clock, mode: str) -> None:
    fake = await home.add()
    fake.program.choose(mode)
    await home.ready(settle_s=60)
    await home.stop()
    assert not fake.journal.asked("ES.SetMode")
    assert fake.program.mode == mode


async def test_another_program_that_holds_it_is_not_fought(home: Home, clock: Clock) -> None:
    """Handed back and seen free, it is no longer ours: whoever takes it then may have it."""
    fake = await home.add()
    await home.ready()
    await home.order(600, ttl_s=30)
    await clock.sleep(60)
    assert fake.program.mode == "Auto"
    fake.program.answer("ES.SetMode", {"config": {"mode": "Passive", "passive_cfg": {"power": 300, "cd_time": 60}}})
    await clock.sleep(30)
    assert fake.program.mode == "Passive"
    assert home.controls()[-1].mode == "manual"


@pytest.mark.promise("4.8-15")
@pytest.mark.parametrize(("on_stop", "mode", "power_w"), [("auto", "Auto", None), ("idle", "Passive", 0)])
async def test_on_a_clean_stop_it_is_handed_back_as_the_owner_wants(
    home: Home, clock: Clock, on_stop: str, mode: str, power_w: float | None
) -> None:
    """Checklist 10."""
    fake = await home.add(on_stop=on_stop)
    await home.ready()
    home.renew(600)
    await clock.sleep(20)
    before_s = clock.monotonic()
    await home.stop()
    last = fake.journal.commands()[-1]
    assert (last.mode, last.power_w) == (mode, power_w)
    assert clock.monotonic() - before_s <= 8
    assert home.controls()[-1].mode == ("autonomous" if on_stop == "auto" else "safe")


@pytest.mark.promise("4.8-15")
async def test_a_stop_during_losses_tries_more_than_once_but_not_for_ever(home: Home, clock: Clock) -> None:
    """Checklist 10: best effort, bounded."""
    fake = await home.add()
    await home.ready()
    home.renew(600)
    await clock.sleep(20)
    fake.faults.loss_in = 1.0
    before_s, written = clock.monotonic(), len(fake.journal.asked("ES.SetMode"))
    await home.stop()
    assert len(fake.journal.asked("ES.SetMode")) - written >= 2
    assert clock.monotonic() - before_s <= 8.5


async def test_a_hand_back_that_got_lost_is_repeated(home: Home, clock: Clock) -> None:
    """I2: 0 W by its own timer meanwhile."""
    fake = await home.add()
    await home.ready()
    await home.order(600, ttl_s=30)
    await clock.sleep(25)
    fake.faults.loss_in = 1.0
    await clock.sleep(20)
    assert fake.journal.setpoint_w(clock.monotonic()) is None
    fake.faults.loss_in = 0.0
    await clock.sleep(60)
    assert fake.program.mode == "Auto"


async def test_a_hand_back_that_was_not_obeyed_is_repeated(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready()
    await home.order(600, ttl_s=30)
    await clock.sleep(20)
    fake.faults.ignores = 1.0
    await clock.sleep(130)
    assert home.alerts()["follow-garage"].device == "garage"
    fake.faults.ignores = 0.0
    await clock.sleep(80)
    assert fake.program.mode == "Auto"
    assert "follow-garage" not in home.alerts()


async def test_an_owner_may_prefer_it_to_idle(home: Home, clock: Clock) -> None:
    fake = await home.add(safe_state="idle")
    await home.ready()
    await home.order(600, ttl_s=30)
    await clock.sleep(200)
    assert (fake.program.mode, fake.power_w) == ("Passive", 0)
    assert home.controls()[-1].mode == "safe"
    assert home.infos()[-1].safe_state == "idle"
    assert len(fake.journal.commands()) == 2


async def test_idle_is_kept_where_the_firmware_goes_its_own_way_after_its_timer(home: Home, clock: Clock) -> None:
    """Section 7: what a battery does after its timer differs; the design is safe for all."""
    firmware = Model(device="VenusE 3.0", version=150, after_passive="Auto")
    fake = await home.add(model=firmware, safe_state="idle")
    await home.ready()
    await home.order(600, ttl_s=30)
    await clock.sleep(400)
    assert fake.program.mode == "Passive"


async def test_a_bridge_stopped_before_it_knew_the_mode_says_nothing(home: Home, clock: Clock) -> None:
    """It might be the owner's Manual mode that it would end."""
    fake = await home.add()
    fake.program.choose("Manual")
    await home.ready(settle_s=1)
    await home.stop()
    assert [asked.method for asked in fake.journal.asked()] == ["Marstek.GetDevice"]


async def test_an_order_given_before_the_bridge_knows_the_battery_waits_for_its_name(home: Home, clock: Clock) -> None:
    """Checklist 5: asked first who it is, then commanded."""
    fake = await home.add()
    home.start()
    await clock.sleep(0.01)
    await home.order(600)
    await clock.sleep(8)
    methods = [asked.method for asked in fake.journal.asked()]
    assert methods[0] == "Marstek.GetDevice"
    assert "ES.SetMode" in methods
    assert fake.journal.commands()[-1].power_w == 600


orders = st.tuples(
    st.floats(0.5, 60), st.sampled_from([-800.0, -300.0, 0.0, 400.0, 2500.0]), st.sampled_from([5.0, 30.0, 90.0])
)


@settings(max_examples=30, deadline=None)
@given(
    given=st.lists(orders, min_size=1, max_size=6),
    loss=st.floats(0, 0.5),
    seed=st.integers(0, 1000),
    model=st.sampled_from([VENUS_E3_150, VENUS_A_147]),
    dies=st.booleans(),
)
def test_no_set_point_outlives_its_lease(
    given: list[tuple[float, float, float]], loss: float, seed: int, model: Model, dies: bool
) -> None:
    """I1, whatever gets lost, and whether the bridge lives on or not; the battery's own clock is the judge."""

    async def scene(clock: Clock, folder: Path) -> None:
        async with Home(clock, folder) as home:
            faults = Faults(loss_in=loss, loss_out=loss)
            fake = await home.add(model=model, faults=faults, seed=seed, on_stop="keep")
            await home.ready()
            ends_s = []
            for pause_s, power_w, ttl_s in given:
                await home.order(power_w, ttl_s=ttl_s)
                ends_s.append((clock.monotonic(), clock.monotonic() + ttl_s + 1))
                await clock.sleep(pause_s)
            if dies:
                await home.stop()
            await clock.sleep(130)
            judge(fake, ends_s)

    with tempfile.TemporaryDirectory() as folder:
        virtually(lambda clock: scene(clock, Path(folder)))


def judge(fake: MarstekFake, ends_s: list[tuple[float, float]]) -> None:
    """No instant under a set-point without an order that covers it; no order sent after its end."""
    entries = fake.journal.entries
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        if isinstance(entry, Commanded) and entry.power_w is not None:
            until_s = min(entry.until_s or 0.0, following.at_s if following else entry.until_s or 0.0)
            given = [end_s for start_s, end_s in ends_s if start_s <= entry.at_s]
            assert given
            assert entry.at_s < max(given)
            assert until_s <= max(given) + 0.5


async def test_the_judge_sees_a_set_point_that_outlives_its_lease(clock: Clock) -> None:
    """A judge that never says no proves nothing."""
    async with MarstekFake(Battery(BatteryModel(), 50), clock, faults=perfect()) as fake:
        order = {"config": {"mode": "Passive", "passive_cfg": {"power": 300, "cd_time": 300}}}
        fake.program.answer("ES.SetMode", order)
        with pytest.raises(AssertionError):
            judge(fake, [(0.0, 91.0)])

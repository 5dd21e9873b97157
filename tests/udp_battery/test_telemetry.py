"""What a battery says about itself, and what is made of it on MQTT."""

import pytest

from common.clock import Clock
from services.simulator.marstek import VENUS_A_147, VENUS_C_153, VENUS_E3_150, Model
from services.simulator.marstek.program import TEMPERATURE_C
from services.simulator.physics import BatteryModel
from tests.udp_battery.home import Home


@pytest.mark.parametrize(
    ("model", "poll_s"), [(VENUS_E3_150, 10), (VENUS_A_147, 30), (VENUS_C_153, 60), (Model(device="?", version=1), 60)]
)
async def test_each_firmware_is_read_at_its_pace(home: Home, clock: Clock, model: Model, poll_s: float) -> None:
    """Checklist 4."""
    fake = await home.add(model=model)
    await home.ready(settle_s=400)
    asked = [entry.at_s for entry in fake.journal.asked("ES.GetMode")]
    assert (asked[-1] - asked[1]) / (len(asked) - 2) == pytest.approx(poll_s, rel=0.08)
    assert home.infos()[-1].poll_s == poll_s
    assert home.infos()[-1].stale_after_s == max(3 * poll_s, poll_s + 35)


@pytest.mark.parametrize(("model", "wanted_s", "poll_s"), [(VENUS_E3_150, 5, 5), (VENUS_C_153, 10, 30)])
async def test_an_owner_may_want_it_faster_but_not_too_fast(
    home: Home, clock: Clock, model: Model, wanted_s: float, poll_s: float
) -> None:
    """Checklist 4: configurable, with a floor."""
    await home.add(model=model, poll_s=wanted_s)
    await home.ready()
    assert home.infos()[-1].poll_s == poll_s


async def test_info_says_what_it_is_and_can(home: Home, clock: Clock) -> None:
    await home.add(phase=2)
    await home.ready()
    said = home.infos()[-1]
    assert (said.vendor, said.model, said.firmware, said.phase) == ("Marstek", "VenusE 3.0", "150", 2)
    assert said.capabilities == ("power", "mode")
    assert said.modes == ("self_consumption", "standby")
    assert (said.min_w, said.max_w, said.step_w) == (-800, 2500, 1)
    assert (said.dead_time_s, said.ramp_w_per_s, said.refresh_s) == (2.5, 500, 2)
    assert (said.capacity_wh, said.round_trip_pct, said.safe_state) == (5120, 80, "self_consumption")


async def test_a_state_is_dated_when_its_answer_came(home: Home, clock: Clock) -> None:
    await home.add()
    began_ms = clock.wall_ms()
    await home.ready(settle_s=3)
    (said,) = [said for said in home.said if said.topic == "battery/garage/state"]
    ts_ms = int(said.payload.split(b'"ts_ms":')[1].split(b",")[0])
    assert ts_ms - began_ms == pytest.approx(said.at_s * 1000, abs=1)


@pytest.mark.parametrize(
    ("mode", "word"),
    [("Auto", "self_consumption"), ("Manual", "schedule"), ("AI", "cloud"), ("UPS", "backup")],
)
async def test_modes_are_said_in_the_contracts_words(home: Home, clock: Clock, mode: str, word: str) -> None:
    fake = await home.add()
    fake.program.choose(mode)
    await home.ready()
    assert home.states()[-1].mode == word


async def test_a_battery_that_talks_in_numbers_is_understood(home: Home, clock: Clock) -> None:
    await home.add(model=Model(device="VenusE 3.0", version=150, uses_integers=True))
    await home.ready()
    await home.order(300)
    await clock.sleep(10)
    assert home.states()[-1].mode == "setpoint"
    assert home.states()[-1].power_w == pytest.approx(300)


async def test_energy_is_counted_by_us(home: Home, clock: Clock) -> None:
    fake = await home.add()
    await home.ready()
    home.renew(1200)
    await clock.sleep(1200)
    last = home.states()[-1]
    assert last.energy_import_wh == pytest.approx(fake.battery.charged_wh, abs=30)
    assert last.energy_export_wh == 0


async def test_a_restart_takes_nothing_back(home: Home, clock: Clock) -> None:
    """I10."""
    await home.add()
    await home.ready()
    home.renew(1200)
    await clock.sleep(100)
    before = home.states()[-1].energy_import_wh
    await home.stop()
    await home.ready()
    after = home.states()[-1].energy_import_wh
    assert before is not None
    assert after is not None
    assert after > before


async def test_what_is_left_is_no_capacity(home: Home, clock: Clock) -> None:
    """Section 1: the mini says what is left."""
    model = Model(device="VNSEM-0", version=301, tells_energy_left=True)
    await home.add(model=model, cells=BatteryModel(capacity_wh=2010), soc_pct=40)
    await home.ready(settle_s=12)
    assert home.infos()[-1].capacity_wh is None
    assert home.states()[-1].soc_pct == 40


@pytest.mark.parametrize(("model", "asked"), [(VENUS_E3_150, True), (VENUS_C_153, False), (VENUS_A_147, False)])
async def test_the_temperature_is_asked_only_on_request_and_only_where_that_does_no_harm(
    home: Home, clock: Clock, model: Model, asked: bool
) -> None:
    """Section 3: Bat.GetStatus may reset the settings of firmware below 150."""
    with_it = await home.add("garage", model=model, temperature_poll_s=300)
    without = await home.add("shed")
    await home.ready(settle_s=400)
    assert len(with_it.journal.asked("Bat.GetStatus")) == (2 if asked else 0)
    assert not without.journal.asked("Bat.GetStatus")
    assert home.states()[-1].temperature_c == (TEMPERATURE_C if asked else None)


async def test_a_temperature_that_is_no_longer_told_is_unknown(home: Home, clock: Clock) -> None:
    fake = await home.add(temperature_poll_s=300)
    await home.ready(settle_s=60)
    assert home.states()[-1].temperature_c == TEMPERATURE_C
    fake.faults.lacks = frozenset({"Bat.GetStatus"})
    await clock.sleep(320)
    assert home.states()[-1].temperature_c is None


async def test_an_owner_may_mend_a_unit_we_have_wrong(home: Home, clock: Clock) -> None:
    """Section 4: the table is overridable."""
    tenths = Model(device="VenusE 3.0", version=150, bat_temp_unit=0.1)
    await home.add("garage", model=tenths, temperature_poll_s=300)
    await home.add("shed", model=tenths, temperature_poll_s=300, scale={"bat_temp": 0.1})
    await home.ready(settle_s=40)
    assert home.states("garage")[-1].temperature_c is None
    assert home.states("shed")[-1].temperature_c == pytest.approx(TEMPERATURE_C)


@pytest.mark.parametrize(("model", "copies"), [(VENUS_E3_150, 2), (VENUS_A_147, 1)])
async def test_a_second_copy_of_a_question_spares_delicate_firmware(
    home: Home, clock: Clock, model: Model, copies: int
) -> None:
    fake = await home.add(model=model, duplicate_reads=True)
    await home.ready(settle_s=12)
    fake.faults.is_silent = True
    await clock.sleep(45)
    numbers = [asked.number for asked in fake.journal.asked("ES.GetMode") if asked.fate == "silent"]
    assert {numbers.count(number) for number in numbers} == {copies}


async def test_an_order_is_never_sent_in_two_copies(home: Home, clock: Clock) -> None:
    fake = await home.add(duplicate_reads=True)
    await home.ready(settle_s=12)
    fake.faults.is_silent = True
    await home.order(300)
    await clock.sleep(12)
    numbers = [asked.number for asked in fake.journal.asked("ES.SetMode")]
    assert len(numbers) == len(set(numbers)) > 2


async def test_a_house_without_batteries_is_no_mistake(home: Home, clock: Clock) -> None:
    home.health.connected = lambda: True
    await home.ready(settle_s=60)
    assert home.health.verdict() is None
    assert not home.said


async def test_unreadable_numbers_are_not_used_and_the_owner_is_told(home: Home, clock: Clock) -> None:
    """F14, I7: a battery whose firmware sends text for numbers might as well be silent."""
    fake = await home.add()
    await home.ready(settle_s=12)
    before = len(home.states())
    fake.faults.garbles = True
    await clock.sleep(75)
    assert len(home.states()) == before
    assert "silent-garage" in home.alerts()
    fake.faults.garbles = False
    await clock.sleep(60)
    assert not home.alerts()
    assert home.availability() == ["online"]

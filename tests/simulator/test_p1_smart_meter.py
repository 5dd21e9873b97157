"""The simulated smart meter: what it counts is what flowed through the house."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.simulator.p1_meter.smart_meter import SmartMeter, Telegram
from services.simulator.physics import House, Steps

ZONE = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 4, 15, 9, 0, 0, tzinfo=UTC)
"""A Wednesday, 11:00 in Amsterdam."""


class Run:
    """A meter on a house, read when the test says so."""

    def __init__(self, load: Steps, production_w: float = 0.0, start: datetime = START) -> None:
        self.house = House(load, Steps(production_w), {})
        self.meter = SmartMeter(self.house, ZONE)
        self._start = start

    def at(self, second: float) -> Telegram:
        """Let time pass and read."""
        self.house.advance_to(second)
        return self.meter.read(self._start + timedelta(seconds=second))


def test_power_is_the_mean_over_the_time_since_the_last_telegram() -> None:
    run = Run(Steps(100.0, [(0.5, 1100.0)]))
    run.at(0)
    assert run.at(1).power_w == pytest.approx(700, abs=101)
    assert run.at(2).power_w == 1100


def test_export_is_negative_and_counted_apart() -> None:
    run = Run(Steps(200.0), production_w=1200.0)
    before, after = run.at(0), run.at(3600)
    assert after.power_w == -1000
    assert sum(after.export_wh) - sum(before.export_wh) == pytest.approx(1000, abs=2)
    assert after.import_wh == before.import_wh


def test_energy_goes_into_the_register_of_the_hour() -> None:
    """Wednesday 22:30 to 23:30: half an hour normal, half an hour low."""
    run = Run(Steps(1000.0), start=datetime(2026, 4, 15, 20, 30, tzinfo=UTC))
    telegrams = [run.at(60 * minute) for minute in range(61)]
    before, after = telegrams[0], telegrams[-1]
    low, normal = (late - early for late, early in zip(after.import_wh, before.import_wh, strict=True))
    assert low == pytest.approx(500, abs=20)
    assert normal == pytest.approx(500, abs=20)
    assert (before.tariff, after.tariff) == (2, 1)


def test_a_weekend_is_low_all_day() -> None:
    assert Run(Steps(1.0), start=datetime(2026, 4, 18, 10, tzinfo=UTC)).at(0).tariff == 1


def test_the_demand_climbs_from_nothing_in_each_quarter_hour() -> None:
    run = Run(Steps(2000.0))
    demand = [run.at(60 * minute).quarter_hour_w for minute in range(31)]
    assert demand[0] == 0
    assert demand[14] == pytest.approx(2000 * 14 / 15, rel=0.01)
    assert demand[15] == 0
    assert demand[16] == pytest.approx(2000 / 15, rel=0.02)


def test_the_peak_is_the_highest_finished_quarter_of_the_month() -> None:
    run = Run(Steps(1000.0, [(900, 3000.0), (1800, 500.0)]))
    peaks = [run.at(60 * minute).month_peak_w for minute in range(60)]
    assert peaks[14] == 0
    assert peaks[16] == pytest.approx(1000, rel=0.01)
    assert peaks[31] == pytest.approx(3000, rel=0.01)
    assert peaks[59] == peaks[31]


def test_a_new_month_has_no_peak_yet() -> None:
    run = Run(Steps(1000.0), start=datetime(2026, 4, 30, 21, 30, tzinfo=UTC))  # 23:30 in Amsterdam
    peaks = [run.at(60 * minute).month_peak_w for minute in range(50)]
    assert peaks[29] == pytest.approx(1000, rel=0.01)
    assert peaks[30:45] == [0] * 15
    assert peaks[46] == pytest.approx(1000, rel=0.01)


def test_phases_add_up_to_the_total() -> None:
    run = Run(Steps(1234.0))
    telegram = run.at(10)
    assert sum(phase.power_w for phase in telegram.phases) == telegram.power_w == 1234
    assert len(telegram.phases) == 3


def test_a_meter_without_neutral_shows_no_phases() -> None:
    house = House(Steps(500.0), Steps(0.0), {})
    telegram = SmartMeter(house, ZONE, wiring="three_wire").read(START)
    assert [phase.power_w for phase in telegram.phases] == [0, 0, 0]
    assert telegram.phases[1].voltage_v == 0
    assert telegram.power_w == 500


def test_a_meter_on_one_phase_has_one() -> None:
    house = House(Steps(500.0), Steps(0.0), {})
    assert len(SmartMeter(house, ZONE, wiring="one_phase").read(START).phases) == 1


def test_an_exchanged_meter_begins_at_nothing() -> None:
    run = Run(Steps(3600.0))
    run.at(10)
    run.meter.exchange()
    assert sum(run.at(20).import_wh) == pytest.approx(10, abs=2)


def test_gas_is_told_each_five_minutes() -> None:
    run = Run(Steps(0.0))
    readings = [run.at(60 * minute) for minute in range(12)]
    assert len({reading.gas_m3 for reading in readings}) == 3
    assert {reading.gas_at.minute % 5 for reading in readings} == {0}


def test_the_meter_writes_local_time() -> None:
    assert Run(Steps(0.0)).at(0).at.hour == 11


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 9000)), max_size=8), st.floats(0, 9000))
def test_registers_hold_what_the_mean_powers_say(changes: list[tuple[float, float]], production_w: float) -> None:
    """Import minus export is the sum of mean power times time, to within rounding."""
    run = Run(Steps(300.0, sorted(changes)), production_w)
    telegrams = [run.at(second) for second in range(0, 120, 3)]
    flowed_wh = sum(telegram.power_w * 3 / 3600 for telegram in telegrams[1:])
    net = [sum(telegram.import_wh) - sum(telegram.export_wh) for telegram in telegrams]
    assert net[-1] - net[0] == pytest.approx(flowed_wh, abs=4.1)

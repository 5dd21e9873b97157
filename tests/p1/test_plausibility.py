"""What a meter may say and be believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import MeterState
from common.counters import PERSISTENT_SAMPLES
from services.p1.plausibility import COUNTERS, Judged, Ledger

MAX_W = 17_250.0
START_MS = 1_776_502_800_000


class Teller:
    """Tells a ledger one counter, sample by sample."""

    def __init__(self, name: str = "energy_import_wh", ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger(MAX_W)
        self.now_s = 0.0
        self._name = name

    def tell(self, value: float, after_s: float = 1.0) -> MeterState:
        """One sample; returns what may be published of it."""
        self.now_s += after_s
        state = MeterState.model_validate({"power_w": 0.0, self._name: value})
        judged = self.ledger.judge(state, self.now_s, START_MS + round(self.now_s * 1000))
        assert judged.state is not None
        assert judged.doubts == (() if getattr(judged.state, self._name) is not None else (self._name,))
        return judged.state

    def believed(self, value: float, after_s: float = 1.0) -> bool:
        """Whether a value was published."""
        return bool(getattr(self.tell(value, after_s), self._name) == value)


def judged(power_w: float, **others: float) -> Judged:
    """A single reading."""
    return Ledger(MAX_W).judge(MeterState.model_validate({"power_w": power_w, **others}), 0.0, START_MS)


@pytest.mark.parametrize("power_w", [0, 17_250, -17_250])
def test_power_within_the_connection_is_believed(power_w: float) -> None:
    found = judged(power_w)
    assert found.state is not None
    assert (found.state.power_w, found.doubts) == (power_w, ())


@pytest.mark.promise("4.8-13")
@pytest.mark.parametrize("power_w", [17_251, -32_768, 65_535, 172_500])
def test_power_beyond_the_connection_spoils_the_whole_reading(power_w: float) -> None:
    """F15: single samples of −32768 and 65535 were seen."""
    assert judged(power_w) == Judged(None, ("power_w",))


@pytest.mark.promise("4.8-13")
def test_one_phase_beyond_the_connection_spoils_it_too() -> None:
    assert judged(200.0, power_l2_w=65_535.0) == Judged(None, ("power_l2_w",))


def test_a_counter_that_grows_as_power_allows_is_believed() -> None:
    teller = Teller()
    assert all(teller.believed(8_000_000 + 4 * second) for second in range(200))


def test_a_counter_that_dips_and_comes_back_is_left_out_meanwhile() -> None:
    """homewizard.md 5.12: 95 → 33 → 95 kWh was seen in the field."""
    teller = Teller()
    assert teller.believed(95_000)
    assert not any(teller.believed(33_000) for _ in range(10))
    assert teller.believed(95_003)
    assert teller.tell(95_003).counter_reset_ms is None


def test_a_counter_that_leaps_and_comes_back_is_left_out_meanwhile() -> None:
    """homewizard.md 5.12: it cannot jump by more than power × time."""
    teller = Teller()
    teller.believed(95_000)
    assert not teller.believed(9_500_000)
    assert teller.believed(95_001)


def test_a_new_level_that_stays_is_an_exchanged_meter() -> None:
    """homewizard.md 5.12, F17: accepted, with the time of the reset, which stays."""
    teller = Teller()
    teller.believed(8_000_000)
    outcomes = [teller.believed(second) for second in range(70)]
    assert outcomes.index(True) >= 60
    assert all(outcomes[outcomes.index(True) :])
    reset_ms = teller.tell(75).counter_reset_ms
    assert reset_ms == START_MS + (outcomes.index(True) + 2) * 1000
    assert teller.tell(80, after_s=3600).counter_reset_ms == reset_ms


def test_an_hourly_meter_needs_a_few_samples_not_only_time() -> None:
    teller = Teller()
    teller.believed(8_000_000, after_s=10)
    outcomes = [teller.believed(value, after_s=40) for value in range(PERSISTENT_SAMPLES)]
    assert outcomes == [False] * (PERSISTENT_SAMPLES - 1) + [True]


def test_after_an_outage_a_counter_may_have_grown_for_as_long() -> None:
    teller = Teller()
    teller.believed(8_000_000)
    assert teller.believed(8_000_000 + round(MAX_W * 10), after_s=10 * 3600)


def test_gas_that_is_read_once_an_hour_may_step_by_an_hours_worth() -> None:
    teller = Teller("gas_m3")
    assert teller.believed(900.0)
    assert all(teller.believed(900.0) for _ in range(3600))
    assert teller.believed(906.5)


def test_a_spike_of_wireless_gas_is_left_out() -> None:
    """homewizard.md 5.12: wireless gas spikes."""
    teller = Teller("gas_m3")
    teller.believed(900.0)
    assert not teller.believed(99_999.0)
    assert teller.believed(900.1)


def test_a_doubtful_counter_does_not_cost_the_power() -> None:
    ledger = Ledger(MAX_W)
    ledger.judge(MeterState(power_w=10.0, energy_import_wh=95_000, gas_m3=5.0), 0.0, START_MS)
    found = ledger.judge(MeterState(power_w=12.0, energy_import_wh=1, gas_m3=5.0), 1.0, START_MS)
    assert found.state is not None
    assert (found.state.power_w, found.state.gas_m3, found.state.energy_import_wh) == (12.0, 5.0, None)


def test_an_exchange_while_we_were_off_is_recognised_after_the_restart() -> None:
    """The usual exchange: the electrician cuts the power, and with it whatever Ballast runs on."""
    before = Teller()
    before.believed(8_000_000)
    after = Teller(ledger=Ledger(MAX_W))
    after.ledger.recall(before.ledger.memory(), 0.0)
    assert not after.believed(12)
    assert [after.tell(12 + second).counter_reset_ms is not None for second in range(70)][-1]


def test_growth_while_we_were_off_is_no_leap() -> None:
    """A Pi without a clock does not know how long it was off."""
    before = Teller()
    before.believed(8_000_000)
    after = Teller(ledger=Ledger(MAX_W))
    after.ledger.recall(before.ledger.memory(), 0.0)
    assert after.believed(8_000_000 + 24 * 15_000)


@given(st.lists(st.tuples(st.integers(0, 10**8), st.floats(0.5, 120)), max_size=60), st.sampled_from(COUNTERS))
def test_what_is_published_never_falls_without_a_reset(samples: list[tuple[int, float]], name: str) -> None:
    """The contract: a counter never goes down without `counter_reset_ms`; and it never leaps either."""
    teller = Teller(name)
    last: MeterState | None = None
    last_s = 0.0
    for value, after_s in samples:
        state = teller.tell(value, after_s)
        now, before = getattr(state, name), last and getattr(last, name)
        if now is None:
            continue
        if before is not None and last is not None and state.counter_reset_ms == last.counter_reset_ms:
            assert now >= before
            assert now - before <= 1000 + max(MAX_W, 40) * (teller.now_s - last_s) / 3600
        last, last_s = state, teller.now_s


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=40))
def test_any_level_is_believed_once_it_has_stayed(samples: list[int]) -> None:
    """No history locks a counter out for ever."""
    teller = Teller()
    for value in samples:
        teller.tell(value)
    assert [teller.believed(samples[-1]) for _ in range(62)][-1]

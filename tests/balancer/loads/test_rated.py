"""What a load really draws: learnt from two measurements that agree, up at once, down slowly."""

from services.balancer.loads.rated import Rated


def run(rated: Rated, powers_w: list[float], start_s: float = 0.0) -> Rated:
    """A run with a measurement each 10 s."""
    for index, power_w in enumerate(powers_w):
        rated = rated.measured(power_w, True, start_s + 10 * index)
    return rated.measured(0.0, False, start_s + 10 * len(powers_w))


def test_more_than_told_is_believed_at_once() -> None:
    assert run(Rated(1000), [2000.0] * 5).power_w == 2000


def test_an_inrush_is_not_what_it_draws() -> None:
    assert run(Rated(), [9000.0, 2000.0, 2000.0]).power_w == 2000


def test_one_measurement_proves_nothing() -> None:
    assert run(Rated(2000), [2000.0, 2000.0, 5000.0, 2000.0]).power_w == 2000


def test_less_than_told_is_believed_bit_by_bit() -> None:
    rated = Rated(2000)
    for start in range(15):
        rated = run(rated, [1200.0] * 5, 1000.0 * start)
    assert rated.power_w is not None
    assert 1200 <= rated.power_w < 1250


def test_a_run_with_the_thermostat_open_tells_nothing() -> None:
    assert run(Rated(2000), [1.0] * 10).power_w == 2000
    assert run(Rated(), [1.0] * 10).power_w is None

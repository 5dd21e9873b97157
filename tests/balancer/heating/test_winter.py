"""A slice of the winter week of the benchmarks: the coldest night, in less than a minute."""

import pytest

from tests.bench.winter import COLDEST_C, INSTALLED_W, NEEDED_SHARE, SET_C, compared, outside_c, rooms, run

NIGHT_S = 3 * 86_400
SLICE_S = 1200


def test_the_week_is_as_hard_as_it_says() -> None:
    """On the coldest day unlimited heating needs a little less than half of the installed power in the mean."""
    days_c = [sum(outside_c(day * 86_400 + hour * 3600) for hour in range(24)) / 24 for day in range(7)]
    lost_w = sum(room.model.loss_w_per_k for room in rooms().values()) * (SET_C - min(days_c))
    assert 0.4 * INSTALLED_W <= lost_w <= NEEDED_SHARE * INSTALLED_W
    assert min(outside_c(hour * 3600.0) for hour in range(7 * 24)) >= COLDEST_C - 1


def test_with_less_than_sixty_per_cent_of_the_power_rooms_are_as_warm_as_without_a_limit() -> None:
    _, free = run("unlimited", SLICE_S, 1, NIGHT_S)
    account, course = run("balancer_4_of_7", SLICE_S, 1, NIGHT_S)
    compared(account, course, free)
    assert account.near >= 0.95 * account.looked
    assert account.late_over_s == 0


@pytest.mark.promise("1.10-22")
def test_no_overload_of_the_connection_lasts() -> None:
    """Unlimited, the same hour is above 30 A for minutes."""
    free, _ = run("unlimited", SLICE_S, 1, NIGHT_S)
    account, _ = run("balancer_30_A", SLICE_S, 1, NIGHT_S)
    assert free.late_over_s > 60
    assert account.late_over_s == 0
    assert account.longest_over_s <= 3

"""The power of a load without a meter, from the steps it makes in the house's draw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.loads.steps import OLDEST_S, SAMPLES, SETTLES_S, Step, Steps


class House:
    """Readings, one a second, of a house with one load."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.steps = Steps()
        self.seen: list[Step] = []

    def read(self, draws_w: list[float]) -> None:
        for draw_w in draws_w:
            self.now_s += 1
            self.steps, step = self.steps.watch(draw_w, self.now_s - 1, self.now_s)
            self.seen += [step] if step is not None else []

    def switch(self, on: bool) -> None:
        self.steps = self.steps.follow(on, self.now_s)

    def run_once(self, power_w: float, base_w: float = 300.0) -> None:
        """On and off again."""
        for on in (True, False):
            self.read([base_w + (0 if on else power_w)] * 20)
            self.switch(on)
            self.read([base_w + (power_w if on else 0)] * 20)


def test_a_step_is_what_the_house_draws_more_or_less() -> None:
    house = House()
    house.run_once(600)
    assert [(step.on, step.power_w) for step in house.seen] == [(True, 600), (False, 600)]
    assert house.steps.power_w == 600
    assert not house.steps.is_sure
    house.run_once(620)
    assert house.steps.is_sure


@given(st.floats(100, 3000), st.lists(st.floats(-20, 20), min_size=200, max_size=200), st.floats(-3000, 3000))
def test_noise_hardly_moves_it(power_w: float, noise_w: list[float], base_w: float) -> None:
    house, noise = House(), iter(noise_w)
    for on in (True, False):
        house.read([base_w + (0 if on else power_w) + next(noise) for _ in range(20)])
        house.switch(on)
        house.read([base_w + (power_w if on else 0) + next(noise) for _ in range(20)])
    assert house.steps.power_w == pytest.approx(power_w, abs=40)


def test_one_kettle_at_the_same_moment_does_not_spoil_what_is_known() -> None:
    house = House()
    house.run_once(600)
    house.run_once(600)
    house.read([300] * 20)
    house.switch(True)
    house.read([300 + 600 + 2000] * 20)
    assert house.steps.power_w == 600
    assert house.steps.is_sure


def test_steps_that_do_not_agree_are_no_knowledge() -> None:
    house = House()
    for power_w in (300, 900, 1700):
        house.run_once(power_w)
    assert not house.steps.is_sure


def test_a_restless_house_tells_nothing() -> None:
    house = House()
    house.read([300, 2300] * 10)
    house.switch(True)
    house.read([900, 2900] * 10)
    assert house.seen == []


def test_a_load_that_draws_nothing_makes_no_step_and_teaches_no_power() -> None:
    house = House()
    house.run_once(0)
    assert [step.power_w for step in house.seen] == [0, 0]
    assert house.steps.power_w is None


def test_what_is_read_while_it_settles_does_not_count() -> None:
    house = House()
    house.read([300] * 20)
    house.switch(True)
    house.read([4000, 2000, 1200])
    house.read([900] * (int(SETTLES_S) + SAMPLES))
    assert house.steps.power_w == 600


def test_without_readings_before_nobody_knows() -> None:
    house = House()
    house.read([300] * 2)
    house.switch(True)
    house.read([900] * 20)
    assert house.seen == []
    house.read([900] * 5)
    house.now_s += OLDEST_S + 1
    house.switch(False)
    house.read([300] * 20)
    assert house.seen == []

"""How a limit is found: at once down, slowly up, and never up without room."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.balancer.rotation.ladder import Ladder
from services.balancer.rotation.others import Drawn, Others
from services.balancer.rotation.received import HOUR_S, Received
from services.balancer.rotation.relaxed import Relaxed
from services.balancer.rotation.shed import Gain, to_shed_w

RISING_W = (3800.0, 4000.0, 4400.0, 4600.0)
RELEASE_S = 180.0


class TestRelaxed:
    """A limit in time."""

    @pytest.mark.promise("1.10-03")
    def test_it_falls_at_once(self) -> None:
        limit = Relaxed().watch(5, 0, 90).watch(1, 1, 90)
        assert limit.value == 1

    @pytest.mark.promise("1.10-04")
    def test_two_rises_are_so_far_apart(self) -> None:
        limit, rose_s = Relaxed().watch(0, 0, 90), []
        for second in range(1, 400):
            after = limit.watch(second // 10, second, 90)
            rose_s += [second] if (after.value or 0) > (limit.value or 0) else []
            limit = after
        assert rose_s[0] <= 10, "the first is not held back"
        assert all(later - sooner >= 90 for sooner, later in pairwise(rose_s))

    def test_a_budget_rises_only_to_what_has_lasted(self) -> None:
        limit = Relaxed().watch(2000, 0, 90, lasting=True)
        for second in range(1, 300):
            wanted_w = 1000 if second % 60 == 0 else 5000
            limit = limit.watch(wanted_w, second, 90, lasting=True)
            assert second < 60 or limit.value == 1000, "each minute the kettle is on for a second"

    @given(st.lists(st.tuples(st.floats(0, 9000), st.floats(0.1, 60)), min_size=1), st.booleans())
    def test_it_is_never_above_what_would_be_right(self, story: list[tuple[float, float]], lasting: bool) -> None:
        limit, now_s = Relaxed(), 0.0
        for wanted, pause_s in story:
            now_s += pause_s
            limit = limit.watch(wanted, now_s, 90, lasting=lasting)
            assert limit.value is not None
            assert limit.value <= wanted


class TestLadder:
    """The saving mode by what the house draws: 3800, 4000, 4400, 4600 W, and three minutes back."""

    def climb(self, powers_w: list[float], added_w: float = 0.0, *, start: int = 0) -> list[int]:
        """The mode after each of these seconds."""
        ladder, modes = Ladder(start), []
        for second, power_w in enumerate(powers_w):
            ladder = ladder.watch(power_w, RISING_W, added_w, float(second), RELEASE_S)
            modes.append(ladder.mode)
        return modes

    @pytest.mark.promise("1.10-20")
    def test_above_a_threshold_it_is_one_more_at_once(self) -> None:
        assert self.climb([3000, 3801, 4001, 4401, 4601]) == [0, 1, 2, 3, 4]
        assert self.climb([3000, 4500]) == [0, 3], "a step over three of them is three"

    @pytest.mark.promise("1.10-20")
    def test_below_for_three_minutes_it_is_one_less(self) -> None:
        modes = self.climb([3900.0] + [3000.0] * 400)
        assert modes[180] == 1
        assert modes[182] == 0
        assert self.climb([4700.0] + [3000.0] * 400)[-1] == 2, "one step in three minutes"

    def test_power_that_hovers_about_one_threshold_does_not_climb_to_the_end(self) -> None:
        """Each upward crossing counted once more in the program that this replaces."""
        modes = self.climb([3790.0, 3810.0] * 300)
        assert max(modes) == 1

    def test_it_does_not_come_down_without_room_for_those_that_come_back(self) -> None:
        assert self.climb([3000.0] * 400, added_w=1000, start=1)[-1] == 1
        assert self.climb([2700.0] * 400, added_w=1000, start=1)[-1] == 0


class TestOthers:
    """What everything but the radiators draws."""

    def test_it_is_the_reading_less_what_they_draw(self) -> None:
        assert Others().watch(3000, [Drawn.of(1000), Drawn.of(500)]).power_w == 1500

    def test_one_that_is_being_switched_on_is_no_change_of_the_house(self) -> None:
        others = Others(1000).watch(1000, [Drawn(0, 1000, 1000)])
        assert others.power_w == 1000, "the reading does not show it yet"
        assert others.watch(2000, [Drawn(0, 1000, 1000)]).power_w == 1000, "now it does"

    def test_what_they_cannot_explain_is_the_house(self) -> None:
        assert Others(1000).watch(4000, [Drawn(0, 1000, 1000)]).power_w == 3000

    @given(
        st.floats(0, 9000),
        st.floats(0, 9000),
        st.lists(st.tuples(st.floats(0, 2000), st.booleans(), st.booleans()), max_size=7),
    )
    def test_whatever_they_do_the_truth_lies_within_what_they_may_draw(
        self, before_w: float, house_w: float, outputs: list[tuple[float, bool, bool]]
    ) -> None:
        """(power, really drawing, in doubt) of each: the estimate is off by no more than what is in doubt."""
        real_w = sum(power_w for power_w, draws, _ in outputs if draws)
        drawn = [
            Drawn(0, power_w, power_w) if doubt else Drawn.of(power_w if draws else 0.0)
            for power_w, draws, doubt in outputs
        ]
        doubt_w = sum(power_w for power_w, _, doubt in outputs if doubt)
        found_w = Others(before_w).watch(house_w + real_w, drawn).power_w
        assert found_w == pytest.approx(house_w, abs=doubt_w + 1)


class TestShedding:
    """How much must go after a reading that is too high."""

    def test_what_draws_nothing_gains_nothing(self) -> None:
        assert to_shed_w([Gain(1000, 1000), Gain(1000, 0)], 500) == 1500
        assert to_shed_w([Gain(1200, 1000), Gain(1200, 1000)], 1000) == 1200
        assert to_shed_w([Gain(1000, 1000)], 5000) == 1000, "there is no more"

    @given(
        st.lists(st.tuples(st.floats(1, 3000), st.floats(0, 1), st.booleans()), max_size=8),
        st.floats(1, 9000),
    )
    def test_whoever_goes_enough_is_gained(self, outputs: list[tuple[float, float, bool]], excess_w: float) -> None:
        """(claimed, part of it that is drawn, goes) of each: those that go, if they claim enough, bring it down."""
        gains = [Gain(claimed_w, claimed_w * part) for claimed_w, part, _ in outputs]
        gone = [gain for gain, (_, _, goes) in zip(gains, outputs, strict=True) if goes]
        if sum(gain.claimed_w for gain in gone) >= to_shed_w(gains, excess_w) - 1e-9:
            most_w = min(excess_w, sum(gain.surely_w for gain in gains))
            assert sum(gain.surely_w for gain in gone) >= most_w - 1e-3


class TestReceived:
    """Who was on for how much of the last day."""

    def test_nothing_is_known_before_anything_was_seen(self) -> None:
        assert Received().share_pct("a") is None

    def test_it_is_the_part_of_the_time_that_was_seen(self) -> None:
        seen = Received().add({"a"}, 10, 30).add({"a", "b"}, 20, 10)
        assert seen.share_pct("a") == 100
        assert seen.share_pct("b") == 25

    def test_after_a_day_it_is_forgotten(self) -> None:
        seen = Received().add({"a"}, 0, 3600)
        for hour in range(1, 26):
            seen = seen.add(set(), hour * HOUR_S, 3600)
        assert seen.share_pct("a") == 0
        assert len(seen.hours) == 24

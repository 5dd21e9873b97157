"""What an owner may write about loads, and what a mistake is answered with."""

import pytest
from pydantic import ValidationError

from services.balancer.config import Config, DevicePolicy
from services.balancer.settings import SettingsBook
from services.balancer.wishes import Refused

BOILER = DevicePolicy(want="surplus", power_w=2000)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"want": "needed"}, "want: needed asks for how much, per day: need_wh: 4000 or need_h: 4"),
        ({"want": "needed", "need_wh": 1, "need_h": 1}, "say the same thing twice"),
        ({"want": "surplus", "ready_by": "06:00:00"}, "ready_by goes with want: needed"),
        ({"power_w": 2000}, "power_w is about loads: say want: surplus, needed, thermostat or always too"),
        ({"want": "surplus", "reserve_soc_pct": 20}, "reserve_soc_pct is about batteries, but want: surplus"),
        ({"want": "thermostat"}, "want: thermostat asks whose wish it follows: request: hall"),
        ({"want": "surplus", "request": "hall"}, "request goes with want: thermostat"),
        ({"want": "sometimes"}, "'surplus', 'needed', 'thermostat' or 'always'"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(said: dict[str, object], answer: str) -> None:
    with pytest.raises(ValidationError, match=answer):
        DevicePolicy.model_validate(said, strict=False)


def test_loads_stand_in_the_order_by_themselves() -> None:
    with pytest.raises(ValidationError, match="boiler is a load; groups are of batteries"):
        Config.model_validate(
            {"order": ("g",), "groups": {"g": {"members": ("boiler",)}}, "devices": {"boiler": BOILER}}, strict=False
        )


def test_loads_and_batteries_share_one_order() -> None:
    config = Config(order=("boiler", "garage", "pump"), devices={"boiler": BOILER, "pump": BOILER})
    assert config.commanded() == ("boiler", "garage", "pump")
    assert config.loads == ("boiler", "pump")
    assert config.batteries() == ("garage",)


class TestForcing:
    """`force_minutes/<device>`: above zero on, below off, with an end."""

    def book(self) -> SettingsBook:
        return SettingsBook(Config(order=("boiler", "garage"), devices={"boiler": BOILER}))

    def test_it_ends_by_itself(self) -> None:
        book = self.book()
        book.ask("force_minutes/boiler", "10", 0)
        assert book.forced("boiler") is True
        assert not book.pass_time(599_999)
        assert book.pass_time(600_000)
        assert book.forced("boiler") is None
        assert book.echo()["force_minutes/boiler"] == "0"

    def test_below_zero_it_is_kept_off(self) -> None:
        book = self.book()
        book.ask("force_minutes/boiler", "-5", 0)
        assert book.forced("boiler") is False
        assert not book.pass_time(299_999)
        assert book.pass_time(300_000)

    @pytest.mark.parametrize("end", ["0", ""])
    def test_it_can_be_ended(self, end: str) -> None:
        book = self.book()
        book.ask("force_minutes/boiler", "600", 0)
        book.ask("force_minutes/boiler", end, 1)
        assert book.forced("boiler") is None
        assert book.asked == {}

    def test_it_survives_a_restart_with_its_end(self) -> None:
        before, after = self.book(), self.book()
        before.ask("force_minutes/boiler", "10", 0)
        after.recall(before.asked, None, before.forced_until_ms)
        assert after.forced("boiler") is True
        assert after.pass_time(600_000)
        after.recall({}, None, {"boiler": 9})
        assert after.forced("boiler") is None

    def test_a_power_alone_holds_until_it_is_taken_back(self) -> None:
        book = self.book()
        book.ask("force_power_w/boiler", "800", 0)
        assert book.forced("boiler") is True
        assert book.forced_w("boiler") == 800
        assert book.echo()["force_power_w/boiler"] == "800"
        assert not book.pass_time(10**12)
        book.ask("force_power_w/boiler", "0", 1)
        assert book.forced("boiler") is None
        assert book.asked == {}

    def test_a_power_with_minutes_ends_with_them(self) -> None:
        book = self.book()
        book.ask("force_power_w/boiler", "800", 0)
        book.ask("force_minutes/boiler", "10", 0)
        assert book.pass_time(600_000)
        assert book.forced("boiler") is None
        assert book.forced_w("boiler") is None

    def test_a_power_survives_a_restart(self) -> None:
        before, after = self.book(), self.book()
        before.ask("force_power_w/boiler", "800", 0)
        after.recall(before.asked, None, before.forced_until_ms)
        assert after.forced_w("boiler") == 800

    def test_only_loads_are_forced_and_only_batteries_have_a_reserve(self) -> None:
        with pytest.raises(Refused, match="'garage' is no load in the order; there are boiler"):
            self.book().ask("force_minutes/garage", "10", 0)
        with pytest.raises(Refused, match="'boiler' is no device in the order; there are garage"):
            self.book().ask("reserve_soc_pct/boiler", "10", 0)

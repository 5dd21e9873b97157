"""What may be written about hot water, and what a mistake is answered with."""

import pytest
from pydantic import ValidationError

from services.balancer.config import Config, DevicePolicy
from services.balancer.settings import SettingsBook
from services.balancer.water_settings import HotWater
from services.balancer.wishes import Refused


def test_the_defaults_are_those_of_the_seasons() -> None:
    told = HotWater()
    assert [(name, each.begins, each.day_wh, each.two_days_wh) for name, each in told.seasons().items()] == [
        ("winter", "12-21", 7000, 12_000),
        ("spring", "03-21", 6000, 11_000),
        ("summer", "06-22", 5000, 10_000),
        ("fall", "09-22", 7000, 12_000),
    ]


def test_of_a_season_only_what_differs_is_written() -> None:
    told = HotWater.model_validate({"winter": {"day_wh": 8000}})
    assert (told.winter.day_wh, told.winter.begins, told.winter.two_days_wh) == (8000, "12-21", 12_000)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"want": "needed", "need_wh": 1, "hot_water": {}}, "hot_water goes with want: surplus"),
        ({"want": "surplus", "hot_water": {"morning_wh": 5500}}, "morning_wh 5500 is more than day_wh of summer"),
        ({"want": "surplus", "hot_water": {"morning_wh": 0, "winter": {"day_wh": 0}}}, "greater than 0"),
        ({"want": "surplus", "hot_water": {"winter": {"begins": "2026-12-21"}}}, 'such as "12-21"'),
        ({"want": "surplus", "hot_water": {"winter": {"begins": "02-30"}}}, 'such as "12-21"'),
        ({"want": "surplus", "hot_water": {"mode": "solr"}}, "'off', 'day_night' or 'solar'"),
        ({"hot_water": {}}, "hot_water is about loads"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(said: dict[str, object], answer: str) -> None:
    with pytest.raises(ValidationError, match=answer):
        DevicePolicy.model_validate(said, strict=False)


@pytest.mark.promise("3.10-13")
def test_its_mode_can_be_asked_for_and_taken_back() -> None:
    heater = DevicePolicy(want="surplus", hot_water=HotWater())
    config = Config(order=("heater", "pump"), devices={"heater": heater, "pump": DevicePolicy(want="surplus")})
    book = SettingsBook(config)
    assert book.echo()["hot_water_mode/heater"] == "solar"
    book.ask("hot_water_mode/heater", "Day_Night", 0)
    assert book.hot_water_mode("heater") == "day_night"
    with pytest.raises(Refused, match="'warm' is none of off, day_night, solar"):
        book.ask("hot_water_mode/heater", "warm", 0)
    with pytest.raises(Refused, match="'pump' is no water heater in the order; there are heater"):
        book.ask("hot_water_mode/pump", "off", 0)
    book.ask("hot_water_mode/heater", "", 0)
    assert book.hot_water_mode("heater") == "solar"

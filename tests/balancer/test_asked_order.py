"""The order that people ask for: what may be asked, what is answered, and how long it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import SiteSettings
from services.balancer.config import Config, DevicePolicy
from services.balancer.memory import keep, recall
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from services.balancer.wishes import Refused
from tests.balancer.stage import Stage, staged

NAMES = ("boiler", "garage", "pump")


def config(*order: str) -> Config:
    loads = {name: DevicePolicy(want="surplus") for name in order if name != "garage"}
    return Config(order=order, devices=loads)


def mind(*order: str) -> Mind:
    told = config(*order)
    return Mind(told, SiteSettings(), SettingsBook(told))


def asked(text: str) -> SettingsBook:
    book = SettingsBook(config(*NAMES))
    book.ask("order", text, 0)
    return book


@given(st.permutations(NAMES))
def test_any_order_of_what_is_there_is_granted_and_echoed(wanted: list[str]) -> None:
    book = asked(" , ".join(wanted))
    assert book.order == tuple(wanted)
    assert book.echo()["order"] == ",".join(wanted)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("pump,freezer", "'freezer' is not in the file's order; that has boiler, garage, pump, separated by commas"),
        ("pump,", "'' is not in the file's order"),
        ("pump;boiler", "'pump;boiler' is not in the file's order"),
        ("pump,boiler,pump", "pump stands in it twice; an order names each of boiler, garage, pump at most once"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_what_would_be_right(text: str, answer: str) -> None:
    with pytest.raises(Refused, match=answer):
        asked(text)


def test_the_order_asked_for_outlives_a_restart() -> None:
    before, after = mind(*NAMES), mind(*NAMES)
    before.book.ask("order", "pump,boiler,garage", 0)
    recall(after, keep(before))
    assert after.book.order == ("pump", "boiler", "garage")
    assert after.book.echo()["order"] == "pump,boiler,garage"


def test_whoever_edits_the_order_in_the_file_means_the_file() -> None:
    """Else a device that is new in the file would stay out of the order for ever."""
    before, after = mind(*NAMES), mind("boiler", "garage", "freezer", "pump")
    before.book.ask("order", "pump,boiler,garage", 0)
    before.book.ask("mode", "off", 0)
    recall(after, keep(before))
    assert after.book.order == ("boiler", "garage", "freezer", "pump")
    assert after.book.mode == "off", "other settings stay"


def test_a_refused_order_is_told_and_changes_nothing() -> None:
    async def story(stage: Stage) -> None:
        await stage.play(2)
        stage.ask("order", "garage,attic")
        await stage.play(1)
        assert stage.alerts()["setting"]["text"].startswith("The setting order was refused: 'attic' is not in the")
        assert stage.last("setting/order") == "garage,cellar"
        stage.ask("order", "cellar,garage")
        await stage.play(1)
        assert "setting" not in stage.alerts()
        assert stage.last("setting/order") == "cellar,garage"

    staged(story, garage={}, cellar={})

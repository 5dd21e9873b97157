"""What an owner may write about a rotation and ask of it, and what a mistake is answered with."""

from typing import Any

import pytest
from pydantic import ValidationError

from common.config import SiteSettings
from services.balancer.config import Config
from services.balancer.headroom import limits_by_phase_w
from services.balancer.inputs import heard_ids
from services.balancer.settings import SettingsBook
from services.balancer.wishes import Refused
from tests.balancer.heating.radiators import ROOMS, member, rotation

TABLE = {"active_by_mode": (1, 0)}


@pytest.mark.promise("1.10-02")
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"limit": {}}, r"a table \(active_by_mode: \[5, 3, 1, 0\]\) or a budget"),
        ({"limit": {"active_by_mode": (3, 1)}}, r"ends with 0, all off: \[3, 1, 0\]"),
        ({"limit": {"active_by_mode": (1, 3, 0)}}, r"less with each mode: \[3, 1, 0\]"),
        ({"limit": {"active_by_mode": (6, 0)}}, "lets 6 heat, but there are 5 outputs"),
        ({"limit": {"budget": {}, "rising_w": (3800,)}}, "choose from active_by_mode"),
        ({"limit": {"budget": {}, "preset": "thresholds_20_a"}}, "choose from active_by_mode"),
        (
            {"limit": {"active_by_mode": (2, 0), "preset": "thresholds_20_a", "rising_w": (4000,)}},
            "say the same thing twice",
        ),
        ({"limit": {"active_by_mode": (2, 0), "rising_w": (4000, 3800)}}, "goes up"),
        ({"limit": {"budget": {"others": ({"unit": "A"},)}}}, "either a meter"),
        ({"limit": {"budget": {"others": ({"meter": "kitchen", "unit": "A"},)}}}, "a meter tells W"),
        ({"kind": "rotate"}, "'share', 'rotation'"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(said: dict[str, Any], answer: str) -> None:
    with pytest.raises(ValidationError, match=answer):
        rotation(**said)


def test_what_is_wanted_of_an_output_stands_in_its_group() -> None:
    told = rotation().model_dump() | {"devices": {"tv": {"reserve_soc_pct": 20.0}}}
    with pytest.raises(ValidationError, match="tv is in a rotation: what you want of it stands there"):
        Config.model_validate(told)


def test_an_output_is_in_one_rotation_only() -> None:
    group = rotation(member("tv"), limit=TABLE).groups["heating"]
    with pytest.raises(ValidationError, match="tv stands more than once"):
        Config(order=("one", "two"), groups={"one": group, "two": group})


def test_a_rotation_is_heard_but_the_law_does_not_command_it() -> None:
    config = rotation(
        member("tv", request="wish"), limit={"budget": {"others": ({"meter": "oven"}, {"request": "amps"})}}
    )
    assert config.commanded() == ()
    assert config.rotated() == ("tv",)
    assert {"tv", "wish", "oven", "amps", "p1"} <= heard_ids(config)


def test_yaml_takes_off_for_false_and_that_is_understood() -> None:
    assert rotation(member("tv", rest=False), limit=TABLE).rotations()["heating"].members[0].rest == "off"


@pytest.mark.promise("1.10-21")
@pytest.mark.parametrize(
    ("site", "group", "phases", "limits_w"),
    [
        ({"connection_a": 30}, {}, {None}, {None: 6900.0}),
        ({"connection_a": 30}, {"limit_kva": 6}, {None}, {None: 6000.0}),
        ({"connection_a": 30}, {"limit_a": 20}, {None}, {None: 4600.0}),
        ({"max_import_w": 5000}, {}, {None}, {None: 5000.0}),
        ({"phases": 3, "connection_a": 20}, {}, {1, 3}, {1: 4600.0, 3: 4600.0}),
        ({"phases": 3, "connection_a": 20, "max_import_w": 9000}, {}, {2}, {2: 4600.0, None: 9000.0}),
        ({"phases": 3, "connection_a": 20}, {}, {None}, {1: 4600.0, 2: 4600.0, 3: 4600.0}),
        ({}, {}, {None}, {}),
    ],
)
def test_what_connection_and_contract_bear(
    site: dict[str, Any], group: dict[str, Any], phases: set[int | None], limits_w: dict[int | None, float]
) -> None:
    told = rotation(limit={"budget": group}).rotations()["heating"]
    assert limits_by_phase_w(SiteSettings.model_validate(site), told, phases) == limits_w


class TestAsking:
    """What people may ask for."""

    def book(self, **more: Any) -> SettingsBook:  # whatever a group may say
        return SettingsBook(rotation(**more))

    def test_a_boost_has_an_end_only_where_one_is_named(self) -> None:
        book = self.book()
        book.ask("boost_minutes/bath", "on", 0)
        assert book.boosted("bath")
        assert not book.pass_time(10**12)
        book.ask("boost_minutes/bath", "30", 0)
        assert not book.pass_time(30 * 60_000 - 1)
        assert book.pass_time(30 * 60_000)
        assert not book.boosted("bath")

    def test_an_empty_word_takes_it_back(self) -> None:
        book = self.book(boost_minutes=10)
        book.ask("boost_minutes/bath", "on", 0)
        assert book.boost_until_ms == {"bath": 600_000}
        book.ask("boost_minutes/bath", "", 0)
        assert not book.boosted("bath")
        assert not book.boost_until_ms

    @pytest.mark.parametrize(
        ("name", "payload", "answer"),
        [
            ("saving_mode", "10", "those are 0 to 9"),
            ("saving_mode", "1.5", "is no saving mode"),
            ("away", "maybe", "neither on nor off"),
            ("boost_minutes/bath", "2000", "from 0 to 1440 minutes, nor on or off"),
            ("boost_minutes/cellar", "on", "no output of a rotation in the order; there are tv, office"),
            ("heat/bath", "warm", "neither on nor off"),
        ],
    )
    def test_what_cannot_be_granted_is_refused_with_the_reason(self, name: str, payload: str, answer: str) -> None:
        with pytest.raises(Refused, match=answer):
            self.book().ask(name, payload, 0)

    def test_everything_in_force_is_echoed(self) -> None:
        book = self.book()
        book.ask("away", "on", 0)
        book.ask("heat/tv", "off", 0)
        told = book.echo()
        assert (told["away"], told["saving_mode"], told["heat/tv"], told["heat/bath"]) == ("on", "0", "off", "auto")
        assert {f"boost_minutes/{room}" for room in ROOMS} <= set(told)

    def test_a_house_without_a_rotation_is_not_told_of_any(self) -> None:
        assert "away" not in SettingsBook(Config(order=("garage",))).echo()

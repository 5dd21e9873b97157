"""Names of topics: which exist, which belong together, and what hostile ones do (nothing)."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contract import (
    ALERT,
    COMMAND,
    DECISION,
    INFO,
    LEAVES,
    METER_STATE,
    SETTING,
    SETTING_REQUEST,
    Leaf,
    Payload,
    leaf_name,
)
from common.contract.topic import DEVICES
from tests.payloads import ID

AnyLeaf = Leaf[Payload | str]

HOSTILE = (
    "", "/", "//", "meter//state", "/meter/p1/state", "meter/p1/state/", "meter/p1", "meter/p1/state/x", "+/+/state",
    "#", "meter/+/state", "meter/#", "meter/p1/#", "meter/p1\x00/state", "meter/p1/state\n", "meter/p1\r\n/state",
    "meter/P1/state", "Meter/p1/state", "meter/p1/State", "meter/p 1/state", "meter/р1/state", "meter/p１/state",
    "meter/p1\u200b/state", "meter/../state", "meter/p1;drop/state", "meter/é/state", "meter/\ud800/state",
    "$SYS/broker/uptime", "$share/group/meter/p1/state", "$meter/p1/state", "/".join("a" * 200), "a/" * 32767,
    "meter/" + "p" * 33 + "/state", "meter/" + "p" * 65_000 + "/state",
)  # fmt: skip


@st.composite
def names(draw: st.DrawFn) -> tuple[AnyLeaf, str]:
    """A leaf, and a topic of it."""
    leaf = draw(st.sampled_from(LEAVES))
    first, *rest = leaf.pattern.removesuffix("/#").split("/")
    ids = [draw(st.sampled_from(DEVICES))] if first == "+" else []
    ids += [draw(ID) for level in rest if level == "+"]
    ids += draw(st.lists(ID, min_size=1, max_size=2)) if leaf.pattern.endswith("#") else []
    return leaf, leaf.at(*ids).name


@given(names())
def test_every_name_belongs_to_exactly_one_leaf(named: tuple[AnyLeaf, str]) -> None:
    leaf, name = named
    assert [other for other in LEAVES if other.matches(name)] == [leaf]


@given(names())
def test_what_a_leaf_subscribes_to_covers_its_names(named: tuple[AnyLeaf, str]) -> None:
    leaf, name = named
    pairs = zip(leaf.filter.split("/"), name.split("/"), strict=False)
    assert all(wanted in ("+", "#", level) for wanted, level in pairs)


@given(names())
def test_a_topic_matches_its_own_name_only(named: tuple[AnyLeaf, str]) -> None:
    topic = METER_STATE.at("p1")
    assert topic.matches("meter/p1/state")
    assert topic.matches(named[1]) == (named[1] == topic.name)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_belongs_to_nothing(name: str) -> None:
    assert [leaf.pattern for leaf in LEAVES if leaf.matches(name)] == []


@given(st.text() | st.lists(ID | st.text(max_size=3), max_size=6).map("/".join))
def test_whatever_belongs_to_a_leaf_consists_of_short_plain_ids(name: str) -> None:
    if any(leaf.matches(name) for leaf in LEAVES):
        assert 3 <= len(name.split("/")) <= 5
        assert all(re.fullmatch("[a-z0-9_-]{1,32}", level) for level in name.split("/"))


@pytest.mark.parametrize("bad", ["", "P1", "p 1", "p/1", "a/b/c", "+", "#", "é", "p1\n", "p" * 33, "\x00", "$a", "."])
def test_a_bad_id_makes_no_topic(bad: str) -> None:
    with pytest.raises(ValueError, match="is no topic of"):
        METER_STATE.at(bad)


@pytest.mark.parametrize("ids", [(), ("p1", "p2")])
def test_too_few_or_too_many_ids_make_no_topic(ids: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="is no topic of"):
        METER_STATE.at(*ids)


@pytest.mark.parametrize("stranger", ["alert", "service", "balancer", "plan", "tariff", "forecast", "homeassistant"])
def test_only_devices_have_facts_and_take_orders(stranger: str) -> None:
    """`alert/ems-p1/cmd` is an alert called cmd: `ems-p1` may write it, and must not reach a device by that."""
    assert not INFO.matches(f"{stranger}/ems-p1/info")
    assert not COMMAND.matches(f"{stranger}/ems-p1/cmd")


def test_an_alert_may_be_called_like_a_leaf() -> None:
    assert ALERT.at("ems-p1", "info").name == "alert/ems-p1/info"


def test_a_setting_is_of_the_house_or_of_one_device() -> None:
    assert SETTING.at("main", "away").name == "balancer/main/setting/away"
    assert SETTING_REQUEST.at("main", "boost_minutes", "boiler").name == "balancer/main/set/boost_minutes/boiler"
    assert not SETTING_REQUEST.matches("balancer/main/set")
    assert not SETTING_REQUEST.matches("balancer/main/set/a/b/c")


def test_a_decision_names_its_balancer_and_its_device() -> None:
    assert DECISION.at("shadow", "garage").name == "balancer/shadow/decision/garage"


@given(st.lists(st.one_of(names().map(lambda named: named[1]), st.text(), ID.map("meter/p1/{}".format)), max_size=50))
def test_strangers_cannot_add_to_the_labels_of_a_metric(seen: list[str]) -> None:
    known = {"state", "info", "availability", "cmd", "ack", "control", "status", "health", "selftest", "lease",
             "decision", "event", "group", "set", "setting", "terms", "score", "other"}  # fmt: skip
    assert {leaf_name(name) for name in seen} <= known


def test_no_two_leaves_share_a_pattern() -> None:
    assert Counter(leaf.pattern for leaf in LEAVES).most_common(1)[0][1] == 1

"""The tree of the demonstration in the documentation: each topic of its devices and services, none that cannot be."""

import re
from itertools import product
from pathlib import Path

from common.config import load
from common.config.settings import Owned
from common.contract import LEAVES
from services.balancer.config import Config as BalancerConfig
from services.cli.registry import sections
from tests.documents import chapter

DEMO = load(Path(__file__).parents[2] / "services" / "simulator" / "demo.yaml", sections(), {})


def shown() -> list[str]:
    """The topics below `ems/`, one for each combination of what stands in braces."""
    parent, topics = "", []
    for line in chapter("The tree", "seeing.md").split("```")[1].splitlines()[2:]:
        name = line.lstrip("│├└─ ").split()[0]
        if line[0] in "├└":
            parent = name
        else:
            topics += expanded(parent + name)
    return topics


def expanded(text: str) -> list[str]:
    """`a/{b,c}` is `a/b` and `a/c`."""
    parts = [part.split(",") for part in re.split(r"[{}]", text)]
    return ["".join(each) for each in product(*parts)]


def retained(owned: Owned) -> set[str]:
    """What a device says and the broker keeps."""
    leaves = ("info", "availability", "state", *(("control",) if owned.takes_orders else ()))
    return {f"{owned.kind}/{owned.id}/{leaf}" for leaf in leaves}


def test_the_tree_shows_every_device_and_service_once() -> None:
    devices = {topic for section in DEMO.sections.values() for owned in section.owned() for topic in retained(owned)}
    services = {f"service/ems-{name}/{leaf}" for name in DEMO.sections for leaf in ("status", "health")}
    others = ("balancer/", "forecast/", "tariff/")
    topics = shown()
    assert {topic for topic in topics if not topic.startswith(others)} == devices | services
    assert len(topics) == len(set(topics))


def test_the_tree_shows_what_is_decided_about_each_battery() -> None:
    balancer = DEMO.sections["balancer"]
    assert isinstance(balancer, BalancerConfig)
    for family in ("decision", "terms", "setting/reserve_soc_pct"):
        told = {topic for topic in shown() if topic.startswith(f"balancer/main/{family}/")}
        assert told == {f"balancer/main/{family}/{name}" for name in balancer.commanded()}


def test_every_topic_of_the_tree_is_in_the_contract_and_kept() -> None:
    kept = [leaf for leaf in LEAVES if leaf.retain]
    assert [topic for topic in shown() if not any(leaf.matches(topic) for leaf in kept)] == []

"""Who gets which rights, out of any configuration. That Mosquitto enforces them is tested in `tests/e2e`."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import ServiceSettings
from services.cli.accounts import Account, accounts
from services.cli.acl import HEAD, MARKER, access_list, own_part, own_users
from services.cli.registry import NAMES
from services.p1.config import Config as P1
from services.udp_battery.config import BatterySettings
from services.udp_battery.config import Config as Batteries

IDS = st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True)
BASES = st.from_regex(r"[a-z0-9_-]{1,8}(/[a-z0-9_-]{1,8}){0,3}", fullmatch=True)
LINE = re.compile(r"(#.*|user [A-Za-z0-9_-]+|topic (read|write|readwrite) [^ ]+|)")


def batteries(*ids: str) -> Batteries:
    return Batteries(batteries={name: BatterySettings(host=f"192.168.1.{n}") for n, name in enumerate(ids, start=1)})


def named(name: str, sections: Mapping[str, ServiceSettings], base: str = "ems") -> Account:
    return next(account for account in accounts(base, NAMES, sections) if account.name == name)


def rights(account: Account) -> set[str]:
    return {f"{right.access} {right.topic}" for right in account.rights}


def test_a_bridge_may_write_about_its_own_devices_and_read_their_orders() -> None:
    garage = "ems/battery/garage"
    assert rights(named("ems-udp_battery", {"udp_battery": batteries("garage")})) == {
        "readwrite ems/service/ems-udp_battery/+",
        "readwrite ems/alert/ems-udp_battery/+",
        "write homeassistant/+/ems-udp_battery/+/config",
        "read homeassistant/status",
        *(f"write {garage}/{leaf}" for leaf in ("state", "info", "availability", "ack", "control")),
        f"read {garage}/cmd",
        "read ems/balancer/main/lease",
    }


def test_who_takes_no_orders_is_told_none() -> None:
    assert not [right for right in rights(named("ems-p1", {"p1": P1(host="p1")})) if "cmd" in right or "lease" in right]


def test_another_base_gives_other_names() -> None:
    """`site-17/ems` is `site-17-ems-p1` as an account and `site-17/ems/…` in topics."""
    account = named("site-17-ems-p1", {"p1": P1(host="p1", id="main_meter")}, "site-17/ems")
    assert "write site-17/ems/meter/main_meter/state" in rights(account)


@pytest.mark.parametrize("service", NAMES)
def test_a_service_without_a_section_has_an_account_all_the_same(service: str) -> None:
    """Else its container could not be given a password, and `docker compose up` would stop for all."""
    assert named(f"ems-{service}", {}).rights


def test_only_the_balancer_may_write_orders_and_the_lease() -> None:
    known = accounts("ems", NAMES, {"p1": P1(host="p1"), "udp_battery": batteries("garage", "cellar")})
    for ending in ("/cmd", "/lease"):
        writers = {a.name for a in known for r in a.rights if r.access != "read" and r.topic.endswith(ending)}
        assert writers == {"ems-balancer"}


@given(BASES, st.lists(IDS, unique=True, max_size=5), IDS)
def test_no_right_leaves_the_tree_of_its_site(base: str, ids: list[str], meter: str) -> None:
    known = accounts(base, NAMES, {"p1": P1(host="p1", id=meter), "udp_battery": batteries(*ids)})
    outside = {"homeassistant", "domoticz", "$SYS"}
    for account in known:
        for right in account.rights:
            assert right.topic.startswith(f"{base}/") or right.topic.split("/")[0] in outside


@given(BASES, st.lists(IDS, unique=True, max_size=5), IDS)
def test_the_file_has_only_lines_that_mosquitto_knows(base: str, ids: list[str], meter: str) -> None:
    """Also: a wildcard stands for a whole level, or the broker refuses to start."""
    known = accounts(base, NAMES, {"p1": P1(host="p1", id=meter), "udp_battery": batteries(*ids)})
    lines = access_list(known).splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    topics = [line.split(" ")[2] for line in lines if line.startswith("topic ")]
    assert all(level in ("+", "#") or not set("+#") & set(level) for topic in topics for level in topic.split("/"))


@given(st.text(st.characters(codec="ascii", exclude_characters="\r"), max_size=200))
def test_what_the_owner_wrote_below_the_marker_is_kept(own: str) -> None:
    known = accounts("ems", NAMES, {})
    assert own_part(access_list(known, own)) == own


def test_a_file_that_somebody_else_wrote_is_kept_whole() -> None:
    theirs = "user zigbee\ntopic readwrite zigbee2mqtt/#\n"
    assert own_part(theirs) == theirs
    assert own_part("") == ""
    assert own_part(HEAD + "user ems-p1\n") == ""


def test_accounts_of_the_owners_own_are_found_by_their_names() -> None:
    """Names become file names, so a path is no name."""
    own = "user garden\ntopic read ems/#\n# user old\nuser ../../etc\nuser zigbee \nuser garden\n"
    assert own_users(own) == ("garden", "zigbee")
    assert own_users(own_part(f"{HEAD}user ems-p1\n{MARKER}\nuser garden\n")) == ("garden",)

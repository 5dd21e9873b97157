"""Every mistake in the owner's file is named at once: where it is, what was found, what would be right."""

from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from common.config import load, schema
from common.errors import ConfigError
from tests.common.config.house import Demanding, Section, mistakes, read, section

GOOD = """\
mqtt:
  host: 192.168.1.10
  port: 1884
site:
  timezone: Europe/Paris
  phases: 3
  connection_a: 25
p1:
  poll_s: 0.5
  batteries:
    garage: {host: a, window: [1.5, 2]}
  devices:
    garage: {kind: battery, host: a}
    grid: {kind: meter, url: http://a}
  spares:
    - host: b
    - {host: c, port: 4}
  wishes: [{power_w: 500}, {hours: 4}]
  ready_by: 22:30
victron:
  anything: [goes, {here: true}]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ballast.yaml"


def test_a_good_file_is_read(path: Path) -> None:
    loaded = read(path, GOOD)
    ours = loaded.section("p1", Section)
    assert (loaded.mqtt.port, loaded.site.zone.key, loaded.site.phases) == (1884, "Europe/Paris", 3)
    assert (ours.poll_s, ours.spares[1].port, ours.batteries["garage"].window) == (0.5, 4, (1.5, 2))


@pytest.mark.parametrize("text", ["", "# nothing\n", "p1:\n", "{}", "---\n...\n"])
def test_an_empty_file_means_defaults(path: Path, text: str) -> None:
    loaded = read(path, text)
    assert (loaded.mqtt.host, loaded.site.timezone, loaded.section("p1", Section)) == ("localhost", "UTC", Section())


def test_paths_are_relative_to_the_file_and_not_to_where_the_process_was_started(path: Path) -> None:
    loaded = read(path, "data_dir: d\nmqtt: {password_dir: s, ca_file: /etc/ca.pem}\n")
    assert loaded.data_dir == path.parent / "d"
    assert (loaded.mqtt.password_dir, loaded.mqtt.ca_file) == (path.parent / "s", Path("/etc/ca.pem"))


def test_all_mistakes_are_told_in_the_order_of_the_file(path: Path) -> None:
    text = (
        "mqtt:\n  port: 0\n  hots: x\nsite:\n  phases: 4\n  timezone: Mars\n  phases: 3\np1:\n  token: a\n"
        "  poll_s: ${POLL}\nbalancr: 1\n"
    )
    told = mistakes(path, text)
    assert [line.partition(": ")[0] for line in told] == ["2", "3", "5", "6", "7", "9", "10", "11"]


WRONG = (
    # a file, and what is told about it
    (
        "mqtt: {port: 70000}",
        "1: mqtt.port: found 70000; Input should be less than or equal to 65535, for example `port: 1883`",
    ),
    (
        "mqtt:\n  port: true",
        "2: mqtt.port: found True; Input should be a valid integer, for example `port: 1883`",
    ),
    ("mqtt:\n  port: 99999999999999999999999", "2: mqtt.port: found 1e+23; Input should be a valid integer"),
    ("mqtt:\n  port: " + "9" * 5000, "2: mqtt.port: found inf; Input should be a valid integer"),
    (
        "mqtt:\n  host:",
        "2: mqtt.host: found an empty value; Input should be a valid string, for example `host: 192.",
    ),
    (
        "mqtt:\n  protocol: 4",
        "2: mqtt.protocol: found 4; Input should be 5 or '3.1.1', for example `protocol: 5`",
    ),
    (
        "mqtt:\n  base: a_very_long_name_of_a_site/ems",
        "2: mqtt.base: found 'a_very_long_name_of_a_site/ems'; String should",
    ),
    ("mqtt: localhost", "1: mqtt: found 'localhost'; settings are expected here, indented below their name"),
    ("mqtt: [a]", "1: mqtt: found a list; settings are expected here"),
    (
        "site:\n  max_import_w: 1e999",
        "2: site.max_import_w: found inf; Input should be a finite number, for example",
    ),
    ("site:\n  max_import_w: .nan", "2: site.max_import_w: found '.nan'; Input should be a valid number"),
    (
        "site:\n  phases: true",
        "2: site.phases: found True; Input should be a whole number, for example `phases: 3`",
    ),
    (
        "site:\n  timezone: Mars",
        "2: site.timezone: found 'Mars'; no time zone is called 'Mars', for example",
    ),
    (
        "site:\n  timezone: ../../etc/passwd",
        "2: site.timezone: found '../../etc/passwd'; no time zone is called",
    ),
    ("site:\n  timezone: ''", "2: site.timezone: found an empty value; no time zone is called ''"),
    (
        "p1:\n  enabled: no",
        "2: p1.enabled: found 'no'; Input should be a valid boolean, for example `enabled: True`",
    ),
    ("p1:\n  ready_by: 6:00", "2: p1.ready_by: found '6:00'; String should match pattern"),
    ("p1:\n  pol_s: 1", "2: p1.pol_s: is not a setting; did you mean 'poll_s'?"),
    (
        "p1:\n  x: 1",
        "2: p1.x: is not a setting; known here: batteries, devices, enabled, metrics_port, poll_s, ready_by",
    ),
    ("p1: 5", "1: p1: found 5; settings are expected here"),
    ("{p1: {poll_s: 1, poll_s: 2}}", "1: p1.poll_s: is given twice, first on line 1; keep one of them"),
    ("p1:\n  poll_s: 1\n  poll_s: 2", "3: p1.poll_s: is given twice, first on line 2; keep one of them"),
    (
        "p1:\n  batteries:\n    garage:\n      host: a\n      port: x",
        "5: p1.batteries.garage.port: found 'x'; Input should",
    ),
    (
        "p1:\n  batteries:\n    garage:\n      prot: 1\n      host: a",
        "4: p1.batteries.garage.prot: is not a setting; did you mean 'port'?",
    ),
    (
        "p1:\n  batteries:\n    garage:\n      port: 1",
        "3: p1.batteries.garage.host: is missing, for example `host: 192.168.1.20`",
    ),
    (
        "p1:\n  batteries:\n    Garage 1: {host: a}",
        "3: p1.batteries.Garage 1: found 'Garage 1'; String should match pattern",
    ),
    ("p1:\n  batteries:\n    - host: a", "2: p1.batteries: found a list; settings are expected here"),
    (
        "p1:\n  devices:\n    a: {kind: meter, url: b}\n    g:\n      kind: meter\n      urll: x\n      url: y",
        "6: p1.devices.g.urll: is not a setting; did you mean 'url'?",
    ),
    (
        "p1:\n  devices:\n    g:\n      kind: metre",
        "4: p1.devices.g.kind: found 'metre'; one of 'battery', 'meter' is expected here",
    ),
    ("p1:\n  devices:\n    g:\n      host: a", "3: p1.devices.g.kind: is missing"),
    (
        "p1:\n  spares:\n    - host: a\n    - host: b\n      port: 0",
        "5: p1.spares.1.port: found 0; Input should be greater",
    ),
    ("p1:\n  spares:\n    - port: 1", "3: p1.spares.0.host: is missing, for example `host: 192.168.1.20`"),
    ("p1:\n  spares:\n    host: a", "2: p1.spares: found settings (host); a list is expected here"),
    (
        "p1:\n  spares: [{host: a, window: [1, x]}]",
        "2: p1.spares.0.window.1: found 'x'; Input should be a valid number",
    ),
    ("p1:\n  spares: [{host: a, window: [1]}]", "2: p1.spares.0.window.1: is missing"),
    (
        "p1:\n  batteries:\n    a: {host: b, window: 5}",
        "3: p1.batteries.a.window: found 5; a list is expected here",
    ),
    (
        "hello",
        "1: file: found 'hello'; settings are expected here, indented below their name, for example `mqtt: {host:",
    ),
    ("- a", "1: file: found a list; settings are expected here"),
    ("pzme:\n  poll_s: 1", "1: pzme: is not a setting; did you mean 'pzem'?"),
)


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=range(len(WRONG)))
def test_a_mistake_is_told_with_line_key_what_was_found_and_what_is_right(path: Path, text: str, expected: str) -> None:
    (told,) = mistakes(path, text)
    assert told.startswith(expected)


def test_an_entry_with_several_forms_is_told_by_its_own_line(path: Path) -> None:
    told = mistakes(path, "p1:\n  wishes:\n    - power_w: 5\n    - hours: -1\n")
    assert "4: p1.wishes.1.hours: found -1; Input should be greater than 0, for example `hours: 4`" in told
    assert {line.partition(":")[0] for line in told} == {"4"}
    assert len(told) == len(set(told))


def test_sections_of_other_services_are_not_ours_to_check(path: Path) -> None:
    assert read(path, "victron: {nonsense: [1, 2]}\n").section("p1", Section) == Section()


def test_a_section_that_is_needed_and_not_there_is_told(path: Path) -> None:
    path.write_text("mqtt: {host: a}\n")
    loaded = load(path, {"p1": Demanding}, {})
    with pytest.raises(ConfigError, match=r"p1: is missing; it needs at least `host: 192\.168\.1\.10`, `serial: …`"):
        loaded.section("p1", Demanding)


def test_a_base_is_short_enough_for_every_account(path: Path) -> None:
    """An account is a level in topics, and those have 32 characters."""
    longest = read(path, "mqtt: {base: site-4711-abcdef/ems}").mqtt.base
    assert len(f"{longest.replace('/', '-')}-udp_battery") <= 32


# What comes out of the environment


def test_a_variable_is_taken_from_the_environment(path: Path) -> None:
    assert section(path, "p1: {token: 'a${B}c'}", {"B": "42"}).token == "a42c"


def test_a_number_out_of_the_environment_stays_a_text(path: Path) -> None:
    """A password of digits is a password."""
    assert section(path, "p1: {token: '${PASSWORD}'}", {"PASSWORD": "0123"}).token == "0123"


def test_a_variable_that_is_not_set_is_one_mistake(path: Path) -> None:
    (told,) = mistakes(path, "p1:\n  token: ${TOKEN}\n")
    assert told == "2: p1.token: the environment variable TOKEN is not set; set it, or write the value itself"


def test_a_variable_in_a_comment_is_none(path: Path) -> None:
    assert section(path, "# ${TOKEN}\np1: {poll_s: 2}").poll_s == 2


def test_what_a_variable_holds_is_not_looked_into_again(path: Path) -> None:
    assert section(path, "p1: {token: '${A}'}", {"A": "${B}", "B": "x"}).token == "${B}"


@pytest.mark.parametrize(
    "text",
    ["p1: {token: '${TOKEN}'}", "p1: {spares: {token: '${TOKEN}'}}", "p1: {tokn: '${TOKEN}'}", "mqtt: ['${TOKEN}']"],
)
def test_what_came_out_of_the_environment_is_never_shown(path: Path, text: str) -> None:
    told = mistakes(path, text, {"TOKEN": "very secret"})
    assert "secret" not in "".join(told)


def test_bytes_that_are_no_text_are_a_mistake_and_no_crash(path: Path) -> None:
    (told,) = mistakes(path, "p1:\n  token: ${TOKEN}\n", {"TOKEN": "caf\udce9"})
    assert told == "2: p1.token: holds bytes that are no UTF-8 text"


# The schema for editors


SCHEMA = schema({"p1": Section})


def fits(values: object) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(values))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@given(st.data())
def test_the_schema_and_the_reader_agree(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    values = data.draw(VALUES)
    path = tmp_path_factory.getbasetemp() / "agree.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True))
    try:
        load(path, {"p1": Section}, {})
    except ConfigError:
        assert not fits(values)
    else:
        assert fits(values)


SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-5, 70_000)
    | st.floats(-5, 100).map(lambda number: round(number, 2))
    | st.sampled_from(["abcd", "x", "battery", "meter", "06:30"])
)
ENTRY = st.dictionaries(
    st.sampled_from(["kind", "host", "port", "window", "url", "power_w", "hours"]), SCALAR, max_size=3
)
VALUES = st.fixed_dictionaries({}, optional={
    "mqtt": st.dictionaries(st.sampled_from(["host", "port", "protocol", "keepalive_s", "x"]), SCALAR, max_size=3),
    "site": st.dictionaries(st.sampled_from(["phases", "connection_a", "max_export_w"]), SCALAR, max_size=3),
    "p1": st.none() | st.fixed_dictionaries({}, optional={
        "poll_s": SCALAR, "enabled": SCALAR, "token": SCALAR, "ready_by": SCALAR, "metrics_port": SCALAR,
        "spares": st.lists(ENTRY, max_size=2), "wishes": st.lists(ENTRY, max_size=2),
        "batteries": st.dictionaries(st.sampled_from(["garage", "Garage 1"]), ENTRY, max_size=2),
        "devices": st.dictionaries(st.just("grid"), ENTRY, max_size=1),
    }),
    "victron": SCALAR, "unknown": SCALAR,
})  # fmt: skip

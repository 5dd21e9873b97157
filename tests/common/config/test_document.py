"""YAML as people mean it, and files that mean harm."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config.document import read
from common.errors import ConfigError

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + depth)}: &{chr(98 + depth)} [{','.join(['*' + chr(97 + depth)] * 10)}]\n" for depth in range(9)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ballast.yaml"


def value(path: Path, text: str) -> object:
    path.write_text(f"x: {text}\n")
    values = read(path, {}).values
    assert isinstance(values, dict)
    return values["x"]


def complaint(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read(path, {}).verdict()
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("22:30", "22:30"), ("06:00", "06:00"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"),
        ("NO", "NO"), ("0123", "0123"), ("0x10", "0x10"), ("0o17", "0o17"), ("1_000", "1_000"),
        ("2026-04-18", "2026-04-18"), ("True", "True"), ("Null", "Null"),
        (".inf", ".inf"), (".nan", ".nan"), ("1.2.3", "1.2.3"), ("=", "="),
        ("'12'", "12"), ('"true"', "true"), ("|\n  12", "12\n"), ("!!int 12", 12), ("192.168.1.10", "192.168.1.10"),
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("-12", -12), ("+7", 7),
        ("1.5", 1.5), ("1e3", 1000.0), ("-0.25", -0.25), ("1E-2", 0.01), ("5.", 5.0), ("[]", []), ("{}", {}),
    ],
)  # fmt: skip
def test_a_value_is_what_an_owner_means_by_it(path: Path, text: str, meant: object) -> None:
    found = value(path, text)
    assert (found, type(found)) == (meant, type(meant))


@given(st.integers(-(10**18) + 1, 10**18 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_as_itself(tmp_path_factory: pytest.TempPathFactory, number: float) -> None:
    assert value(tmp_path_factory.getbasetemp() / "number.yaml", repr(number)) == number


def test_a_number_beyond_all_bounds_is_no_crash(path: Path) -> None:
    assert value(path, "9" * 5000) == float("inf")


def test_each_value_knows_its_line(path: Path) -> None:
    path.write_text("a:\n  - 1\n\n  - b: 2\n    c:\n      3\n")
    lines = read(path, {}).lines
    assert {key: line for key, line in lines.items() if key} == {
        ("a",): 1,
        ("a", 0): 2,
        ("a", 1): 4,
        ("a", 1, "b"): 4,
        ("a", 1, "c"): 5,
    }


def test_a_key_given_twice_is_a_mistake_wherever_it_is(path: Path) -> None:
    assert "ballast.yaml:4: a.b: is given twice, first on line 2" in complaint(path, b"a:\n  b: 1\n  c: 2\n  b: 3\n")


def test_keys_that_only_look_different_are_the_same(path: Path) -> None:
    assert "is given twice" in complaint(path, b"a: 1\n'a': 2\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"mqtt:\n\thost: x\n", r":2: is not YAML: found character '\\t' that cannot start any token"),
        (b"mqtt: {host: x\n", r":2: is not YAML: .*Check indentation"),
        (b"a: 1\n b: 2\n", r":2: is not YAML: mapping values are not allowed here"),
        (b"a: 1\n---\nb: 2\n", r":2: is not YAML: but found another document"),
        (b"a: *b\n", r":1: is not YAML: found undefined alias"),
        (b"a: 'x\n", r"is not YAML: found unexpected end of stream"),
        (b"host: caf\xe9\n", r"is not UTF-8 text \(byte 9\)"),
        ("a: 1\n".encode("utf-16"), r"is not UTF-8 text \(byte 0\)"),
        (b"\x00" * 100, r"is not YAML: special characters are not allowed"),
        (b"a: \x07\n", r"is not YAML: special characters are not allowed"),
        (b"a: " + b"[" * 20_000, r"is not YAML: nested too deeply"),
        (b"a: &a [*a]\n", r"is not YAML: nested too deeply"),
        (BOMB.encode(), r"holds more than 100000 values; is it the right file\?"),
        (b"[a]: 1\n", r":1: file: has a list or a mapping for a key; a key is a name"),
        (b'a: "\\ud800"\n', r":1: a: holds bytes that are no UTF-8 text"),
    ],
    ids=["tab", "open brace", "indentation", "two documents", "alias", "open quote", "latin-1", "UTF-16", "NUL", "bell",
         "deep", "itself", "bomb", "list as key", "half a character"],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused_in_one_sentence(path: Path, content: bytes, told: str) -> None:
    assert re.search(told, complaint(path, content))


def test_a_byte_order_mark_is_no_mistake(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(path, {}).values == {"a": 1}


def test_a_tag_makes_no_object(path: Path) -> None:
    assert value(path, "!!python/object/apply:os.system ['echo harm']") == ["echo harm"]


@pytest.mark.parametrize("place", ["nowhere.yaml", "."])
def test_a_file_that_cannot_be_read_is_told_with_advice(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read .*; copy ballast\.example\.yaml"):
        read(tmp_path / place, {})


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_file_is_read_or_refused_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    try:
        read(path, {}).verdict()
    except ConfigError as error:
        assert len(error.problems) >= 1  # noqa: PT017  # either way is right, and nothing else may come out

"""The list of promises: every mark names one, and a page that says which are kept does not flatter."""

import re
from pathlib import Path

import pytest

from tests.promises import PAGE, Ledger, chapters, known, main, numbers, page

TESTS = """\
import pytest

@pytest.mark.promise("4.8-01")
@pytest.mark.parametrize("number", [1, 2])
def test_that_passes(number): pass

@pytest.mark.promise("4.8-02")
@pytest.mark.parametrize("number", [1, 2])
def test_that_fails_once(number): assert number == 1

@pytest.mark.promise("4.8-02")
def test_that_passes_beside_it(): pass

@pytest.mark.promise("4.8-03")
@pytest.mark.skip(reason="no such machine")
def test_that_is_skipped(): pass

@pytest.fixture
def broken():
    yield
    raise OSError("not cleaned up")

@pytest.mark.promise("4.8-04")
def test_that_fails_afterwards(broken): pass

def test_of_something_else(): assert False
"""


def proven(folder: Path, name: str, tests: str) -> int:
    """Run these tests in a folder of their own, away from ours, and write the page there."""
    ini = "[pytest]\nmarkers = promise(number): proves\nasyncio_default_fixture_loop_scope = function\n"
    (folder / "none.ini").write_text(ini)
    (folder / name).write_text(tests)
    alone = ["-c", str(folder / "none.ini"), "-p", "no:cacheprovider", "--import-mode=importlib"]
    return main([*alone, str(folder / name)], folder / "page.md")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The lines of a page made of the tests above, by number."""
    folder = tmp_path_factory.mktemp("proofs")
    assert proven(folder, "test_it.py", TESTS) == pytest.ExitCode.TESTS_FAILED
    lines = (folder / "page.md").read_text().splitlines()
    return {found[1]: line for line in lines if (found := re.match(r"\| (\d\.\d+-\d\d) \|", line))}


def test_every_promise_has_a_line(rows: dict[str, str]) -> None:
    assert rows.keys() == known()


def test_a_promise_whose_tests_pass_is_kept_and_a_table_is_one_test(rows: dict[str, str]) -> None:
    assert re.search(r"\| \*\*kept\*\* \| `test_it\.py::test_that_passes` \|$", rows["4.8-01"])


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("4.8-02", "`test_it.py::test_that_fails_once` **did not pass**<br>`test_it.py::test_that_passes_beside_it` |"),
        ("4.8-03", "`test_it.py::test_that_is_skipped` **did not pass** |"),
        ("4.8-04", "`test_it.py::test_that_fails_afterwards` **did not pass** |"),
        ("4.8-05", "not kept | – |"),
    ],
)
def test_anything_less_is_not(rows: dict[str, str], number: str, why: str) -> None:
    assert "| not kept |" in rows[number]
    assert rows[number].endswith(why)


def test_the_promises_of_a_chapter_are_counted(rows: dict[str, str]) -> None:
    kept = [number for number, row in rows.items() if "**kept**" in row]
    assert kept == ["4.8-01"]


@pytest.mark.parametrize("args", [("4.8-99",), ("4.8-1",), (), ("4.8-01", "4.8-02"), (48,)])
def test_a_mark_that_names_no_promise_is_refused(request: pytest.FixtureRequest, args: tuple[str, ...]) -> None:
    assert isinstance(request.node, pytest.Item)
    request.node.add_marker(pytest.mark.promise(*args))
    with pytest.raises(pytest.UsageError, match="there is no promise"):
        numbers(request.node)


def test_such_a_mark_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    assert proven(tmp_path, "test_other.py", TESTS.replace("4.8-01", "4.8-99")) == pytest.ExitCode.USAGE_ERROR
    assert not (tmp_path / "page.md").exists()


def test_a_ledger_can_be_a_plugin_of_pytest() -> None:
    """Which keeps plugins in sets as soon as there are conftest files in folders."""
    first, second = Ledger(), Ledger()
    assert len({first, second, first}) == 2


def test_numbers_count_up_without_a_gap() -> None:
    for chapter in chapters():
        assert [int(number.partition("-")[2]) for number in chapter.promises] == [*range(1, len(chapter.promises) + 1)]
        assert all(text.endswith(".") and "|" not in text for text in chapter.promises.values())


def test_the_page_in_the_docs_is_about_these_promises() -> None:
    """If this fails: `make promises`."""
    written = [line.split(" | ")[:2] for line in PAGE.read_text().splitlines() if re.match(r"\| \d", line)]
    fresh = [line.split(" | ")[:2] for line in page(Ledger()).splitlines() if re.match(r"\| \d", line)]
    assert written == fresh

"""What a reader of the pages is promised: links that lead somewhere, commands that exist, none that is kept quiet."""

import re
from pathlib import Path

import pytest

from services.cli.__main__ import SUBCOMMANDS

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text()
GOALS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
QUIET = {"contract", "schema", "metrics", "dashboards", "health"}
"""For developers (`make docs`) and for the container engine."""


def anchors(page: Path) -> set[str]:
    """The names of its chapters as a web page of it has them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Into the project; what lies on the web is not asked."""
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(there), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_goal_and_command_exists(page: Path) -> None:
    text = page.read_text()
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= GOALS
    assert set(re.findall(r"`ballast ([a-z]+)", text)) <= set(SUBCOMMANDS)


def test_every_command_for_people_is_in_the_readme() -> None:
    assert set(SUBCOMMANDS) - QUIET <= set(re.findall(r"`ballast ([a-z]+)", README)) | {"demo"}


def test_the_readme_shows_how_to_begin() -> None:
    assert "make demo " in README
    assert "make test " in README

"""What the documentation says about being told is so."""

import re
from pathlib import Path

import pytest

from common.config import Settings, load
from services.cli.registry import sections
from services.notifier.config import Config, QuietHours, Recipient
from tests.documents import chapter, example, shown_configuration

CHAPTER = chapter("People: ")


@pytest.mark.parametrize("settings", [Config, Recipient, QuietHours])
def test_every_setting_is_described(settings: type[Settings]) -> None:
    known = set(settings.model_fields) - {"metrics_port", "to"}
    assert not [name for name in known if not re.search(rf"`(to\.<name>\.)?{name}`", CHAPTER)]


def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    """With the addresses that are shown beside it."""
    (tmp_path / "ballast.yaml").write_text(shown_configuration("People: "))
    private = dict(line.split("=", 1) for line in CHAPTER.splitlines() if "_URL=" in line)
    loaded = load(tmp_path / "ballast.yaml", sections(), private)
    assert isinstance(loaded.sections["notifier"], Config)
    assert loaded.sections["notifier"].to["me_at_work"].alerts == "errors"


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "ballast.yaml").write_text(example("notifier"))
    assert "notifier" in load(tmp_path / "ballast.yaml", sections(), {}).sections

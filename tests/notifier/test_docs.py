"""What the documentation says about being told is so."""

import re
from pathlib import Path

import pytest

from common.config import load
from services.cli.registry import sections
from services.notifier.config import Config, QuietHours, Recipient

ROOT = Path(__file__).parents[2]
CHAPTER = (ROOT / "docs" / "devices.md").read_text().split("\n## People: ")[1].split("\n## ")[0]


@pytest.mark.parametrize("settings", [Config, Recipient, QuietHours])
def test_every_setting_is_described(settings: type) -> None:
    known = set(settings.model_fields) - {"metrics_port", "to"}  # type: ignore[attr-defined]  # a model
    assert not [name for name in known if not re.search(rf"`(to\.<name>\.)?{name}`", CHAPTER)]


def test_the_configuration_shown_is_valid(tmp_path: Path) -> None:
    """With the addresses that are shown beside it."""
    (tmp_path / "ballast.yaml").write_text(CHAPTER.split("```yaml\n")[1].split("```")[0])
    private = dict(line.split("=", 1) for line in CHAPTER.splitlines() if "_URL=" in line)
    loaded = load(tmp_path / "ballast.yaml", sections(), private)
    assert isinstance(loaded.sections["notifier"], Config)
    assert loaded.sections["notifier"].to["me_at_work"].alerts == "errors"


def test_the_example_is_valid_once_its_comments_are_taken_away(tmp_path: Path) -> None:
    example = (ROOT / "ballast.example.yaml").read_text()
    part = example[example.index("# notifier:") :].split("\n\n")[0]
    (tmp_path / "ballast.yaml").write_text("\n".join(line.removeprefix("# ") for line in part.splitlines()))
    assert "notifier" in load(tmp_path / "ballast.yaml", sections(), {}).sections

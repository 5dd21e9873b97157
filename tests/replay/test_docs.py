"""`docs/replay.md` says what is so."""

import argparse
import json
from pathlib import Path

import pytest
import yaml

from services.cli.__main__ import _parser
from services.replay.config import Config
from services.replay.names import POLICIES
from services.replay.table import VALUES

TEXT = (Path(__file__).parents[2] / "docs" / "replay.md").read_text()
COMMANDS = [line.split("#")[0].split()[1:] for line in TEXT.splitlines() if line.startswith("    ballast ")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_can_be_typed_as_it_stands(words: list[str]) -> None:
    assert isinstance(_parser("replay").parse_args(words), argparse.Namespace)


def test_the_example_is_a_valid_house() -> None:
    section = yaml.safe_load(TEXT.split("```yaml\n")[1].split("```")[0])["replay"]
    config = Config.model_validate_json(json.dumps(section))
    assert config.loads["washing"].chore().is_interruptible is False


@pytest.mark.parametrize("name", [*VALUES, *POLICIES, "time_utc", "epoch_s"])
def test_every_column_and_policy_is_explained(name: str) -> None:
    assert f"`{name}`" in TEXT

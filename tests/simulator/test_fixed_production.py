"""A house whose roof always gives the same, for trying things out."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from services.cli.stage import set_stage
from services.simulator.build import build
from services.simulator.config import Config

NIGHT = datetime.fromisoformat("2026-12-20T23:00")


@pytest.mark.promise("3.10-18")
@pytest.mark.parametrize("production_w", [0.0, 1500.0])
def test_the_roof_gives_the_same_at_any_hour(production_w: float) -> None:
    house = build(Config(production_w=production_w, starts_at=NIGHT, household="ordinary"))
    for _ in range(60):
        house.advance_to(house.time_s + 60)
        assert house.production_w == production_w
        assert house.grid_w == pytest.approx(house.load_w - production_w)
    assert house.produced_wh == pytest.approx(production_w)


def test_unless_it_is_told_it_gives_what_the_sky_allows() -> None:
    house = build(Config(starts_at=NIGHT))
    assert house.production_w == 0


@pytest.mark.promise("3.10-18")
@pytest.mark.parametrize("production_w", [None, 1500.0])
def test_the_demonstration_can_be_given_one(tmp_path: Path, production_w: float | None) -> None:
    stage = set_stage(tmp_path, production_w)
    told = yaml.safe_load(stage.config.read_text())
    assert Config.model_validate(told["simulator"], strict=False).production_w == production_w

"""What the documentation says about the page is so."""

import re
from pathlib import Path

from common import metrics
from common.config import load
from services.cli.registry import sections
from services.web.config import Config
from tests.documents import DOCS, ROOT, example

PAGE = (DOCS / "page.md").read_text()
ROOMS = "".join(path.read_text() for path in (ROOT / "services" / "web").glob("*.py"))


def rows(head: str) -> set[str]:
    """First cells of a table."""
    table = PAGE[PAGE.index(f"\n| {head} |") + 1 :].split("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def test_every_setting_and_every_alert_is_described_and_no_other() -> None:
    assert rows("setting") == set(Config.model_fields) - {"metrics_port"}
    assert rows("alert") == set(re.findall(r'alerts\.(?:set|say)\(\s*"(\w+)"', ROOMS))


def test_every_metric_exists() -> None:
    named = {name.removesuffix("_total") for name in re.findall(r"`(ems_page_\w+)`", PAGE)}
    known = {family.name for family in metrics.REGISTRY.collect()}
    assert named == {name for name in known if name.startswith("ems_page_")}


def test_the_configuration_shown_and_that_of_the_example_are_valid(tmp_path: Path) -> None:
    for text in (PAGE.split("```yaml\n")[1].split("```")[0], example("web")):
        (tmp_path / "ballast.yaml").write_text(text)
        assert load(tmp_path / "ballast.yaml", sections(), {}).sections["web"] == Config(port=8080)

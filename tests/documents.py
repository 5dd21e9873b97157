"""What the documents promise, so that tests can see whether it is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def chapter(title: str, page: str = "devices.md") -> str:
    """A chapter of a page, found by how its title begins."""
    text = (DOCS / page).read_text()
    return text[text.index(f"## {title}") :].split("\n## ")[0]


def missing_proofs(title: str, folder: str) -> tuple[list[str], int]:
    """Tests in `folder` that a table of the safe states names and that do not exist; and how many it names."""
    missing, named = [], 0
    for row in chapter(title, "safe-states.md").splitlines():
        file = ""
        for part in re.findall(r"`((?:(?:rules/)?test_\w+\.py)?::\w+)`", row):
            file, test = part.split("::")[0] or file, part.split("::")[1]
            named += 1
            if f"def {test}(" not in (ROOT / "tests" / folder / file).read_text():
                missing.append(part)
    return missing, named


def raised_alerts(service: str) -> set[str]:
    """Names of the alerts that a bridge raises about its devices."""
    rooms = "\n".join(path.read_text() for path in (ROOT / "services" / service).glob("*.py"))
    raised = set(re.findall(r'\b(?:alert|alert_name)\(\s*"(\w+)"', rooms))
    raised |= set(re.findall(r'\bAlarm\(\s*"(\w+)"', rooms))
    raised |= set(re.findall(r'\bKind\(\s*\w+,\s*"(\w+)"', rooms))
    return raised | ({"implausible"} if "report.doubts(" in rooms else set())


def shown_configuration(title: str) -> str:
    """The YAML of a chapter about devices."""
    return chapter(title).split("```yaml\n")[1].split("```")[0]


def example(section: str) -> str:
    """A part of the example configuration, its comments taken away."""
    text = (ROOT / "ballast.example.yaml").read_text()
    part = text[text.index(f"# {section}:") :].split("\n\n")[0]
    return "\n".join(line.removeprefix("# ") for line in part.splitlines())

"""The files that a household uses, as tests read them."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())  # free-form
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = tuple(name for name, service in SERVICES.items() if service["restart"] == "no")
"""Those that do something and end."""
LASTING = tuple(name for name in SERVICES if name not in ONCE)
GUIDE = (ROOT / "docs" / "deploy.md").read_text()


def blocks(language: str = "") -> list[str]:
    """The blocks of the guide that are written in this language."""
    return [text for kind, text in re.findall(r"```(\w*)\n(.*?)```", GUIDE, re.DOTALL) if kind == language]


def commands() -> list[str]:
    """Every command of the guide, continued lines joined, and those inside its tables."""
    lines = "\n".join(blocks()).replace("\\\n", " ").splitlines()
    inline = re.findall(r"`(docker compose [^`]+)`", GUIDE)
    return [re.sub(r"\s+", " ", line).strip() for line in (*lines, *inline) if line.strip()]

"""What the image is made of: the lock file, wheels for both kinds of machine, nothing of anybody's house."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from tests.deploy.papers import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOCK: dict[str, Any] = tomllib.loads((ROOT / "uv.lock").read_text())  # free-form
PACKAGES: dict[str, dict[str, Any]] = {package["name"]: package for package in LOCK["package"]}
EXTRAS = re.findall(r"--extra (\w+)", DOCKERFILE)
FITTING = re.compile(r"-(?:py2\.py3|py3|cp313|cp3\d+)-(?:none|cp313|abi3)-(any|manylinux\S*_(?:x86_64|aarch64))")
ELSEWHERE = re.compile(r"sys_platform == '(win32|emscripten)'|python_full_version < '3\.1[123]")
"""Marks what our image, Linux with Python 3.13, never installs."""


def needed() -> Iterator[str]:
    """Every package of the image beside our own."""
    ours = PACKAGES["ballast"]
    waiting = [*ours["dependencies"], *(entry for extra in EXTRAS for entry in ours["optional-dependencies"][extra])]
    seen: set[str] = set()
    while waiting:
        entry = waiting.pop()
        if entry["name"] in seen or ELSEWHERE.match(entry.get("marker", "")):
            continue
        seen.add(entry["name"])
        yield entry["name"]
        package = PACKAGES[entry["name"]]
        waiting += package.get("dependencies", [])
        waiting += [more for extra in entry.get("extra", []) for more in package["optional-dependencies"][extra]]


def test_every_package_has_a_wheel_for_amd64_and_for_arm64() -> None:
    """No compiler on a Pi."""
    lacking = {}
    for name in needed():
        found = {match[1] for wheel in PACKAGES[name]["wheels"] if (match := FITTING.search(wheel["url"]))}
        for machine in ("x86_64", "aarch64"):
            if not any(tag == "any" or tag.endswith(machine) for tag in found):
                lacking[name] = machine
    assert lacking == {}


def test_the_image_holds_what_is_locked_and_builds_nothing_else() -> None:
    assert DOCKERFILE.count("uv sync --locked --no-dev") == 2
    assert "--no-install-project --no-build" in DOCKERFILE
    assert set(EXTRAS) >= {"demo", "discover"}


def test_the_image_is_free_of_the_minor_version() -> None:
    """Only the base image names it, so that a stand-in or a newer one needs no other change."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("FROM ")]
    assert not [line for line in lines if re.search(r"python3\.\d", line)]
    assert {line.split(" ")[1] for line in DOCKERFILE.splitlines() if line.startswith("FROM ")} == {"python:3.13-slim"}


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["ballast"]


def test_nothing_of_a_house_gets_into_the_image() -> None:
    """Everything is left out but what is named."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert let_in == {"pyproject.toml", "uv.lock", "README.md", "LICENSE", "common", "services"}

"""The section `p1`, as an owner writes it."""

from pathlib import Path

import pytest

from common.config import load
from common.errors import ConfigError
from services.p1.__main__ import SERVICE
from services.p1.config import Config


def section(tmp_path: Path, text: str) -> Config:
    """What a file's section means."""
    file = tmp_path / "ballast.yaml"
    file.write_text("p1:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
    return load(file, {SERVICE.name: SERVICE.settings}, {}).section("p1", Config)


def test_an_address_is_all_it_needs(tmp_path: Path) -> None:
    config = section(tmp_path, "host: 192.168.1.20")
    assert (config.id, config.api, config.poll_s, config.max_power_w) == ("p1", "auto", 1.0, 60_000)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("api: v2", "p1.host: is missing, for example `host: 192.168.1.20`"),
        ("host: a\npoll_s: 0.1", "poll_s: found 0.1"),
        ("host: a\nid: P1 meter", "id: found 'P1 meter'"),
        ("host: a\napi: v3", "api: found 'v3'"),
        ("host: a\nhots: b", "did you mean 'host'?"),
        ("host: a\nserial: 5C-2F", "for example `serial: aabbcc0d1e2f`"),
        ("host: a\nmax_power_w: .inf", "max_power_w"),
    ],
)
def test_a_mistake_is_named_with_an_example(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        section(tmp_path, text)
    assert complaint in str(caught.value)


def test_every_setting_shows_an_example() -> None:
    fields = Config.model_json_schema()["properties"]
    assert [name for name, field in fields.items() if "examples" not in field] == []

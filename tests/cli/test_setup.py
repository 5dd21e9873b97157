"""`ballast setup`: what it makes, what it keeps, and what it says when it cannot."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from common.config import Loaded, load
from services.cli.__main__ import run
from services.cli.acl import MARKER
from services.cli.dotenv import variables
from services.cli.passwords import verifies
from services.cli.registry import DEPLOYED, sections

ROOT = Path(__file__).parents[2]
ACCOUNTS = {
    *(f"ems-{service}" for service in (*DEPLOYED, "simulator")),
    *("homeassistant", "domoticz", "viewer", "operator", "health"),
}
Setup = Callable[[], int]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A fresh checkout, as far as setup looks at it."""
    (tmp_path / "compose.yaml").touch()
    (tmp_path / "mosquitto").mkdir()
    (tmp_path / "ballast.example.yaml").write_text((ROOT / "ballast.example.yaml").read_text())
    return tmp_path


@pytest.fixture
def setup(house: Path) -> Setup:
    """Run it in the house. Returns the exit status."""
    return lambda: run(["setup", "--folder", str(house)])


def contents(house: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(house)): (path.read_text() if path.is_file() else "", path.stat().st_mode)
        for path in house.rglob("*")
    }


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_fresh_checkout_gets_all_it_needs(house: Path, setup: Setup) -> None:
    assert setup() == 0
    assert {path.name for path in (house / "secrets").iterdir()} == ACCOUNTS | {"grafana"}
    assert (house / "ballast.yaml").read_text() == (house / "ballast.example.yaml").read_text()
    assert (house / "data" / "mosquitto").is_dir()


def test_nobody_else_can_read_what_is_secret(house: Path, setup: Setup) -> None:
    setup()
    secret = [*(house / "secrets").iterdir(), house / "mosquitto" / "passwd", house / "mosquitto" / "acl"]
    assert {mode(path) for path in secret} == {0o600}
    assert {mode(house / name) for name in ("secrets", "data", "data/mosquitto")} == {0o700}


def test_each_hash_is_that_of_its_password(house: Path, setup: Setup) -> None:
    setup()
    lines = (house / "mosquitto" / "passwd").read_text().splitlines()
    hashes = {name: known for name, _, known in (line.partition(":") for line in lines)}
    assert hashes.keys() == ACCOUNTS
    assert all(verifies((house / "secrets" / name).read_text().strip(), known) for name, known in hashes.items())


def test_a_second_time_nothing_changes(house: Path, setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    setup()
    before = contents(house)
    capsys.readouterr()
    assert setup() == 0
    assert contents(house) == before
    assert "nothing was changed" in capsys.readouterr().out


def test_a_new_device_gets_its_rights_and_nothing_else_changes(
    house: Path, setup: Setup, capsys: pytest.CaptureFixture[str]
) -> None:
    setup()
    before = contents(house)
    file = house / "ballast.yaml"
    file.write_text(
        file.read_text().replace("  batteries:\n    gar", "  batteries:\n    attic: {host: attic}\n    gar")
    )
    setup()
    after = contents(house)
    assert {name for name in after if after[name] != before.get(name)} == {"ballast.yaml", "mosquitto/acl"}
    assert "topic read ems/battery/attic/cmd" in after["mosquitto/acl"][0]
    assert "docker compose restart mosquitto" in capsys.readouterr().out


def test_a_password_that_the_owner_chose_is_kept(house: Path, setup: Setup) -> None:
    (house / "secrets").mkdir()
    (house / "secrets" / "viewer").write_text("my own\n")
    setup()
    assert (house / "secrets" / "viewer").read_text() == "my own\n"
    assert mode(house / "secrets" / "viewer") == 0o600
    line = next(line for line in (house / "mosquitto" / "passwd").read_text().splitlines() if line.startswith("viewer"))
    assert verifies("my own", line.partition(":")[2])


def test_an_empty_password_is_none(house: Path, setup: Setup) -> None:
    """What a full disk leaves behind."""
    (house / "secrets").mkdir()
    (house / "secrets" / "viewer").touch()
    setup()
    assert len((house / "secrets" / "viewer").read_text().strip()) == 24


def test_an_account_of_the_owners_own_gets_a_password(house: Path, setup: Setup) -> None:
    setup()
    acl = house / "mosquitto" / "acl"
    acl.write_text(acl.read_text() + "user garden\ntopic read ems/meter/p1/state\n")
    setup()
    assert acl.read_text().endswith(f"{MARKER}\nuser garden\ntopic read ems/meter/p1/state\n")
    assert (house / "secrets" / "garden").exists()
    assert "garden:$7$" in (house / "mosquitto" / "passwd").read_text()


def test_compose_is_told_what_to_start_and_as_whom(house: Path, setup: Setup) -> None:
    setup()
    said = variables((house / ".env").read_text())
    assert said["COMPOSE_PROFILES"] == "house,p1,udp_battery,balancer"
    assert said["BALLAST_ACCOUNTS"] == "ems"
    assert said["BALLAST_MQTT_ADDRESS"] == said["BALLAST_WEB_ADDRESS"] == "127.0.0.1"
    assert int(said["BALLAST_UID"]) == (house / "secrets").stat().st_uid != 0


def test_prometheus_is_told_whom_to_ask(house: Path, setup: Setup) -> None:
    setup()
    (targets,) = json.loads((house / "data" / "prometheus" / "targets.json").read_text())
    assert targets == {"targets": ["p1:9464", "udp_battery:9464", "balancer:9464"]}
    (house / "ballast.yaml").write_text("mqtt: {password_dir: secrets}\np1: {host: 192.168.1.20}\n")
    setup()
    (targets,) = json.loads((house / "data" / "prometheus" / "targets.json").read_text())
    assert targets == {"targets": ["p1:9464"]}


def test_only_what_has_a_section_is_started_and_other_profiles_stay(house: Path, setup: Setup) -> None:
    (house / ".env").write_text("COMPOSE_PROFILES=house,udp_battery,dashboards\n")
    (house / "ballast.yaml").write_text("mqtt: {base: site-17/ems, password_dir: secrets}\np1: {host: 192.168.1.20}\n")
    setup()
    said = variables((house / ".env").read_text())
    assert said["COMPOSE_PROFILES"] == "house,p1,dashboards"
    assert said["BALLAST_ACCOUNTS"] == "site-17-ems"
    assert (house / "secrets" / "site-17-ems-p1").exists()


def test_without_compose_there_is_nothing_to_tell_it(house: Path, setup: Setup) -> None:
    (house / "compose.yaml").unlink()
    setup()
    assert not (house / ".env").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_gives_the_files_to_the_owner_of_the_folder(house: Path, setup: Setup) -> None:
    os.chown(house, 1234, 1235)
    setup()
    given = ("secrets", "secrets/ems-p1", "mosquitto/passwd", "data", ".env", "ballast.yaml")
    assert {(house / name).stat().st_uid for name in given} == {1234}
    assert variables((house / ".env").read_text())["BALLAST_GID"] == "1235"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can do anything")
def test_whoever_the_containers_cannot_read_from_is_told(
    house: Path, setup: Setup, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / ".env").write_text("BALLAST_UID=4242\n")
    assert setup() == 1
    assert "user 4242" in capsys.readouterr().err


def test_no_file_to_copy_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["setup", "--folder", str(tmp_path)]) == 1
    assert "neither ballast.yaml nor ballast.example.yaml" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["setup", "--folder", str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_services_that_would_send_no_password_are_noticed(
    house: Path, setup: Setup, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "ballast.yaml").write_text("p1: {host: 192.168.1.20}\n")
    assert setup() == 1
    assert "password_dir: secrets" in capsys.readouterr().err
    assert not (house / "mosquitto" / "passwd").exists()


def test_a_mistake_in_the_file_makes_nothing(house: Path, setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "ballast.yaml").write_text("p1: {hots: 192.168.1.20}\n")
    assert setup() == 78
    assert "did you mean 'host'?" in capsys.readouterr().err
    assert not (house / "secrets").exists()


def test_what_cannot_be_written_is_named(house: Path, setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "secrets").write_text("a file where a folder should be")
    assert setup() == 1
    assert f"{house / 'secrets'} cannot be made or read" in capsys.readouterr().err


def example(text: str, folder: Path) -> Loaded:
    file = folder / "ballast.yaml"
    file.write_text(text)
    return load(file, sections(), {})


def test_the_example_is_without_mistakes(tmp_path: Path) -> None:
    loaded = example((ROOT / "ballast.example.yaml").read_text(), tmp_path)
    assert set(loaded.sections) == {"p1", "udp_battery", "balancer"}
    batteries = {owned.id for owned in loaded.sections["udp_battery"].owned()}
    commanded = loaded.sections["balancer"].commanded()  # type: ignore[attr-defined]  # of the balancer's section
    assert batteries == set(commanded)


def test_what_the_example_only_suggests_is_real_too(tmp_path: Path) -> None:
    """Every `# key: value` in it may be taken at its word."""
    lines = (ROOT / "ballast.example.yaml").read_text().splitlines()
    bold = [
        line.replace("# ", "", 1) if line.startswith(" ") and line.lstrip().startswith("# ") else line for line in lines
    ]
    assert bold != lines
    loaded = example("\n".join(bold), tmp_path)
    assert isinstance(loaded.site, BaseModel)
    assert loaded.site.max_export_w == 5000

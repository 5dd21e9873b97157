"""What `compose.yaml` promises about every container, read without an engine."""

import re
from typing import Any

import pytest
import yaml

from common.config import load
from services.cli.accounts import accounts
from services.cli.registry import DEPLOYED, NAMES, sections
from services.udp_battery.bridge import HAND_BACK_S
from tests.deploy.papers import COMPOSE, LASTING, ONCE, ROOT, SERVICES

HOUSE = ("mosquitto", *DEPLOYED)
WATCHING = ("prometheus", "grafana")
DEMONSTRATED = tuple(name for name in DEPLOYED if name != "planner")
"""Nobody forecasts the simulated sun, and a plan blind to the roof would mislead."""
DEMO = ("demo-broker", "simulator", *(f"demo-{name}" for name in DEMONSTRATED))


def mounts(name: str) -> list[dict[str, Any]]:
    return list(SERVICES[name].get("volumes", []))


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert all("noexec" in mount for mount in service["tmpfs"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_cannot_fill_the_machine(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\d+m", service["mem_limit"])
    assert int(service["mem_limit"][:-1]) <= (256 if name in WATCHING else 128)
    assert service["pids_limit"] <= 100
    assert service["logging"]["driver"] == "json-file"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_comes_back_and_is_looked_after(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["init"] is True, "else nobody could kill it from inside, and nobody would bury what it leaves"
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert int(service["healthcheck"]["interval"].removesuffix("s")) <= 30, "healthy within a minute"


@pytest.mark.parametrize("name", LASTING)
def test_there_is_time_to_hand_the_batteries_back(name: str) -> None:
    assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) >= HAND_BACK_S + 5


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"setup", "discover"}))
def test_nothing_runs_as_root(name: str) -> None:
    """`discover` runs as the user of the image."""
    user = SERVICES[name]["user"]
    assert user in ("10001:10001", "${BALLAST_UID:-10001}:${BALLAST_GID:-10001}")


def test_the_one_that_makes_files_for_you_is_root_without_a_network() -> None:
    assert SERVICES["setup"]["network_mode"] == "none"
    assert set(SERVICES["setup"]["cap_add"]) == {"CHOWN", "DAC_OVERRIDE", "FOWNER"}
    assert [name for name in SERVICES if "cap_add" in SERVICES[name]] == ["setup"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_port_is_open_to_the_world(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.match(r"(127\.0\.0\.1|\$\{BALLAST_(MQTT|WEB|GRAFANA)_ADDRESS:-127\.0\.0\.1\}):", port), port


def test_nothing_starts_unasked() -> None:
    """Each has a profile; setup writes into .env which of them are a house's."""
    assert [name for name, service in SERVICES.items() if not service.get("profiles")] == []
    assert {name: SERVICES[name]["profiles"] for name in DEPLOYED} == {name: [name] for name in DEPLOYED}
    assert SERVICES["mosquitto"]["profiles"] == ["house"]
    assert {name for name in SERVICES if SERVICES[name]["profiles"] == ["dashboards"]} == set(WATCHING)


def test_nobody_sees_the_dashboards_without_a_password() -> None:
    said = SERVICES["grafana"]["environment"]
    assert said["GF_AUTH_ANONYMOUS_ENABLED"] == said["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert said["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana"
    assert SERVICES["grafana"]["secrets"] == ["grafana"]
    assert "ports" not in SERVICES["prometheus"], "it has no password"


def test_house_and_demonstration_never_meet() -> None:
    demo = [name for name, service in SERVICES.items() if "demo" in service["profiles"]]
    assert set(demo) == {*DEMO, "demo-setup"}
    for name in demo:
        assert SERVICES[name].get("networks") == ["demo"] or SERVICES[name]["network_mode"] == "none"
        sources = {mount["source"] for mount in mounts(name) if mount["type"] == "bind"}
        assert sources <= {"./services/simulator/demo.yaml", "./mosquitto/mosquitto.conf"}
        assert "secrets" not in SERVICES[name]
    assert not [mount for name in HOUSE for mount in mounts(name) if mount["type"] == "volume"]


@pytest.mark.parametrize("container", [*DEPLOYED, *(f"demo-{name}" for name in DEMONSTRATED)])
def test_every_service_has_its_containers(container: str) -> None:
    name = container.removeprefix("demo-")
    assert SERVICES[container]["command"] == [f"services.{name}"]
    assert SERVICES[container]["healthcheck"]["test"] == ["CMD", "ballast", "health", name, "--port", "9464"]


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_service_is_given_its_own_password_and_no_other(name: str) -> None:
    account = f"${{BALLAST_ACCOUNTS:-ems}}-{name}"
    assert SERVICES[name]["secrets"] == [{"source": name, "target": f"/ballast/secrets/{account}"}]
    assert COMPOSE["secrets"][name] == {"file": f"./secrets/{account}"}
    assert not [mount for mount in mounts(name) if "secrets" in mount["target"]]


@pytest.mark.parametrize("name", [*HOUSE, *WATCHING])
def test_only_data_can_be_written(name: str) -> None:
    writable = {mount["source"] for mount in mounts(name) if not mount.get("read_only")}
    assert writable == {"./data" if name in DEPLOYED else f"./data/{name}"}


@pytest.mark.parametrize("name", [*HOUSE, *WATCHING, "ballast"])
def test_a_missing_file_is_an_error_and_not_a_folder_of_that_name(name: str) -> None:
    assert all(mount["bind"]["create_host_path"] is False for mount in mounts(name))


def test_every_container_that_needs_the_image_can_have_it() -> None:
    """One that builds is enough where several are started; those that run alone build for themselves."""
    image = {name for name, service in SERVICES.items() if service["image"] == "ballast"}
    builders = {name for name in image if "build" in SERVICES[name]}
    assert builders == {"balancer", *ONCE}
    assert all(SERVICES[name]["pull_policy"] == "never" for name in image)


def test_the_demonstration_is_without_mistakes() -> None:
    loaded = load(ROOT / "services" / "simulator" / "demo.yaml", sections(), {})
    assert set(loaded.sections) == {"simulator", *DEMONSTRATED}
    names = {account.name for account in accounts(loaded.mqtt.base, NAMES, loaded.sections)}
    assert {f"ems-{name}" for name in NAMES} <= names
    assert loaded.mqtt.host in SERVICES


def test_what_the_example_calls_the_broker_is_its_container() -> None:
    said = yaml.safe_load((ROOT / "ballast.example.yaml").read_text())
    assert said["mqtt"]["host"] in SERVICES
    assert (said["mqtt"]["password_dir"], said["data_dir"]) == ("secrets", "data")

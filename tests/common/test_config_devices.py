"""Mistakes inside a section's list of devices, whose keys the owner chose."""

from pathlib import Path

import pytest
from pydantic import Field

from common.config import ServiceSettings, Settings, load
from common.config.settings import DeviceId
from common.errors import ConfigError


class Device(Settings):
    """One of several."""

    host: str = Field(examples=["192.168.1.11"])


class Section(ServiceSettings):
    """A service with devices."""

    devices: dict[DeviceId, Device] = Field(default_factory=dict)


def complaints(folder: Path, text: str) -> str:
    file = folder / "ballast.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {"relay": Section}, {})
    return str(caught.value)


def test_a_mistake_in_a_device_names_its_line_its_key_and_what_is_right(tmp_path: Path) -> None:
    said = complaints(tmp_path, "relay:\n  devices:\n    garage:\n      hots: 192.168.1.11\n")
    assert ":4: relay.devices.garage.hots: is not a setting; did you mean 'host'?" in said
    assert ":3: relay.devices.garage.host: is missing, for example `host: 192.168.1.11`" in said


def test_a_device_id_that_may_not_stand_in_a_topic_is_named(tmp_path: Path) -> None:
    said = complaints(tmp_path, "relay:\n  devices:\n    My Garage:\n      host: 192.168.1.11\n")
    assert ":3: relay.devices.My Garage: found 'My Garage'" in said

"""What the terminal view takes for the house's meter and for its batteries."""

from common.contract import BalancerState, BatteryState, DeviceInfo, MeterState, Payload
from common.messaging import Message
from common.scene import Scene
from tests.words import NOW_MS, envelope


def take(scene: Scene, topic: str, body: Payload) -> None:
    """Let the scene hear one message."""
    scene.take(Message(topic, body, envelope(0.0), False, 0.0))


def test_only_the_grid_meter_is_shown_as_the_grid() -> None:
    scene = Scene()
    take(scene, "balancer/main/state", BalancerState(mode="auto", sentence="", grid_meter="p1"))
    take(scene, "meter/p1/state", MeterState(power_w=250.0))
    take(scene, "meter/heat_pump/state", MeterState(power_w=1800.0))
    take(scene, "meter/water/state", MeterState(water_m3=12.3))
    assert scene.grid == MeterState(power_w=250.0)
    assert list(scene.course_w) == [250.0]


def test_batteries_of_a_group_are_counted_once() -> None:
    scene = Scene()
    facts = DeviceInfo(vendor="a", model="b", poll_s=5, stale_after_s=15, member_of="home")
    for name in ("left", "right"):
        take(scene, f"battery/{name}/info", facts)
        take(scene, f"battery/{name}/state", BatteryState(power_w=300.0))
    take(scene, "battery/home/state", BatteryState(power_w=600.0))
    assert scene.batteries_w(NOW_MS) == 600

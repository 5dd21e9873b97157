"""Radiators on pilot wires get orders instead of on and off."""

import pytest

from common.config import SiteSettings
from common.contract import INFO, SWITCH_STATE, DeviceInfo, Envelope, Payload, SwitchState
from common.contract.devices import Mode
from common.messaging import Message
from services.balancer.hearing import hear
from services.balancer.heating import heat
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.balancer.heating.radiators import member, rotation

ALL: tuple[Mode, ...] = ("comfort", "eco", "frost_free", "off")
NOW_MS = 1_776_502_800_000


def mind_of(rest: str, away: str, modes: tuple[Mode, ...]) -> Mind:
    """One radiator whose pilot wire knows these orders."""
    config = rotation(member("lounge", request=None, rest=rest, away=away), limit={"active_by_mode": (1, 0)})
    mind = Mind(config, SiteSettings(), SettingsBook(config))
    mind.lead(1)
    info = DeviceInfo(
        vendor="v",
        model="m",
        poll_s=20,
        stale_after_s=60,
        safe_state="off",
        capabilities=("switch", "mode"),
        modes=modes,
    )
    _hear(mind, INFO.at("switch", "lounge").name, info)
    _hear(mind, SWITCH_STATE.at("lounge").name, SwitchState(on=False))
    return mind


def _hear(mind: Mind, topic: str, body: Payload) -> None:
    envelope = Envelope(v=1, ts_ms=NOW_MS, seq=0, boot="b", src="ems-relay")
    message: Message[Payload | str] = Message(topic, body, envelope, retained=False, arrived_s=0.0)
    hear(mind, message, NOW_MS)


@pytest.mark.parametrize(
    ("rest", "away", "modes", "orders"),
    [
        ("frost_free", "off", ALL, ["frost_free", "comfort", "off"]),
        ("eco", "frost_free", ALL, ["eco", "comfort", "frost_free"]),
        ("off", "off", ("comfort", "frost_free"), ["frost_free", "comfort", "frost_free"]),
        ("eco", "frost_free", ("comfort", "off"), ["off", "comfort", "off"]),
    ],
)
def test_its_turn_is_comfort_and_rest_and_absence_are_what_its_owner_wants(
    rest: str, away: str, modes: tuple[Mode, ...], orders: list[str]
) -> None:
    """Or the nearest that its wire knows."""
    mind = mind_of(rest, away, modes)
    told = list(heat(mind, NOW_MS).orders)
    mind.book.ask("heat/lounge", "on", NOW_MS)
    told += heat(mind, NOW_MS + 100).orders
    _hear(mind, SWITCH_STATE.at("lounge").name, SwitchState(on=True))
    mind.book.ask("away", "on", NOW_MS)
    told += heat(mind, NOW_MS + 200).orders
    assert [order.command.mode for order in told] == orders
    assert {order.command.action for order in told} == {"set_mode"}

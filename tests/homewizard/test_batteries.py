"""A group of Plug-In Batteries is gated as ordered: seldom, on difference only, read back, and handed back."""

from itertools import pairwise

import orjson
import pytest

from common.clock import Clock
from common.contract import BATTERY_STATE
from common.contract.devices import Mode
from services.simulator.homewizard import KwhFake
from tests.homewizard.home import Home

GATES: dict[Mode, tuple[str, set[str]]] = {
    "self_consumption": ("zero", {"charge_allowed", "discharge_allowed"}),
    "charge_only": ("zero", {"charge_allowed"}),
    "discharge_only": ("zero", {"discharge_allowed"}),
    "standby": ("standby", set()),
    "charge_full": ("to_full", {"charge_allowed", "discharge_allowed"}),
}
VERSIONS = ("2.1.0", "2.2.0", "2.3.0")


async def furnished(home: Home, version: str = "2.2.0", soc_pct: float = 50) -> KwhFake:
    """Two batteries, and the meter that steers them."""
    for name in ("left", "right"):
        await home.battery(name, soc_pct=soc_pct, capacity_wh=2700)
    fake = await home.group(version, members=["left", "right"])
    await home.ready(settle_s=15)
    return fake


def written(fake: KwhFake) -> list[dict[str, object]]:
    """What was written to the group."""
    return [orjson.loads(entry.detail) for entry in fake.journal.of("written")]


def gates(fake: KwhFake) -> tuple[str, set[str]]:
    """What the group is told to do."""
    assert fake.batteries is not None
    return fake.batteries.mode, set(fake.batteries.permissions)


@pytest.mark.promise("2.10-17")
async def test_each_battery_is_measured_and_the_group_adds_them_up(home: Home, clock: Clock) -> None:
    await furnished(home)
    await clock.sleep(60)
    left, group = home.heard(BATTERY_STATE, "left")[-1], home.heard(BATTERY_STATE, "home")[-1]
    assert left.power_w == pytest.approx(600, abs=30)  # half of what the sun leaves
    assert left.soc_pct == pytest.approx(50, abs=1)
    assert left.energy_import_wh is not None
    assert group.power_w == pytest.approx(1200, abs=60)
    assert (group.mode, group.batteries, group.quality) == ("self_consumption", 2, "good")
    assert group.soc_pct == pytest.approx(50, abs=1)
    info = home.infos("home")[-1]
    assert (info.capabilities, info.min_w, info.max_w) == (("mode",), -1600, 1600)
    assert (info.capacity_wh, info.safe_state) == (5400, "self_consumption")
    member = home.infos("left", "battery")[-1]
    assert (member.capabilities, member.member_of, member.capacity_wh) == ((), "home", 2700)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mode", GATES)
async def test_a_mode_is_told_once_read_back_and_handed_back(
    home: Home, clock: Clock, version: str, mode: Mode
) -> None:
    fake = await furnished(home, version)
    modes = home.infos("home")[-1].modes
    assert (mode in modes) == (version != "2.1.0" or mode not in ("charge_only", "discharge_only"))
    home.renew(mode=mode, to="home")
    await clock.sleep(30)
    known = mode in modes
    last = home.acks(device="home")[-1]
    assert (last.outcome == "applied") is known
    if not known:
        assert "knows no" in last.detail
        assert gates(fake) == GATES["self_consumption"]
        return
    assert gates(fake) == GATES[mode]
    assert len(written(fake)) == (0 if mode == "self_consumption" else 1)
    assert home.heard(BATTERY_STATE, "home")[-1].mode == mode
    assert home.controls("home")[-1].mode == "leased"
    home.let_go()
    await clock.sleep(60)
    assert gates(fake) == GATES["self_consumption"]
    assert home.controls("home")[-1].mode == "safe"


async def test_a_lease_that_ends_opens_the_gates_at_once(home: Home, clock: Clock) -> None:
    """I1: the minute between orders is not for the way back."""
    fake = await furnished(home)
    given_s = clock.monotonic()
    await home.order(mode="standby", to="home")
    await clock.sleep(33)
    back = fake.journal.of("written")[-1]
    assert back.at_s - given_s == pytest.approx(30, abs=1.5)
    assert gates(fake) == GATES["self_consumption"]


async def test_permissions_change_once_a_minute_at_most(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    for number in range(30):
        await home.order(mode="charge_only" if number % 2 else "discharge_only", to="home")
        await clock.sleep(10)
    at = [entry.at_s for entry in fake.journal.of("written")]
    assert 4 <= len(at) <= 6
    assert all(later - earlier >= 59.9 for earlier, later in pairwise(at))


async def test_the_newest_wish_is_carried_out_when_the_minute_is_over(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    home.renew(mode="charge_only", to="home")
    await clock.sleep(10)
    home.renew(mode="standby", to="home")
    await clock.sleep(20)
    assert gates(fake) == GATES["charge_only"]
    await clock.sleep(45)
    assert gates(fake) == GATES["standby"]
    assert home.acks(device="home")[-1].outcome == "applied"


async def test_a_mode_changed_in_the_app_under_an_order_is_taken_back(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    home.renew(mode="charge_only", to="home")
    await clock.sleep(70)
    assert fake.batteries is not None
    fake.core.steer({"mode": "zero", "permissions": ["discharge_allowed"]})
    await clock.sleep(15)
    assert gates(fake) == GATES["charge_only"]


async def test_a_mode_chosen_by_its_owner_without_an_order_is_left_alone(home: Home, clock: Clock) -> None:
    fake = await furnished(home, "2.3.0")
    fake.core.steer({"mode": "predictive"})
    await clock.sleep(60)
    assert not written(fake)
    assert home.heard(BATTERY_STATE, "home")[-1].mode == "cloud"
    assert home.controls("home")[-1].mode == "manual"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_full_charge_that_has_ended_is_not_begun_again(home: Home, clock: Clock, version: str) -> None:
    fake = await furnished(home, version, soc_pct=99)
    home.renew(mode="charge_full", to="home")
    await clock.sleep(420)
    assert fake.core.group is not None
    assert fake.core.group.mode == "zero"
    assert len(written(fake)) == 1
    last = home.acks(device="home")[-1]
    assert (last.outcome, "full" in last.detail) == ("applied", True)


async def test_a_full_charge_that_somebody_ended_is_begun_again(home: Home, clock: Clock) -> None:
    fake = await furnished(home, soc_pct=30)
    home.renew(mode="charge_full", to="home")
    await clock.sleep(70)
    fake.core.steer({"mode": "zero"})
    await clock.sleep(20)
    assert gates(fake)[0] == "to_full"


async def test_from_a_full_charge_to_another_mode(home: Home, clock: Clock) -> None:
    fake = await furnished(home, "2.3.0")
    home.renew(mode="charge_full", to="home")
    await clock.sleep(70)
    home.renew(mode="standby", to="home")
    await clock.sleep(30)
    assert gates(fake) == GATES["standby"]
    assert written(fake)[1] == {"charge_to_full": False}


async def test_a_group_that_refuses_is_told_four_times_and_then_once_a_minute(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    fake.faults.batteries_refuse = True
    home.renew(mode="standby", to="home")
    await clock.sleep(300)
    assert 5 <= len(written(fake)) <= 10
    last = home.acks(device="home")[-1]
    assert (last.outcome, last.detail) == ("failed", "its meter said no")
    assert "follow-home" in home.alerts()
    fake.faults.batteries_refuse = False
    await clock.sleep(70)
    assert gates(fake) == GATES["standby"]
    assert not home.alerts()


async def test_a_group_that_echoes_and_forgets_is_found_out(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    fake.faults.batteries_ignore = True
    home.renew(mode="standby", to="home")
    await clock.sleep(60)
    last = home.acks(device="home")[-1]
    assert (last.outcome, "stays in self_consumption" in last.detail) == ("failed", True)


async def test_set_points_are_not_for_these_batteries(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    cmd_id = await home.order(action="set_power", power_w=500.0, to="home")
    await clock.sleep(5)
    assert home.outcomes(cmd_id, "home")[-1] == "failed"
    assert not written(fake)


async def test_an_orderly_stop_hands_the_group_back(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    home.renew(mode="standby", to="home")
    await clock.sleep(10)
    await home.stop()
    assert gates(fake) == GATES["self_consumption"]
    assert home.controls("home")[-1].mode == "autonomous"


async def test_a_bridge_that_was_killed_hands_the_group_back_when_it_returns(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    await home.order(mode="standby", to="home")
    await clock.sleep(5)
    await home.kill()
    assert gates(fake) == GATES["standby"]
    await home.ready(settle_s=15)
    assert gates(fake) == GATES["self_consumption"]


async def test_a_meter_that_rebooted_is_told_again(home: Home, clock: Clock) -> None:
    fake = await furnished(home)
    home.renew(mode="discharge_only", to="home")
    await clock.sleep(70)
    fake.core.steer({"mode": "zero", "permissions": ["charge_allowed", "discharge_allowed"]})
    await fake.reboot()
    await clock.sleep(40)
    assert gates(fake) == GATES["discharge_only"]


async def test_a_group_whose_battery_is_silent_believes_its_meter(home: Home, clock: Clock) -> None:
    await furnished(home)
    await clock.sleep(60)
    left = home.fakes[0]
    await left.unplug()
    await clock.sleep(60)
    state = home.heard(BATTERY_STATE, "home")[-1]
    assert (state.quality, state.soc_pct) == ("estimated", None)
    assert state.power_w == pytest.approx(1200, abs=80)


async def test_a_meter_without_batteries_says_so(home: Home, clock: Clock) -> None:
    fake = await home.group()
    fake.batteries = None
    await home.ready(settle_s=20)
    assert "not_offered-home" in home.alerts()
    assert home.availability("home") == ["offline"]


async def test_the_p1_dongle_steers_them_with_the_pairing_it_has(home: Home, clock: Clock) -> None:
    await home.battery("left")
    dongle = await home.dongle("p1")
    home.settings["groups"] = {
        "home": {"host": dongle.host, "https_port": dongle.https_port, "paired_as": "p1", "members": ["left"]}
    }
    await home.ready(settle_s=15)
    home.renew(mode="discharge_only", to="home")
    await clock.sleep(20)
    assert dongle.batteries is not None
    assert "charge_allowed" not in dongle.batteries.permissions
    assert home.infos("home")[-1].model == "Plug-In Batteries on HWE-P1"
    home.let_go()
    await clock.sleep(40)
    assert "charge_allowed" in dongle.batteries.permissions

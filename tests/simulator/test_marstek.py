"""The fake battery behaves as the fact sheet says the real ones do; else it would be a poor judge of the bridge."""

import pytest

from common.clock import Clock
from services.simulator.clocked import lone
from services.simulator.marstek import (
    VENUS_A_147,
    VENUS_C_153,
    VENUS_E3_150,
    VENUS_E_MINI_301,
    Commanded,
    Expired,
    Faults,
    MarstekFake,
    Model,
    Restarted,
)
from services.simulator.marstek.faults import perfect
from services.simulator.physics import Battery, BatteryModel
from tests.simulator.marstek_client import Client, talking
from tests.virtual import virtually


async def test_it_says_who_it_is(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        (answer,) = await client.ask("Marstek.GetDevice", {"ble_mac": "0"})
        assert answer["src"] == f"VenusE 3.0-{fake.mac}"
        assert isinstance(answer["result"], dict)
        assert (answer["result"]["ver"], answer["result"]["ble_mac"]) == (150, fake.mac)


async def test_generation_two_leaves_its_macs_out(clock: Clock) -> None:
    async with talking(clock, VENUS_C_153) as (_, client):
        assert "ble_mac" not in await client.result("Marstek.GetDevice", {"ble_mac": "0"})


async def test_a_question_meant_for_another_mac_is_not_answered(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        assert await client.ask("Marstek.GetDevice", {"ble_mac": "02005e10ffff"}) == []
        assert await client.ask("Marstek.GetDevice", {"ble_mac": fake.mac})


@pytest.mark.parametrize("model", [VENUS_E3_150, VENUS_C_153, VENUS_A_147])
async def test_old_firmware_answers_twice(clock: Clock, model: Model) -> None:
    async with talking(clock, model) as (_, client):
        answers = await client.ask("ES.GetMode")
        assert len(answers) == (1 if model.version == 150 else 2)
        assert all(answer == answers[0] for answer in answers)


async def test_it_does_what_it_is_told_in_the_vendors_signs(clock: Clock) -> None:
    """Negative charges; so does `ongrid_power`."""
    async with talking(clock) as (fake, client):
        assert await client.passive(-700, 60) == {"id": 0, "set_result": True}
        await clock.sleep(8)
        assert fake.power_w == pytest.approx(700)
        said = await client.result("ES.GetMode")
        assert (said["mode"], said["ongrid_power"]) == ("Passive", -700)


async def test_after_its_time_an_order_becomes_zero_and_it_goes_on_saying_passive(clock: Clock) -> None:
    """Section 3, E 3.0."""
    async with talking(clock) as (fake, client):
        given_s = clock.monotonic()
        await client.passive(-700, 20)
        await clock.sleep(30)
        (expired,) = [entry for entry in fake.journal.entries if isinstance(entry, Expired)]
        assert expired.at_s - given_s == pytest.approx(20)
        assert fake.power_w == 0
        assert (await client.result("ES.GetMode"))["mode"] == "Passive"
        assert fake.journal.setpoint_w(given_s + 19) == 700
        assert fake.journal.setpoint_w(given_s + 21) is None


async def test_a_repeated_order_starts_its_time_anew(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        for _ in range(5):
            await client.passive(500, 10)
            await clock.sleep(4)
        assert not [entry for entry in fake.journal.entries if isinstance(entry, Expired)]


async def test_other_firmware_goes_back_to_automatic_by_itself(clock: Clock) -> None:
    """Section 7: doubtful, so both exist."""
    model = Model(device="VenusE 3.0", version=150, after_passive="Auto")
    async with talking(clock, model) as (fake, client):
        await client.passive(500, 10)
        await clock.sleep(15)
        assert fake.program.mode == "Auto"


async def test_in_its_automatic_mode_it_follows_the_meter(clock: Clock) -> None:
    cells = Battery(BatteryModel(), soc_pct=50)
    house = lone(cells, clock, load_w=640)
    async with MarstekFake(cells, clock, faults=perfect(), catch_up=house.catch_up) as fake:
        await clock.sleep(30)
        assert fake.power_w == pytest.approx(-640, abs=2)
        assert house.house.grid_w == pytest.approx(0, abs=5)


async def test_batteries_of_one_house_share_its_physics(clock: Clock) -> None:
    one, other = Battery(BatteryModel(), 50), Battery(BatteryModel(), 50)
    house = lone(one, clock)
    house.house.batteries["other"] = other
    async with (
        MarstekFake(one, clock, faults=perfect(), catch_up=house.catch_up) as first,
        MarstekFake(other, clock, faults=perfect(), host="127.0.1.12", catch_up=house.catch_up) as second,
    ):
        first.program.answer("ES.SetMode", {"config": {"mode": "Passive", "passive_cfg": {"power": 0, "cd_time": 99}}})
        second.program.answer(
            "ES.SetMode", {"config": {"mode": "Passive", "passive_cfg": {"power": -300, "cd_time": 99}}}
        )
        await clock.sleep(20)
        assert first.power_w == 0
        assert second.power_w == pytest.approx(300)
        assert house.house.grid_w == pytest.approx(300)


async def test_a_power_that_is_not_unlocked_is_acknowledged_and_capped(clock: Clock) -> None:
    """Section 1: without a word."""
    async with talking(clock) as (fake, client):
        fake.battery.discharge_cap_w = 800
        assert (await client.passive(2000, 60))["set_result"] is True
        await clock.sleep(10)
        assert fake.power_w == -800


async def test_it_drops_what_comes_too_soon(clock: Clock) -> None:
    """Section 5: one to two seconds after an answer."""
    async with talking(clock) as (fake, client):
        await client.ask("ES.GetMode", wait_s=0.5)
        assert await client.ask("ES.GetMode", wait_s=0.4) == []
        await clock.sleep(2)
        assert await client.ask("ES.GetMode")
        assert [asked.fate for asked in fake.journal.asked()] == ["answered", "too_soon", "answered"]


def shares(faults: Faults, count: int = 400) -> dict[str, float]:
    async def scene(clock: Clock) -> dict[str, float]:
        async with talking(clock, faults=faults, seed=5) as (fake, client):
            for _ in range(count):
                await client.ask("ES.GetMode")
            fates = [asked.fate for asked in fake.journal.asked()]
            return {fate: fates.count(fate) / count for fate in set(fates)}

    return virtually(scene)


def test_thirty_percent_are_lost_half_of_them_on_the_way_in() -> None:
    got = shares(Faults())
    assert got["lost_in"] == pytest.approx(0.163, abs=0.05)
    assert got["lost_out"] == pytest.approx(0.137, abs=0.05)
    assert got["answered"] == pytest.approx(0.70, abs=0.06)


def test_the_same_seed_has_the_same_luck() -> None:
    assert shares(Faults(), 60) == shares(Faults(), 60)


async def test_an_answer_that_gets_lost_was_carried_out(clock: Clock) -> None:
    async with talking(clock, faults=Faults(loss_in=0, loss_out=1)) as (fake, client):
        config = {"mode": "Passive", "passive_cfg": {"power": -400, "cd_time": 60}}
        assert await client.ask("ES.SetMode", {"id": 0, "config": config}) == []
        assert fake.journal.asked()[0].fate == "lost_out"
        assert fake.journal.commands()[0].power_w == 400


async def test_busy_is_a_parse_error_with_id_zero_and_nothing_done(clock: Clock) -> None:
    async with talking(clock, faults=Faults(loss_in=0, loss_out=0, busy=1)) as (fake, client):
        (answer,) = await client.ask("ES.SetMode", {"id": 0, "config": {"mode": "AI", "ai_cfg": {"enable": 1}}})
        assert (answer["id"], answer["error"]) == (0, {"code": -32700, "message": "Parse error", "data": 403})
        assert not fake.journal.commands()


async def test_orders_may_be_refused_or_ignored(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        fake.faults.refuses = 1
        assert (await client.passive(100, 60))["set_result"] is False
        fake.faults.refuses, fake.faults.ignores = 0, 1
        assert (await client.passive(100, 60))["set_result"] is True
        assert not fake.journal.commands()


@pytest.mark.parametrize(
    ("datagram", "code"),
    [
        (b"{", -32700),
        (b"[]", -32700),
        (b'{"id":5,"method":"ES.SetMode","params":{"id":0}}', -32602),
        (b'{"id":5,"method":"ES.SetMode","params":{"config":{"mode":"Passive"}}}', -32602),
        (b'{"id":5,"method":"ES.SetMode","params":{"config":{"mode":"Manual","manual_cfg":{}}}}', -32602),
        (b'{"id":5,"method":"ES.SetMode","params":{"config":{"mode":"Party"}}}', -32602),
    ],
)
async def test_nonsense_is_answered_with_an_error(clock: Clock, datagram: bytes, code: int) -> None:
    async with talking(clock) as (_, client):
        (answer,) = await client.say(datagram)
        assert isinstance(answer["error"], dict)
        assert answer["error"]["code"] == code


@pytest.mark.parametrize(
    "datagram",
    [
        b'{"id":"5","method":"ES.GetMode","params":{"id":0}}',
        b'{"id":5,"method":"Es.GetMode","params":{"id":0}}',
        b'{"id":5,"result":{}}',
    ],
)
async def test_string_ids_wrong_case_and_answers_meet_silence(clock: Clock, datagram: bytes) -> None:
    """Section 2."""
    async with talking(clock) as (_, client):
        assert await client.say(datagram) == []


async def test_a_method_it_lacks_is_not_found(clock: Clock) -> None:
    async with talking(clock, faults=Faults(loss_in=0, loss_out=0, lacks=frozenset({"EM.GetStatus"}))) as (_, client):
        (answer,) = await client.ask("EM.GetStatus")
        assert answer["error"] == {"code": -32601, "message": "Method not found", "data": 424}


async def test_mute_cells_are_said_to_be_empty(clock: Clock) -> None:
    async with talking(clock, faults=Faults(loss_in=0, loss_out=0, has_mute_cells=True)) as (_, client):
        status = await client.result("ES.GetStatus")
        assert (status["bat_soc"], status["bat_cap"]) == (0, 0)
        assert (await client.result("ES.GetMode"))["bat_soc"] == 0


async def test_units_differ_on_generation_two(clock: Clock) -> None:
    async with talking(clock, VENUS_C_153) as (_, client):
        await client.passive(400, 60)
        await clock.sleep(8)
        assert (await client.result("ES.GetStatus"))["bat_power"] == -4000
        assert (await client.result("Bat.GetStatus"))["bat_temp"] == 235


async def test_the_mini_tells_what_is_left_for_its_capacity(clock: Clock) -> None:
    cells = Battery(BatteryModel(capacity_wh=2010), soc_pct=40)
    async with MarstekFake(cells, clock, VENUS_E_MINI_301, perfect(), host="127.0.1.11", port=0) as fake:
        status = fake.program.answer("ES.GetStatus", {})
        assert status is not None
        assert status["bat_cap"] == 804


async def test_the_mini_hears_only_its_own_port(clock: Clock) -> None:
    async with MarstekFake(
        Battery(BatteryModel(), 50), clock, VENUS_E_MINI_301, perfect(), host="127.0.1.11", broadcast_to="127.0.0.1"
    ) as fake:
        other, own = Client(fake, clock), Client(fake, clock, port=fake.address[1])
        try:
            assert await other.ask("ES.GetMode") == []
            assert await own.ask("ES.GetMode")
            assert [asked.fate for asked in fake.journal.asked()] == ["wrong_port", "answered"]
        finally:
            other.close()
            own.close()


async def test_modes_may_be_numbers(clock: Clock) -> None:
    async with talking(clock, Model(device="VenusE 3.0", version=150, uses_integers=True)) as (_, client):
        assert (await client.result("ES.GetMode"))["mode"] == 0
        await client.passive(100, 60)
        assert (await client.result("ES.GetMode"))["mode"] == 3


async def test_a_new_start_forgets_the_order_and_is_dark_for_a_while(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        await client.passive(-700, 300)
        await clock.sleep(8)
        fake.restart(dark_s=20)
        assert await client.ask("ES.GetMode") == []
        await clock.sleep(20)
        assert (await client.result("ES.GetMode"))["mode"] == "Auto"
        assert fake.power_w == pytest.approx(0, abs=1)
        assert any(isinstance(entry, Restarted) for entry in fake.journal.entries)
        await clock.sleep(300)
        assert not any(isinstance(entry, Expired) for entry in fake.journal.entries)


async def test_it_may_be_given_another_address(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        before = fake.address
        await fake.move("127.0.1.12")
        assert fake.address == ("127.0.1.12", before[1])
        assert await client.ask("ES.GetMode")


async def test_several_live_on_one_port(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        cells = Battery(BatteryModel(), 50)
        async with MarstekFake(cells, clock, faults=perfect(), host="127.0.1.12", port=fake.address[1]) as neighbour:
            assert neighbour.address[1] == fake.address[1]
            assert await client.ask("ES.GetMode")
            assert not neighbour.journal.asked()


async def test_the_journal_tells_the_whole_story_in_order(clock: Clock) -> None:
    async with talking(clock) as (fake, client):
        await client.ask("ES.GetMode")
        await client.passive(-250, 5)
        await clock.sleep(10)
        kinds = [type(entry).__name__ for entry in fake.journal.entries]
        assert kinds == ["Asked", "Commanded", "Asked", "Expired"]
        stamps = [entry.at_s for entry in fake.journal.entries]
        assert stamps == sorted(stamps)
        commanded = fake.journal.commands()[0]
        assert commanded == Commanded(at_s=commanded.at_s, mode="Passive", power_w=250, until_s=commanded.at_s + 5)


async def test_a_house_on_a_clock_moves_only_with_it(clock: Clock) -> None:
    house = lone(Battery(BatteryModel(), 50), clock, load_w=100)
    assert house.catch_up() == 0
    await clock.sleep(2.5)
    assert house.catch_up() == pytest.approx(2.5)
    assert house.house.time_s == pytest.approx(2.5)

"""`ballast calibrate`: a curve measured over MQTT, at 0 W too, and a heater that is off however it ends."""

import json
from pathlib import Path

import pytest

from common.bus import MqttBus
from common.clock import Clock
from common.config import Loaded, SiteSettings
from services.cli.calibrate import calibrate, dimmer, picture
from services.cli.terminal import Unusable
from services.pzem.calibration import Plan
from services.pzem.config import Config
from services.pzem.curve import Curve, read_points
from services.simulator.pzem import DimmerFake
from tests.brokers import Broker
from tests.pzem.home import Home

QUICK = Plan(step_percent=10, warm_up_s=10, settle_s=4, samples=2)
METER = "smeter/pzem/heater"


@pytest.fixture
def home(broker: Broker, clock: Clock, tmp_path: Path) -> Home:
    return Home(broker, clock, tmp_path)


def loaded(home: Home) -> Loaded:
    """The owner's file."""
    section = Config.model_validate_json(json.dumps(home.settings))
    return Loaded(home.folder / "ballast.yaml", home.broker.settings, SiteSettings(), home.folder, {"pzem": section})


async def measure(home: Home) -> Path:
    """Calibrate the heater. Returns the file."""
    out, file = home.folder / "curves" / "heater.csv", loaded(home)
    await calibrate(file, "heater", dimmer(file, "heater"), home.clock, plan=QUICK, out=out)
    return out


@pytest.mark.promise("3.10-20")
async def test_a_curve_is_measured_from_all_to_nothing_and_kept_with_decimal_points(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """The older tool writes commas, and hangs where its meter says 0 W."""
    async with home:
        heater = await home.dimmer(meter=METER)
        out = await measure(home)
        assert heater.percent == 0
    points = read_points(out.read_text())
    assert points[0][0] == 100
    assert points[-1] == (0, 0)
    assert "," not in out.read_text()
    theory, found = Curve.of_theory(2400), Curve.of_points(points)
    assert all(abs(found.table[percent] - theory.table[percent]) < 2 for percent, _ in map(_whole, points))
    told = capsys.readouterr().out
    assert told.startswith("heater is told 100 % for 10 s"), "nobody looks at nothing for minutes"
    assert " 11 of 11 " in told
    assert "▇" in told


def _whole(point: tuple[float, float]) -> tuple[int, float]:
    return int(point[0]), point[1]


async def test_a_thermostat_that_opens_ends_it_and_nothing_is_kept(home: Home) -> None:
    async with home:
        heater = await home.dimmer(meter=METER)
        opens_below(heater, 70)
        with pytest.raises(Unusable, match="thermostat"):
            await measure(home)
        assert heater.percent == 0
    assert not (home.folder / "curves").exists()


def opens_below(heater: DimmerFake, percent: int) -> None:
    """Its thermostat opens while it is dimmed down."""
    consumer = heater.load.consumer
    wanted = consumer.wanted_w
    consumer.wanted_w = lambda: wanted() if heater.load.percent > percent else 0.0  # type: ignore[method-assign]  # a thermostat


async def test_a_meter_that_says_nothing_ends_it(home: Home) -> None:
    async with home:
        heater = await home.dimmer()
        home.settings["dimmers"]["heater"]["meter"] = METER
        with pytest.raises(Unusable, match=f"no usable reading on {METER}"):
            await measure(home)
        assert heater.percent == 0


async def test_beside_the_running_service_nothing_is_begun(home: Home) -> None:
    """Two masters would measure nothing."""
    async with home, MqttBus(home.broker.settings, "ems-pzem", "a", home.clock) as service:
        heater = await home.dimmer(meter=METER)
        await service.ready.wait()
        with pytest.raises(Unusable, match="Stop it first"):
            await measure(home)
        assert heater.heard == []


async def test_without_a_dimmer_or_a_meter_of_its_own_nothing_is_begun(home: Home) -> None:
    async with home:
        await home.dimmer()
        with pytest.raises(Unusable, match="no `meter`"):
            dimmer(loaded(home), "heater")
        with pytest.raises(Unusable, match="there are: heater"):
            dimmer(loaded(home), "other")


def test_the_picture_has_a_bar_for_each_five_percent() -> None:
    lines = picture(Curve.of_theory(2400))
    assert len(lines) == 21
    assert lines[-1].count("▇") == 50

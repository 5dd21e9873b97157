"""A few minutes of the rehearsal, and what it would not let pass. The whole of it: `make rehearse`"""

import asyncio
from pathlib import Path

import pytest

from common.clock import JumpLoop
from tests.rehearsal.house import GRACE_S, CoarseClock
from tests.rehearsal.week import MOST_WRITES, Edge, Report, rehearse
from tests.tempo.times import at

RIGHT = Edge(
    at="2026-03-25 22:00:30",
    wanted=(98, 25, False),
    found=(98.0, 25.0, False),
    soc_pct=60.0,
    is_full_enough=True,
    relay_on=False,
    wants_relay=False,
)


@pytest.mark.e2e
@pytest.mark.promise("5.8-03")
@pytest.mark.promise("5.8-06")
@pytest.mark.promise("5.8-13")
def test_at_ten_before_a_red_day_the_gx_holds_what_it_should(tmp_path: Path) -> None:
    """Tempo's sources, the services, the broker and the GX on real sockets; everything starts three minutes before."""
    begins, told = "2026-03-25 21:57", list[str]()
    clock = CoarseClock(at(begins), grace_s=GRACE_S)
    with asyncio.Runner(loop_factory=lambda: JumpLoop(clock)) as runner:
        report = runner.run(rehearse(tmp_path, begins, "2026-03-25 22:00:30", told.append))
    assert report.is_good, report.figures()
    assert [edge.found for edge in report.edges] == [(98, 25, False)]
    assert 3 <= report.most_writes <= 7, "least charge twice, target, BatteryLife, and a relay for three minutes"
    assert told == ["2026-03-25 22:00:30 right (98.0, 25.0, False) 55 %"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"found": (90.0, 25.0, False)},
        {"found": (98.0, 30.0, False)},
        {"found": (98.0, 25.0, True)},
        {"is_full_enough": False},
        {"relay_on": True},
    ],
)
def test_one_wrong_value_is_enough_to_fail(wrong: dict[str, object]) -> None:
    assert Report([RIGHT]).is_good
    assert not Report([RIGHT, RIGHT._replace(**wrong)]).is_good  # type: ignore[arg-type]  # a field by its name


def test_too_many_writes_to_flash_fail_as_well_and_so_does_a_week_without_a_look() -> None:
    assert not Report([RIGHT], {"2026-03-25": MOST_WRITES + 1}).is_good
    assert not Report([]).is_good

"""What a group of batteries should do, over random histories of orders, an app and a meter that may not obey."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from common.contract.devices import Mode
from services.homewizard import gating
from services.homewizard.gating import ORDERS_APART_S, WRITES_APART_S, Memory
from services.homewizard.group import PERMISSIONS, Group, group, steering

STEP_S = 5.0
MODES: tuple[Mode, ...] = (*PERMISSIONS, "charge_full")


def of_api(version: str) -> Group:
    """A group that follows its meter, as this version tells it."""
    said = {"mode": "zero", "battery_count": 2}
    if version >= "2.2":
        said |= {"permissions": ["charge_allowed", "discharge_allowed"]}
    return group(said | ({"charge_to_full": False} if version >= "2.3" else {}))  # type: ignore[arg-type]  # JSON


@dataclass
class Bench:
    """A group, somebody with the app, and a meter that obeys while it likes."""

    seen: Group
    memory: Memory = field(default_factory=Memory)
    now_s: float = 0.0
    ordered: Mode | None = None
    obeys: bool = True
    writes: list[tuple[float, Mode, bool]] = field(default_factory=list)
    """When, what, and whether by an order."""

    def look(self, step_s: float = STEP_S) -> None:
        """What the bridge does at each look."""
        self.now_s += step_s
        self.memory = gating.noticed(self.memory, self.ordered)
        self._see()
        wanted = gating.wish(self.memory, self.ordered)
        if gating.may_write(self.memory, wanted, self.ordered, self.now_s):
            assert wanted is not None
            self.writes.append((self.now_s, wanted, self.ordered is not None))
            leaves = steering(wanted, self.seen) == {"charge_to_full": False}
            if self.obeys:
                self.seen = replace(self.seen, mode="self_consumption" if leaves else wanted)
            self.memory = gating.told(self.memory, wanted, self.now_s, is_refused=False)
            self._see()

    def _see(self) -> None:
        self.memory = gating.saw(self.memory, self.seen, self.ordered, self.now_s, soc_pct=50)


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.sampled_from([*MODES, None])),
        st.tuples(st.just("app"), st.sampled_from([*MODES, "cloud"])),
        st.tuples(st.just("obeys"), st.booleans()),
        st.tuples(st.just("look"), st.none()),
        st.tuples(st.just("soon"), st.floats(0.5, 10)),
    ),
    max_size=80,
)
VERSIONS = st.sampled_from(["2.1", "2.2", "2.3"])


def lived(version: str, deeds: list[tuple[str, object]]) -> Bench:
    """A bench after a history."""
    bench = Bench(of_api(version))
    bench.look()
    for deed, value in deeds:
        if deed == "order":
            bench.ordered = value  # type: ignore[assignment]  # a mode, as drawn
        elif deed == "app":
            assert isinstance(value, str)
            bench.seen = replace(bench.seen, mode=value)
        elif deed == "obeys":
            bench.obeys = value is True
        bench.look(value if isinstance(value, float) else STEP_S)
    return bench


@given(VERSIONS, DEEDS)
def test_it_is_told_seldom(version: str, deeds: list[tuple[str, object]]) -> None:
    """I9: never twice within 5 s; two different wishes of orders never within a minute."""
    writes = lived(version, deeds).writes
    assert all(later[0] - earlier[0] >= WRITES_APART_S for earlier, later in pairwise(writes))
    ordered = [write for write in writes if write[2]]
    begun = [ordered[0][0]] if ordered else []
    begun += [later[0] for earlier, later in pairwise(ordered) if earlier[1] != later[1]]
    assert all(later_s - earlier_s >= ORDERS_APART_S for earlier_s, later_s in pairwise(begun))


@given(VERSIONS, DEEDS)
def test_without_an_order_it_comes_home_and_is_left_alone(version: str, deeds: list[tuple[str, object]]) -> None:
    bench = lived(version, [*deeds, ("obeys", True), ("order", None)])
    for _ in range(40):
        bench.look()
    assert not bench.memory.is_ours
    written = len(bench.writes)
    bench.seen = replace(bench.seen, mode="standby")
    for _ in range(40):
        bench.look()
    assert len(bench.writes) == written
    assert bench.seen.mode == "standby"


@given(VERSIONS, DEEDS, st.sampled_from(MODES))
def test_an_order_that_lasts_is_carried_out_or_refused(
    version: str, deeds: list[tuple[str, object]], mode: Mode
) -> None:
    bench = lived(version, [*deeds, ("obeys", True), ("order", None), ("look", None), ("order", mode)])
    for _ in range(40):
        bench.look()
    said = gating.outcome(bench.memory, mode, 0.0)
    assert said is not None
    known = mode in bench.seen.modes
    assert said[0] == ("applied" if known else "failed")
    assert bench.seen.mode == (mode if known else "self_consumption")


@given(VERSIONS, st.lists(st.tuples(st.just("app"), st.sampled_from([*MODES, "cloud"])), max_size=40))
def test_a_group_that_was_never_ordered_is_never_told_anything(version: str, deeds: list[tuple[str, object]]) -> None:
    assert not lived(version, deeds).writes

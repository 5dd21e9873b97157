"""What a socket should do, over random histories of orders, hands, locks and time: always within the rules."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from common import switching
from services.homewizard import locking
from services.homewizard.config import SocketSettings
from services.homewizard.locking import Memory
from services.homewizard.wire import Position

STEP_S = 5.0


@dataclass
class Bench:
    """A socket that does as it is told, and somebody beside it."""

    settings: SocketSettings
    memory: Memory = field(default_factory=Memory)
    on: bool = False
    locked: bool = False
    now_s: float = 0.0
    ordered: bool | None = None
    writes: list[float] = field(default_factory=list)
    on_by_us_s: float = 0.0
    """For how long our orders have kept it on without a break."""

    def look(self) -> None:
        """What the bridge does at each look."""
        self.now_s += STEP_S
        self.memory = switching.noticed(self.memory, self.ordered, self.settings, self.now_s)
        self._see()
        wanted = switching.wish(self.memory, self.ordered, self.settings, self.now_s)
        if locking.may_write(self.memory, wanted, self.now_s):
            assert wanted is not None
            self.writes.append(self.now_s)
            self.on = wanted
            self.memory = locking.told(self.memory, wanted, self.now_s, is_refused=False)
            self._see()
        ours = self.on and self.memory.by_hand_s is None and self.ordered is True and not self.locked
        self.on_by_us_s = self.on_by_us_s + STEP_S if ours else 0.0

    def _see(self) -> None:
        seen = Position(power_on=self.on, switch_lock=self.locked)
        self.memory = locking.saw(self.memory, seen, self.ordered, self.settings, self.now_s, is_steady=True)


DEEDS = st.lists(st.sampled_from(["on", "off", "none", "press", "lock", "unlock", "look", "look", "look"]), max_size=80)
SETTINGS = st.builds(
    SocketSettings,
    host=st.just("a"),
    safe_state=st.sampled_from(["off", "on", "keep"]),
    max_on_s=st.sampled_from([None, 60.0, 300.0]),
    rest_s=st.sampled_from([0.0, 60.0]),
    by_hand=st.sampled_from(["respect", "override"]),
    by_hand_h=st.sampled_from([0.05, 12.0]),
)


def lived(settings: SocketSettings, deeds: list[str]) -> Bench:
    """A bench after a history."""
    bench = Bench(settings)
    bench.look()
    for deed in deeds:
        if deed in ("on", "off", "none"):
            bench.ordered = {"on": True, "off": False, "none": None}[deed]
        elif deed == "press" and not bench.locked:
            bench.on, bench.on_by_us_s = not bench.on, 0.0
        elif deed == "lock":
            bench.on = bench.locked = True
        elif deed == "unlock":
            bench.locked = False
        bench.look()
        check(bench)
    return bench


def check(bench: Bench) -> None:
    """What holds after every look."""
    longest_s = bench.settings.max_on_s
    if longest_s is not None:
        assert bench.on_by_us_s <= longest_s + STEP_S
    if bench.settings.by_hand == "override":
        assert bench.memory.by_hand_s is None
    if bench.memory.by_hand_s is None and bench.ordered is False and not bench.locked:
        assert not bench.on
    if bench.ordered is not None:
        said = locking.outcome(bench.memory, bench.ordered, bench.settings, 0.0, bench.now_s)
        wanted = switching.wish(bench.memory, bench.ordered, bench.settings, bench.now_s)
        is_next = wanted is bench.ordered is not bench.on  # its rest is over at this very look
        assert is_next if said is None else (said[0] == "applied") == (bench.on is bench.ordered)


@given(SETTINGS, DEEDS)
def test_the_rules_hold_whatever_happens(settings: SocketSettings, deeds: list[str]) -> None:
    lived(settings, deeds)


@given(SETTINGS, DEEDS)
def test_without_orders_it_comes_to_rest_and_is_not_told_again(settings: SocketSettings, deeds: list[str]) -> None:
    bench = lived(settings, [*deeds, "none", "unlock"])
    for _ in range(80):
        bench.look()
    written, on = len(bench.writes), bench.on
    for _ in range(80):
        bench.look()
    assert (len(bench.writes), bench.on) == (written, on)


@given(SETTINGS, st.lists(st.sampled_from(["press", "lock", "unlock", "look"]), max_size=40))
def test_a_socket_that_was_never_ordered_is_never_told_anything(settings: SocketSettings, deeds: list[str]) -> None:
    assert not lived(settings, deeds).writes


@given(SETTINGS, DEEDS)
def test_it_is_never_told_twice_within_a_second(settings: SocketSettings, deeds: list[str]) -> None:
    """I9."""
    writes = lived(settings, deeds).writes
    assert len(writes) == len(set(writes))

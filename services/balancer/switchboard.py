"""The loads of the order: what each has shown and taken up, and who of them runs. Its memory outlives a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.balancer.config import DevicePolicy
from services.balancer.loads.allot import Grant
from services.balancer.loads.doubt import Doubt, drew_nothing
from services.balancer.loads.exported import Exported
from services.balancer.loads.lowest import Lowest
from services.balancer.loads.mean import RecentMean
from services.balancer.loads.rated import Rated
from services.balancer.loads.schedule import Outlook, Slots
from services.balancer.loads.steps import Step, Steps
from services.balancer.loads.stored import Sample, Stored
from services.balancer.loads.switching import Run
from services.balancer.loads.warmth import Warmth

GUESS_W = 1000.0
"""What a load is taken for as long as nobody knows what it draws: it starts on so much surplus, and shows it then."""
UNFILLED_WH = 100.0
"""Lacking less than this is no reason to trouble anybody."""


@dataclass(frozen=True, slots=True)
class LoadBook:
    """What is written down about one load."""

    stored: Stored = field(default_factory=Stored)
    rated: Rated = field(default_factory=Rated)
    run: Run = field(default_factory=Run)
    by_hand: bool = False
    """Somebody switched it on at the device; respected until it is full or the day ends."""
    told_w: float | None = None
    """What its bridge says that it draws."""
    has_meter: bool = False
    """It has told its power while it was on."""
    steps: Steps = field(default_factory=Steps)
    """Without one: what the house's meter shows of it …"""
    doubt: Doubt = field(default_factory=Doubt)
    """… and whether it may have stopped by itself."""
    warmth: Warmth = field(default_factory=Warmth)
    """A water heater's last days."""

    def on_day(self, day: int) -> "LoadBook":
        """The same, or fresh figures on a new day."""
        if day == self.stored.day:
            return self
        kept_by_hand = self.by_hand and self.stored.day is None
        warmth = self.warmth.closed(self.stored)
        return replace(self, stored=self.stored.on_day(day), by_hand=kept_by_hand, warmth=warmth)

    def _took(self, stored: Stored) -> "LoadBook":
        """The same with what it has taken up since."""
        gained_wh = stored.energy_wh - self.stored.energy_wh
        return replace(self, stored=stored, warmth=self.warmth.gained(gained_wh, is_full=stored.is_full))

    def measured(self, sample: Sample, told_w: float) -> "LoadBook":
        """The same after a measurement. `told_w`: what its owner says, or it is told, that it draws."""
        if sample.on and sample.power_w is None:
            return self._unmeasured(sample, told_w)
        rated = self.rated
        if sample.power_w is not None and sample.on is not None:
            rated = rated.measured(sample.power_w, sample.on, sample.at_s)
        stored = self.stored.measured(sample, rated.power_w or told_w)
        has_meter = self.has_meter or bool(sample.on and sample.power_w is not None)
        by_hand = self.by_hand and not stored.is_full
        return replace(self._took(stored), rated=rated, by_hand=by_hand, has_meter=has_meter)

    def _unmeasured(self, sample: Sample, told_w: float) -> "LoadBook":
        """It is on, and has no meter: it counts with what it is known to draw, unless it may have stopped."""
        drawn_w = 0.0 if self.doubt.stands else told_w or None
        stored = self.stored.believed(sample._replace(power_w=drawn_w), told_w)
        return replace(self._took(stored), has_meter=False)

    def answered(self, step: Step, power_w: float) -> "LoadBook":
        """The house's meter has shown a switching. `power_w`: what it draws when it works; 0: not known."""
        doubt = self.doubt.answered(drew_nothing(step, power_w))
        book = self._took(self.stored.filled()) if doubt.is_proven else self
        return replace(book, doubt=doubt)

    def told(self, sample: Sample, told_w: float, most_w: float) -> "LoadBook":
        """The same after a measurement of a load that is told its power: `told_w` now, `most_w` at most."""
        if sample.on and sample.power_w is None:
            return replace(self, rated=Rated(most_w))._unmeasured(sample, told_w)
        return replace(self._took(self.stored.measured(sample, told_w)), rated=Rated(most_w), has_meter=bool(sample.on))

    def followed(self, on: bool, now_s: float) -> "LoadBook":
        """Nobody commands it, so it stands as it was found."""
        return replace(self, run=self.run.switched(on, now_s))

    def taken_in_hand(self, now_s: float) -> "LoadBook":
        """Somebody switched it on at the device itself."""
        return replace(self, run=self.run.switched(True, now_s), by_hand=True)


UNWRITTEN = LoadBook()
"""What is known of a load of which nobody has told anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTurn:
    """What one reading led to for one load."""

    grant: Grant
    power_w: float
    """What it will draw if it is on."""
    rated_w: float
    rows: tuple[int, ...] = ()
    """Quarter hours from now in which the schedule lets it run."""


@dataclass(slots=True)
class Switchboard:
    """All that is remembered about loads between two readings."""

    books: dict[str, LoadBook] = field(default_factory=dict)
    exported: Exported = field(default_factory=Exported)
    present: RecentMean = field(default_factory=RecentMean)
    """What has been left for loads lately."""
    lowest: Lowest = field(default_factory=Lowest)
    """The least of it in the last minutes."""
    plan: Mapping[str, Slots] = field(default_factory=dict)
    slack_rows: dict[str, int] = field(default_factory=dict)
    """Rows that a needed load could still do without before its deadline."""
    outlook: Mapping[str, Outlook] = field(default_factory=dict)
    """What the hours to come promise each load."""
    planned_s: float = float("-inf")
    last_s: float | None = None
    """Time of the last reading."""
    unfilled_wh: dict[str, float] = field(default_factory=dict)
    """What needed loads lacked when their time was over, until they have their fill again."""
    stores_reached: dict[str, bool] = field(default_factory=dict)
    """Whether the batteries have the charge that goes before a load, by load."""

    def book(self, load: str) -> LoadBook:
        """What is known of a load so far."""
        return self.books.get(load, UNWRITTEN)

    def close_the_day(self, load: str, policy: DevicePolicy, day: int) -> bool:
        """Begin a new day in a load's book, if it is one; what a needed load lacks then, it did not get in time.

        Returns whether the load was full until then.
        """
        book = self.book(load)
        lacks_wh = missing_wh(policy, book) or 0.0
        if policy.want == "needed" and book.stored.day not in (None, day) and lacks_wh > UNFILLED_WH:
            self.unfilled_wh[load] = lacks_wh
        self.books[load] = book.on_day(day)
        return book.stored.is_full and day != book.stored.day

    def slots(self, load: str) -> Slots:
        """When it runs by the schedule; never, if nobody has thought of it."""
        return self.plan.get(load, Slots(()))

    def hopes(self, load: str) -> Outlook:
        """What it may still hope for; nothing, if nobody has thought of it."""
        return self.outlook.get(load, Outlook())

    def elapsed_s(self, now_s: float, most_s: float) -> float:
        """Since the last reading; a longer silence counts as `most_s`."""
        before_s, self.last_s = self.last_s, now_s
        return 0.0 if before_s is None else max(0.0, min(most_s, now_s - before_s))


def known_w(policy: DevicePolicy, book: LoadBook) -> float | None:
    """What a load draws when it works: as measured or learnt, else as its owner or its bridge says; None: unknown."""
    learnt_w = book.rated.power_w or (book.steps.power_w if book.steps.is_sure else None)
    return learnt_w or policy.power_w or book.told_w or book.steps.power_w


def rated_w(policy: DevicePolicy, book: LoadBook) -> float:
    """The same to reckon with: a guess for a load of which nothing is known yet."""
    return known_w(policy, book) or GUESS_W


def missing_wh(policy: DevicePolicy, book: LoadBook) -> float | None:
    """What it still wants today; None if there is no end to it."""
    stored = book.stored
    return policy.need.missing_wh(stored.energy_wh, stored.ran_s, rated_w(policy, book), is_full=stored.is_full)


def is_satisfied(policy: DevicePolicy, book: LoadBook) -> bool:
    """Whether it has what it needs today."""
    wanted_wh = missing_wh(policy, book)
    return wanted_wh is not None and wanted_wh <= 0

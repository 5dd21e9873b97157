"""The three settings that a reserve is made of: what they should be, what is written, and what came of it. Pure.

A setting is written only where it differs, at most once a minute, and read back. What the owner had is remembered
before the first write, and put back when no reserve has been in force for a quarter of an hour: a restart costs no
write. A setting that somebody else changes under a reserve is corrected; the third time it is left alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from common.contract import Command
from common.lease import Answer
from services.victron import wire
from services.victron.situation import Situation

Knob = Literal["minimum", "target", "battery_life"]
KNOBS: Final[tuple[Knob, ...]] = ("minimum", "target", "battery_life")
PATHS: Final[Mapping[Knob, str]] = {"minimum": wire.MINIMUM, "target": wire.TARGET, "battery_life": wire.STATE}
BOUNDS: Final[Mapping[Knob, tuple[float, float]]] = {"minimum": (10.0, 40.0), "target": (50.0, 100.0)}
"""No order goes beyond; what an owner had before is put back whatever it was."""
ON, OFF = 1.0, 10.0
"""Written to `BatteryLife/State`; the GX then moves on within its group by itself."""
GRACE_S: Final = 900.0
APART_S: Final = 60.0
"""Between two writes of one setting."""
AGAIN_S: Final = 3600.0
"""How often one is tried that does not take its value."""
ASKED_S: Final = 3.0
"""What was not seen by then is asked for."""
TRIES: Final = 3
CONTESTS: Final = 3
"""So often somebody else may change a setting before it is left to them."""
SAME_PCT: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is remembered about one of them. Values are as they are written; instants are monotonic."""

    owner: float | None = None
    """What it was before we wrote to it; None while it is the owner's own."""
    wanted: float | None = None
    """What was wanted of it last."""
    wrote_s: float = -math.inf
    asked_s: float = -math.inf
    tries: int = 0
    """Writes since it last was as wanted."""
    is_settled: bool = False
    """It has been as wanted."""
    contests: int = 0
    """Times that somebody else changed it while it was settled."""

    @property
    def is_ours(self) -> bool:
        """We have written to it, and have not put it back."""
        return self.owner is not None

    @property
    def is_contested(self) -> bool:
        """Somebody else insists on another value."""
        return self.contests >= CONTESTS

    @property
    def is_in_vain(self) -> bool:
        """It was written often enough, and never took the value."""
        return self.tries >= TRIES and not self.is_settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """All of them, and since when no reserve is in force."""

    settings: Mapping[Knob, Setting] = field(default_factory=lambda: {knob: Setting() for knob in KNOBS})
    free_s: float = -math.inf
    """Since then nobody asks for anything. After a restart: since the start."""

    def __getitem__(self, knob: Knob) -> Setting:
        return self.settings[knob]

    def having(self, knob: Knob, setting: Setting) -> "Reserve":
        """The same, with another setting."""
        return replace(self, settings={**self.settings, knob: setting})


def asked(command: Command, knob: Knob) -> float | None:
    """What an order wants of a setting, within its bounds; None: the owner's own value."""
    if knob == "battery_life":
        return None if command.battery_life is None else ON if command.battery_life else OFF
    percent = command.min_soc_pct if knob == "minimum" else command.charge_target_pct
    least, most = BOUNDS[knob]
    return None if percent is None else min(most, max(least, float(round(percent))))


def seen_value(seen: Situation, knob: Knob) -> float | None:
    """What a setting is now, as it would be written. None: unknown, or something that is not ours to change."""
    if knob == "battery_life":
        return None if seen.battery_life is None else ON if seen.battery_life else OFF
    return seen.minimum_pct if knob == "minimum" else seen.target_pct


def is_same(one: float | None, other: float | None) -> bool:
    """Settings come back as 32-bit floats, or cut to whole numbers."""
    return one is not None and other is not None and abs(one - other) < SAME_PCT


def noticed(reserve: Reserve, command: Command | None, now_s: float) -> Reserve:
    """After a look at the desk: what is wanted of each setting now."""
    free_s = now_s if command is not None else reserve.free_s
    settings = {knob: _wanting(reserve[knob], wish(reserve, command, knob, now_s)) for knob in KNOBS}
    return replace(reserve, settings=settings, free_s=free_s)


def wish(reserve: Reserve, command: Command | None, knob: Knob, now_s: float) -> float | None:
    """What a setting should be now. None: as it is."""
    setting = reserve[knob]
    if command is not None:
        wanted = asked(command, knob)
        return setting.owner if wanted is None else wanted
    is_over = now_s - reserve.free_s >= GRACE_S
    return setting.owner if is_over else setting.wanted if setting.is_ours else None


def _wanting(setting: Setting, wanted: float | None) -> Setting:
    if is_same(wanted, setting.wanted) or wanted is setting.wanted:
        return setting
    return replace(setting, wanted=wanted, tries=0, contests=0, is_settled=False)


def saw(setting: Setting, value: float | None, *, is_kept: bool) -> Setting:
    """After a look at it. `is_kept`: a reserve is in force, or was a moment ago."""
    if value is None or setting.wanted is None:
        return setting
    if is_same(value, setting.wanted):
        is_home = not is_kept and is_same(value, setting.owner)
        return replace(setting, is_settled=True, tries=0, owner=None if is_home else setting.owner)
    if setting.is_settled:  # somebody has changed it: that is what the owner has now
        owner = value if setting.is_ours else None
        return replace(setting, is_settled=False, contests=setting.contests + 1, owner=owner)
    return setting


def is_due(setting: Setting, value: float | None, now_s: float) -> bool:
    """Whether to write it."""
    if setting.wanted is None or value is None or is_same(value, setting.wanted):
        return False
    if setting.is_contested:
        return False
    return now_s - setting.wrote_s >= (AGAIN_S if setting.is_in_vain else APART_S)


def wants_look(setting: Setting, value: float | None, now_s: float) -> bool:
    """Whether to ask for it: what was written has not been seen."""
    if setting.tries == 0 or is_same(value, setting.wanted):
        return False
    return min(now_s - setting.wrote_s, now_s - setting.asked_s) >= ASKED_S


def told(setting: Setting, value: float | None, now_s: float) -> Setting:
    """After a write; `value` is what stood there before."""
    owner = setting.owner if setting.is_ours else value
    return replace(setting, owner=owner, wrote_s=now_s, tries=setting.tries + 1)


def outcome(reserve: Reserve, command: Command, seen: Situation) -> Answer | None:
    """What has become of a reserve; None while that is not known."""
    limited = [text for knob in KNOBS if (text := _limited(command, knob))]
    for knob in KNOBS:
        setting, value = reserve[knob], seen_value(seen, knob)
        if setting.wanted is None:
            continue
        if setting.is_contested:
            return "failed", f"somebody else keeps changing {NAMES[knob]}"
        if setting.is_in_vain:
            return "failed", f"the GX does not take {NAMES[knob]}"
        if not is_same(value, setting.wanted):
            return None
    return ("partial", ", ".join(limited)) if limited else ("applied", "")


NAMES: Final[Mapping[Knob, str]] = {
    "minimum": "the minimum charge",
    "target": "the target of its first schedule",
    "battery_life": "BatteryLife",
}


def _limited(command: Command, knob: Knob) -> str | None:
    wanted = command.min_soc_pct if knob == "minimum" else command.charge_target_pct if knob == "target" else None
    granted = asked(command, knob)
    is_whole = wanted is None or granted is None or abs(wanted - granted) < SAME_PCT
    return None if is_whole else f"{NAMES[knob]} limited to {granted:.0f} %"

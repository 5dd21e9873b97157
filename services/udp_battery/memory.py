"""What the bridge knows of one battery, and how each answer or silence changes that. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Self

from services.udp_battery import plausibility
from services.udp_battery.contact import READ_ATTEMPTS, WRITE_ATTEMPTS, Contact
from services.udp_battery.firmware import Firmware
from services.udp_battery.follow import Order, Seen, Told, told
from services.udp_battery.wire import Reading

Chore = Literal["identity", "status", "cells"]
"""Seldom asked: who it is and its firmware; capacity and a second word on the state of charge; temperature."""
CHORE_PERIOD_S: Final[Mapping[Chore, float]] = {"identity": 3600.0, "status": 600.0, "cells": math.inf}
CHORE_AGAIN_S: Final = 120.0
"""Firmware that does not answer a chore is asked again after this."""
REFUSED_PAUSE_S: Final = 30.0
SOC_HOLDS_S: Final = 600.0
"""A state of charge may be relied on for so long; no battery moves by 10 % meanwhile."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a chore is next, and how often it was asked in vain."""

    at_s: float = -math.inf
    vain: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One battery, as far as we know. Instants are monotonic."""

    contact: Contact
    told: Told | None = None
    seen: Seen | None = None
    soc_pct: float | None = None
    soc_at_s: float = -math.inf
    is_soc_doubtful: bool = False
    is_unsure: bool = False
    """An order went unanswered: it may have been carried out or not."""
    is_ours: bool = True
    """It may be under an order of ours, or of a former life of ours, and has to be freed when none holds any more."""
    refusals: int = 0
    is_refused: bool = False
    """It said no to the newest order in all its attempts."""
    is_disobedient: bool = False
    """It was found not to follow, and has not been seen to follow since."""
    write_not_before_s: float = -math.inf
    sought: int = 0
    """Failures after which it has been looked for elsewhere."""
    chores: Mapping[Chore, Due] = field(default_factory=lambda: {"identity": Due(), "status": Due()})

    def soc_now(self, now_s: float) -> float | None:
        """The state of charge, while it may be relied on."""
        return self.soc_pct if now_s - self.soc_at_s <= SOC_HOLDS_S else None

    @property
    def may_be_held(self) -> bool:
        """There is a reason to believe that it is under an order of ours, not only no proof of the contrary."""
        is_seen = self.seen is not None and self.seen.mode == "Passive"
        return self.is_ours and (self.is_unsure or self.told is not None or is_seen)

    def heard(self, now_s: float, *, is_confirmed: bool) -> Self:
        """It lives. If it was out of reach, it may have started anew and forgotten its order."""
        was_lost = self.contact.failures > 0
        return replace(
            self,
            contact=self.contact.heard(now_s, is_confirmed=is_confirmed),
            told=None if was_lost else self.told,
            sought=0,
        )

    def unheard(self, now_s: float, *, is_wanted: bool, is_alive: bool = False) -> Self:
        """A read was in vain; `is_alive` if something came back, but nothing of use."""
        contact = self.contact.unheard(now_s, is_write=False, is_wanted=is_wanted)
        return replace(self, contact=replace(contact, since_s=now_s) if is_alive else contact)

    def sending(self) -> Self:
        """An order goes out: from now on it may be under it, whatever comes back."""
        return replace(self, is_unsure=True, is_ours=True, is_refused=False)

    def taken(self, order: Order, sent_s: float, now_s: float, *, is_fragile: bool) -> Self:
        """It said that it took an order."""
        known = told(self.told, order, sent_s, now_s, self.seen, is_fragile=is_fragile)
        return replace(self, told=known, is_unsure=False, refusals=0)

    def refused(self, now_s: float) -> Self:
        """It said no, or that it was busy."""
        if self.refusals + 1 < WRITE_ATTEMPTS:
            return replace(self, refusals=self.refusals + 1)
        return replace(self, refusals=0, is_refused=True, write_not_before_s=now_s + REFUSED_PAUSE_S)

    def unwritten(self, now_s: float, *, is_wanted: bool) -> Self:
        """Nobody knows whether an order arrived."""
        return replace(self, contact=self.contact.unheard(now_s, is_write=True, is_wanted=is_wanted))

    def hurried(self) -> Self:
        """A new order has come."""
        return replace(self, contact=self.contact.hurried())

    def saw(self, said: Reading, now_s: float, firmware: Firmware, *, is_free: bool) -> Self:
        """A reading of `ES.GetMode`; `is_free` while no order of ours holds."""
        doubtful = plausibility.is_doubtful(said.soc_pct, self.soc_pct)
        believed = None if doubtful or said.soc_pct is None or not 0 <= said.soc_pct <= 100 else said.soc_pct
        power_w = plausibility.power_w(said.power_w, firmware.rated_w)
        after = self if believed is None else replace(self, soc_pct=believed, soc_at_s=now_s)
        seen = Seen(at_s=now_s, mode=said.mode, power_w=power_w, soc_pct=after.soc_now(now_s))
        looked = self.told.looked(seen, is_fragile=firmware.is_fragile) if self.told else None
        is_in_vain = looked is not None and looked.is_in_vain
        is_proven = looked is None or looked.verdict == "proven"
        is_disobedient = is_in_vain or (self.is_disobedient and not is_proven)
        after = replace(after, seen=seen, told=looked, is_soc_doubtful=doubtful, is_disobedient=is_disobedient)
        if doubtful and not self.is_soc_doubtful:
            after = after.done("status", -math.inf)
        return after._freed() if is_free and said.mode not in (None, "Passive") else after

    def _freed(self) -> Self:
        """It is autonomous and nobody holds it: from now on it is its owner's."""
        may_still_hold = self.is_unsure or (self.told is not None and self.told.order.mode == "Passive")
        return self if may_still_hold else replace(self, is_ours=False, told=None, is_disobedient=False)

    def confirmed_soc(self, said: Reading, now_s: float) -> Self:
        """The second word, out of `ES.GetStatus`."""
        soc_pct = plausibility.soc_pct(said)
        at_s = now_s if soc_pct is not None else -math.inf
        return replace(self, soc_pct=soc_pct, soc_at_s=at_s, is_soc_doubtful=soc_pct is None)

    def done(self, chore: Chore, at_s: float) -> Self:
        """A chore is through; the next is at `at_s`."""
        return replace(self, chores={**self.chores, chore: Due(at_s)})

    def vain(self, chore: Chore, now_s: float) -> Self:
        """A chore got no answer. Some firmware never answers some of them, so this says nothing about the contact."""
        vain = self.chores[chore].vain + 1
        due = Due(now_s + CHORE_AGAIN_S) if vain >= READ_ATTEMPTS else Due(-math.inf, vain)
        return replace(self, chores={**self.chores, chore: due})

"""What the balancer publishes about itself: each thing when it says something new, and now and then all the same."""

import logging
from collections.abc import Mapping

from common.contract import (
    BALANCER_STATE,
    DECISION,
    GROUP,
    SETTING,
    TERMS,
    BalancerState,
    Decision,
    GroupState,
    Terms,
)
from common.messaging import Bus
from services.balancer import words
from services.balancer.mind import Mind

RETELL_MS = 10_000
"""What has not changed is published again after this long, with fresh figures."""
RETELL_TERMS_MS = 60_000
DRIFTING: dict[str, object] = dict.fromkeys(("power_w", "soc_pct", "share_24h_pct", "input_age_ms", "taken_wh"))
"""Figures that alone make no decision a new one."""
DRIFTING_GROUP = ("budget_w", "others_w")
log = logging.getLogger(__name__)


class Herald:
    """One leader's voice. Its first word on each topic is always said."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._told: dict[str, tuple[Decision, int]] = {}
        self._echoed: dict[str, str] = {}
        self._grouped: dict[str, tuple[GroupState, int]] = {}
        self._terms: dict[str, tuple[Terms, int]] = {}
        self._sentence = ""
        self._stated_ms = 0

    async def decided(self, state: BalancerState, decisions: Mapping[str, Decision], measured_ms: int) -> None:
        """A decision: the house at each reading, each device when it is told something else."""
        await self._state(state, measured_ms)
        await self.decisions(decisions, measured_ms)

    async def heat(self, groups: Mapping[str, GroupState], decisions: Mapping[str, Decision], now_ms: int) -> None:
        """Groups that take turns, and each of their outputs."""
        for name, state in groups.items():
            known = self._grouped.get(name)
            drifted = {} if known is None else {field: getattr(known[0], field) for field in DRIFTING_GROUP}
            if known is None or now_ms - known[1] >= RETELL_MS or known[0] != state.model_copy(update=drifted):
                self._grouped[name] = (state, now_ms)
                await self._bus.publish(GROUP.at("main", name), state, now_ms)
        await self.decisions(decisions, now_ms)

    async def decisions(self, decisions: Mapping[str, Decision], now_ms: int) -> None:
        """What devices are told that are no business of the law."""
        for device, decision in decisions.items():
            await self._decision(device, decision, now_ms)

    async def terms(self, terms: Mapping[str, Terms], now_ms: int) -> None:
        """What each device may do and needs."""
        for device, fresh in terms.items():
            known = self._terms.get(device)
            if known is None or known[0] != fresh or now_ms - known[1] >= RETELL_TERMS_MS:
                self._terms[device] = (fresh, now_ms)
                await self._bus.publish(TERMS.at("main", device), fresh, now_ms)

    async def waiting(self, mind: Mind, why: str, now_ms: int) -> None:
        """There is no reading to decide on: nothing is ordered, and the devices let go."""
        if not self._sentence.startswith(words.WAITING) or now_ms - self._stated_ms >= RETELL_MS:
            await self._idle(mind, words.waiting_sentence(mind.config.grid_meter, why), "waiting", now_ms)

    async def farewell(self, mind: Mind, now_ms: int) -> None:
        """The balancer ends, and has given every device free."""
        await self._idle(mind, words.STOPPED, "stopped", now_ms)
        for output in (*mind.config.rotated(), *mind.config.tariff_relays):
            await self._decision(output, Decision(rule="stopped", reason=words.LEFT_ALONE["stopped"]), now_ms)

    async def settings(self, echo: Mapping[str, str]) -> None:
        """The settings in force, those that have changed."""
        for name, value in echo.items():
            if self._echoed.get(name) != value:
                self._echoed[name] = value
                await self._bus.publish(SETTING.at("main", *name.split("/")), value)

    async def _idle(self, mind: Mind, sentence: str, rule: str, now_ms: int) -> None:
        book = mind.book
        state = BalancerState(mode=book.mode, dry_run=book.dry_run, target_grid_w=book.target_grid_w, sentence=sentence)
        await self._state(state, now_ms)
        for name in mind.config.commanded():
            reason = words.LEFT_ALONE[rule]
            await self._decision(name, Decision(rule=rule, reason=reason), now_ms)

    async def _state(self, state: BalancerState, measured_ms: int) -> None:
        if state.sentence != self._sentence:
            log.debug("%s", state.sentence)
        self._sentence, self._stated_ms = state.sentence, measured_ms
        await self._bus.publish(BALANCER_STATE.at("main"), state, measured_ms)

    async def _decision(self, device: str, decision: Decision, measured_ms: int) -> None:
        known = self._told.get(device)
        if known is None or measured_ms - known[1] >= RETELL_MS or _differs(known[0], decision):
            self._told[device] = (decision, measured_ms)
            await self._bus.publish(DECISION.at("main", device), decision, measured_ms)


def _differs(known: Decision, fresh: Decision) -> bool:
    """Whether a decision says something new, figures that merely drift aside."""
    return known.model_copy(update=DRIFTING) != fresh.model_copy(update=DRIFTING)

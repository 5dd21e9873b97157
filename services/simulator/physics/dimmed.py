"""A load behind a phase-angle dimmer: the later it fires in each half wave, the less it lets through. In W, ≥ 0."""

import math

from services.simulator.physics.switched import Consumer, SwitchedLoad


class DimmedLoad(SwitchedLoad):
    """One dimmer and what hangs behind it. It is on as soon as it lets anything through."""

    def __init__(self, consumer: Consumer) -> None:
        self.percent = 0
        """Share of each half wave in which it conducts; anybody may set it."""
        super().__init__(consumer, is_on=True)

    def _drawn_w(self) -> float:
        share = self.percent / 100
        return self.consumer.wanted_w() * (share - math.sin(2 * math.pi * share) / (2 * math.pi))

"""Does the meter move the way a device does? A clamp or a sign the wrong way round makes every order worsen things."""

from dataclasses import dataclass, replace

TELLING_W = 300.0
"""Only changes of this size tell."""
AGAINST = -0.5
"""Grid change per change of the device below which a test counts as the wrong way; +1 is right."""
TESTS = 3


@dataclass(frozen=True, slots=True)
class Polarity:
    """One device's tests so far."""

    grid_w: float | None = None
    """The grid when the order under test was given …"""
    power_w: float = 0.0
    """… and what the device did then."""
    wrong: int = 0
    """Tests in a row that came out the wrong way."""

    @property
    def is_reversed(self) -> bool:
        """Whether the meter contradicts the device beyond doubt."""
        return self.wrong >= TESTS

    def ordered(self, grid_w: float, power_w: float, wish_w: float) -> "Polarity":
        """An order leaves; if it is large enough it becomes the test."""
        return replace(self, grid_w=grid_w if abs(wish_w - power_w) >= TELLING_W else None, power_w=power_w)

    def arrived(self, grid_w: float, power_w: float) -> "Polarity":
        """The device has proven its new power, and a reading has seen all of it."""
        moved_w = power_w - self.power_w
        if self.grid_w is None or abs(moved_w) < TELLING_W:
            return replace(self, grid_w=None)
        against = (grid_w - self.grid_w) / moved_w < AGAINST
        return Polarity(wrong=self.wrong + 1 if against else 0)

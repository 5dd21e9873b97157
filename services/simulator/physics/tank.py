"""Hot water in layers, bottom to top: cold comes in below, hot goes out above, and hot rises. Energy is conserved.

Heat in Wh, counted from water as cold as the inlet; temperatures in °C. One layer is a tank that is always mixed.
"""

from dataclasses import dataclass
from itertools import pairwise

WH_PER_LITRE_K = 1.163
"""Energy that warms one litre of water by one kelvin, in Wh."""
BETWEEN_W_PER_K = 1.5
"""From one layer to the next, through water and wall."""


@dataclass(slots=True)
class _Pool:
    """Neighbouring layers that have mixed."""

    layers: int
    mean_c: float


class Tank:
    """One cylinder."""

    def __init__(self, litres: float, water_c: float, *, inlet_c: float, layers: int = 1) -> None:
        self.layers_c = [water_c] * layers
        """Bottom to top; never colder above than below."""
        self._inlet_c = inlet_c
        self._wh_per_k = litres * WH_PER_LITRE_K / layers
        """Of one layer."""

    @property
    def stored_wh(self) -> float:
        """Heat in the water."""
        return sum(layer_c - self._inlet_c for layer_c in self.layers_c) * self._wh_per_k

    @property
    def mean_c(self) -> float:
        """Of all the water."""
        return sum(self.layers_c) / len(self.layers_c)

    @property
    def top_c(self) -> float:
        """What comes out of the tap."""
        return self.layers_c[-1]

    @property
    def sensed_c(self) -> float:
        """At the thermostat, in the lower third."""
        return self.layers_c[len(self.layers_c) // 3]

    def heat(self, heat_wh: float) -> None:
        """An element at the bottom."""
        self.layers_c[0] += heat_wh / self._wh_per_k
        self._rise()

    def draw(self, heat_wh: float) -> float:
        """Take so much heat from the top; as much cold water comes in below. Returns what there was to take."""
        taken_wh = 0.0
        while heat_wh - taken_wh > 1e-12 and self.top_c > self._inlet_c:
            share = min(0.5, (heat_wh - taken_wh) / ((self.top_c - self._inlet_c) * self._wh_per_k))
            taken_wh += share * (self.top_c - self._inlet_c) * self._wh_per_k
            below_c = [self._inlet_c, *self.layers_c[:-1]]
            self.layers_c = [
                layer_c + share * (cold_c - layer_c) for layer_c, cold_c in zip(self.layers_c, below_c, strict=True)
            ]
        return taken_wh

    def stand(self, seconds: float, room_c: float, loss_w_per_k: float) -> float:
        """Lose heat to the room, and share some between layers. Returns what was lost; less than 0: gained."""
        each_w_per_k = loss_w_per_k / len(self.layers_c)
        lost_wh = [each_w_per_k * (layer_c - room_c) * seconds / 3600 for layer_c in self.layers_c]
        moved_wh = [BETWEEN_W_PER_K * (above_c - c) * seconds / 3600 for c, above_c in pairwise(self.layers_c)]
        gained_wh = [up - down for up, down in zip([*moved_wh, 0.0], [0.0, *moved_wh], strict=True)]
        self.layers_c = [
            layer_c + (gained - lost) / self._wh_per_k
            for layer_c, gained, lost in zip(self.layers_c, gained_wh, lost_wh, strict=True)
        ]
        self._rise()
        return sum(lost_wh)

    def _rise(self) -> None:
        """Warmer water below colder mixes with it."""
        if all(below_c <= above_c for below_c, above_c in pairwise(self.layers_c)):
            return
        pools: list[_Pool] = []
        for layer_c in self.layers_c:
            pools.append(_Pool(1, layer_c))
            while len(pools) > 1 and pools[-2].mean_c > pools[-1].mean_c:
                upper, lower = pools.pop(), pools.pop()
                layers = lower.layers + upper.layers
                mean_c = (lower.mean_c * lower.layers + upper.mean_c * upper.layers) / layers
                pools.append(_Pool(layers, mean_c))
        self.layers_c = [pool.mean_c for pool in pools for _ in range(pool.layers)]

"""A heated room: air and furniture that warm quickly, walls that warm slowly, and a thermostat on the wall."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RoomModel:
    """What one room is like."""

    loss_w_per_k: float
    """Heat lost to the outside, per kelvin of difference."""
    air_wh_per_k: float = 120.0
    """Of air, furniture and the radiator itself: forty cubic metres, and ten times as much as their air."""
    walls_wh_per_k: float = 1500.0
    coupling_w_per_k: float = 150.0
    """Between air and walls."""
    hysteresis_k: float = 0.3
    """The thermostat asks when it is colder than wanted by half of this, until it is warmer by half of it."""


class Room:
    """One room in time. Powers in W, temperatures in °C."""

    def __init__(self, model: RoomModel, set_c: float) -> None:
        self.model = model
        self.set_c = set_c
        self.air_c = set_c
        self.walls_c = set_c - 0.5
        self.asks = False
        """What its thermostat says."""

    def advance(self, step_s: float, heat_w: float, outside_c: float) -> None:
        """Let time pass with this much heat. Steps of up to some minutes are small beside its time constants."""
        model, hours = self.model, step_s / 3600
        into_walls_w = (self.air_c - self.walls_c) * model.coupling_w_per_k
        lost_w = (self.air_c - outside_c) * model.loss_w_per_k
        self.air_c += (heat_w - into_walls_w - lost_w) * hours / model.air_wh_per_k
        self.walls_c += into_walls_w * hours / model.walls_wh_per_k
        half_k = model.hysteresis_k / 2
        self.asks = self.air_c < self.set_c + (half_k if self.asks else -half_k)

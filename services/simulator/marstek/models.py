"""What differs between the batteries of the family: names, oddities of their firmware, how they answer."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, kw_only=True)
class Model:
    """One battery with one firmware."""

    device: str
    version: int
    has_macs: bool = True
    """`Marstek.GetDevice` names its MACs; else only `src` does."""
    answers_twice: bool = False
    uses_integers: bool = False
    """Says its mode as a number."""
    wants_own_port: bool = False
    """Hears only requests that come from its own port number."""
    answers_by_broadcast: bool = False
    tells_bat_power: bool = False
    bat_power_unit: float = 1.0
    """What one unit of `bat_power` is in W."""
    bat_temp_unit: float = 1.0
    """What one unit of `bat_temp` is in °C."""
    tells_energy_left: bool = False
    """`bat_cap` is what is left, not the total."""
    after_passive: Literal["idle", "Auto"] = "idle"
    """What it does when the time of a Passive order is over. It goes on saying Passive while it idles."""
    quiet_s: tuple[float, float] = (1.0, 2.0)
    """For so long after an answer it drops what comes."""
    answer_s: tuple[float, float] = (0.1, 0.25)
    slots: int = 10


VENUS_E3_150: Final = Model(device="VenusE 3.0", version=150)
VENUS_C_153: Final = Model(
    device="VenusC",
    version=153,
    has_macs=False,
    answers_twice=True,
    tells_bat_power=True,
    bat_power_unit=0.1,
    bat_temp_unit=0.1,
)
VENUS_A_147: Final = Model(device="VenusA", version=147, answers_twice=True)
VENUS_E_MINI_301: Final = Model(
    device="Venus E mini",
    version=301,
    wants_own_port=True,
    answers_by_broadcast=True,
    tells_energy_left=True,
    slots=6,
)

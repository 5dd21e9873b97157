"""What a battery's name and firmware say about how to treat it. Pure tables; names are compared whole, not in part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from services.udp_battery.wire import Scale

Family = Literal["hmg50", "vnse3", "vnsd", "vnsa", "mini", "unknown"]

FAMILIES: Final[Mapping[str, Family]] = {
    "venusc": "hmg50", "venuse": "hmg50", "hmg-25": "hmg50", "hmg-50": "hmg50",
    "venuse3.0": "vnse3", "vnse3-0": "vnse3",
    "venusd": "vnsd", "vnsd-0": "vnsd",
    "venusa": "vnsa", "venusa3.0": "vnsa", "vnsa-0": "vnsa", "venusepro": "vnsa",
    "venusemini": "mini", "vnsem-0": "mini",
}  # fmt: skip
"""By `device`, in lower case and without spaces. The "E mini" is no E, and the "E Pro" runs the firmware of an A."""

RATED_W: Final[Mapping[Family, float]] = {
    "hmg50": 2500, "vnse3": 2500, "vnsd": 2200, "vnsa": 1500, "mini": 1500, "unknown": 2500,
}  # fmt: skip
"""What the hardware bears, in either direction."""
TRUSTED_FROM: Final[Mapping[Family, float]] = {"hmg50": 156, "vnse3": 150, "vnsd": 150, "vnsa": 150, "mini": 300}
"""Below, the firmware resets its settings now and then, answers twice, and wants to be left in peace."""
SCALES: Final[tuple[tuple[Family, float, float, Scale], ...]] = (
    ("hmg50", 0, 154, {"bat_power": 0.1, "bat_temp": 0.1}),
    ("hmg50", 154, 1000, {"bat_temp": 10.0}),
)
"""Family, first generation, first generation it no longer holds for, factors. A value that is implausible all the
same is dropped (`plausibility`), and the owner may set a factor (`scale`)."""
FLOOR: Final = 0.5
"""Nobody may poll more often than at twice the pace advised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """How to treat one battery."""

    family: Family = "unknown"
    model: str = "not identified yet"
    version: int | None = None
    poll_s: float = 60.0
    rated_w: float = RATED_W["unknown"]
    is_fragile: bool = True
    """No bursts, no `Bat.GetStatus`, no second copy of a question."""
    tells_capacity: bool = False
    """`bat_cap` is the total; one family puts there what is left."""
    scale: Scale = field(default_factory=dict)

    @property
    def shortest_poll_s(self) -> float:
        """What an owner may set at least."""
        return self.poll_s * FLOOR


UNKNOWN: Final = Firmware()
"""Before the battery has said who it is: as careful as with the most delicate one."""


def generation(version: int) -> float:
    """147 for 147, and 147.6 for 1476: four digits are a generation with one decimal."""
    return version / 10 if version >= 1000 else float(version)


def firmware(device: str, version: int | None) -> Firmware:
    """The treatment for what `Marstek.GetDevice` said."""
    family = FAMILIES.get(device.lower().replace(" ", ""), "unknown")
    if family == "unknown" or version is None:
        return Firmware(model=device or UNKNOWN.model, version=version)
    age = generation(version)
    is_trusted = age >= TRUSTED_FROM[family]
    return Firmware(
        family=family,
        model=device,
        version=version,
        poll_s=_poll_s(family, age, is_trusted),
        rated_w=RATED_W[family],
        is_fragile=not is_trusted,
        tells_capacity=family != "mini",
        scale=next((factors for known, begin, end, factors in SCALES if known == family and begin <= age < end), {}),
    )


def _poll_s(family: Family, age: float, is_trusted: bool) -> float:
    """Generation 2 shares one receive channel between us and its meter; what is older than 147 barely answers."""
    if family == "hmg50":
        return 60.0
    if is_trusted:
        return 10.0
    return 30.0 if age >= 147 else 60.0

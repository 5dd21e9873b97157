"""All that the balancer knows, believes and has ordered: the state that `hearing` and `thinking` work on.

No I/O and no clock: everything follows from the messages and their own time stamps, so that a recording played back
gives the same decisions. `loop.py` connects it to the bus and to time.
"""

from dataclasses import asdict, dataclass, field
from math import inf
from typing import NamedTuple

from common.config import SiteSettings
from common.contract import Command
from services.balancer.carport import Carport
from services.balancer.config import Config, DevicePolicy
from services.balancer.core.decide import Core
from services.balancer.core.learning import Learning
from services.balancer.core.polarity import Polarity
from services.balancer.crew import Absence, Learnt
from services.balancer.desk import Desk
from services.balancer.dispatch import Send, Standing, Target
from services.balancer.gate import Gate
from services.balancer.obedience import Obedience
from services.balancer.rules.soc import Held
from services.balancer.settings import SettingsBook
from services.balancer.switchboard import Switchboard
from services.balancer.tariff_desk import TariffDesk
from services.balancer.team import TeamDesk
from services.balancer.world import World


class Order(NamedTuple):
    """A command ready to be published."""

    kind: str
    """Class of the device in the tree."""
    device: str
    command: Command


@dataclass(slots=True)
class Mind:
    """One balancer's mind."""

    config: Config
    site: SiteSettings
    book: SettingsBook
    epoch: int = 0
    """Of the present leadership; 0 means not leading, so nothing is ordered."""
    number: int = 0
    """Of the next command."""
    world: World = field(default_factory=World)
    core: Core = field(default_factory=Core)
    learnt: dict[str, Learnt] = field(default_factory=dict)
    """What devices have shown of themselves, also those that are absent now."""
    learning: dict[str, Learning] = field(default_factory=dict)
    meter_kinds: dict[str, int] = field(default_factory=dict)
    """Whether a meter tells means or moments, as learnt."""
    held: dict[str, Held] = field(default_factory=dict)
    manners: dict[str, Obedience] = field(default_factory=dict)
    polarity: dict[str, Polarity] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    absent: dict[str, Absence] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    """Devices in the order of the last decision …"""
    room_w: float = 0.0
    """… and its room."""
    decided_s: float = -inf
    """When the last decision was made."""
    low_tariff: bool = False
    """It was a low-tariff hour then."""
    beside_a_loop: bool = False
    """Some battery balanced by itself at the last reading."""
    team: TeamDesk = field(default_factory=lambda: TeamDesk(60.0))
    carport: Carport = field(default_factory=Carport)
    gate: Gate = field(default_factory=Gate)
    switchboard: Switchboard = field(default_factory=Switchboard)
    tariff: TariffDesk = field(default_factory=TariffDesk)
    rotations: dict[str, Desk] = field(default_factory=dict)
    """Groups that take turns, by id; to the law they are a part of the house."""
    rotated: frozenset[str] = frozenset()
    """Their outputs."""
    heat_is_due: bool = False
    """Something about them has changed that is worth a look at once."""

    def __post_init__(self) -> None:
        self.team.cycle_s = self.config.leader_cycle_s
        self.rotated = frozenset(self.config.rotated())
        self.tariff.batteries = frozenset(self.config.tariff_batteries)

    @property
    def commands(self) -> bool:
        """Whether orders may be given at all."""
        return self.epoch > 0 and not self.book.dry_run and self.book.mode != "off"

    def standing_of(self, *, rotated: bool) -> dict[str, Standing]:
        """The orders in force of outputs that take turns, or of everybody else."""
        return {name: known for name, known in self.standing.items() if (name in self.rotated) is rotated}

    def policy(self, device: str) -> DevicePolicy:
        """The owner's wishes for a device, with the reserve that was asked for last, or a higher one of the tariff."""
        policy, told = self.config.policy(device), self.tariff.reserve_of(device)
        least_pct = max(self.book.reserve_soc_pct(device), told.min_soc_pct if told is not None else 0.0)
        reserve_pct = min(least_pct, policy.ceiling_soc_pct - 1)
        if reserve_pct == policy.reserve_soc_pct:
            return policy
        return policy.model_copy(update={"reserve_soc_pct": reserve_pct})

    def lead(self, epoch: int) -> None:
        """Begin to lead: orders of an earlier leadership are no longer ours, nor is what they were believed to do."""
        self.epoch = epoch
        self.number = 0
        self.core = Core()
        self.standing.clear()
        self.tariff.forget()
        self.manners.clear()
        self.polarity.clear()

    def follow(self) -> None:
        """Stop leading."""
        self.epoch = 0
        self.standing.clear()
        self.tariff.forget()

    def command(self, send: Send, issued_ms: int, book: dict[str, Standing] | None = None) -> Order:
        """Write an order down, and remember it as standing; in another `book` than the law's, if one is given."""
        cmd_id = f"{self.epoch}-{self.number}"
        self.number += 1
        target = send.target
        command = Command.model_validate(
            {
                "cmd_id": cmd_id,
                "epoch": self.epoch,
                "issued_at_ms": issued_ms,
                "ttl_s": send.ttl_s,
                "valid_until_ms": issued_ms + round(send.ttl_s * 1000),
                **_asked(target),
            }
        )
        now_s = self.world.line.at_s(issued_ms)
        if target is None:
            for each in (self.standing, self.tariff.standing):  # it ends all leases of the device
                each.pop(send.device, None)
        else:
            (self.standing if book is None else book)[send.device] = Standing(target, cmd_id, now_s, send.ttl_s)
            if book is None:
                self.manners[send.device] = self.manners.get(send.device, Obedience()).asked(now_s)
        return Order(self.world.devices[send.device].kind, send.device, command)


def _asked(target: Target | None) -> dict[str, object]:
    """What a command says of its target; without one it gives the device free."""
    if target is None:
        return {"action": "release", "reason": "released"}
    reserve = {} if target.reserve is None else asdict(target.reserve)
    said = {"action": target.action, "power_w": target.power_w, "mode": target.mode, "on": target.on}
    return {**said, "reason": target.rule, **reserve}

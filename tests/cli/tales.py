"""Stories for the judge of a run, told in one line each."""

from collections.abc import Callable
from dataclasses import dataclass, field

from common.contract import (
    ACK,
    COMMAND,
    CONTROL,
    DECISION,
    INFO,
    Ack,
    Command,
    Control,
    Decision,
    DeviceInfo,
)
from common.contract.devices import Action
from common.messaging import Received
from services.cli.judge import Judge
from tests.words import NOW_MS, received

TTL_S = 30.0


@dataclass
class Story:
    """What happens in a house, told in one line each. Powers: + charge, − discharge."""

    judge: Judge = field(default_factory=Judge)

    def known(self, device: str = "garage", at_s: float = 0.0) -> None:
        info = DeviceInfo(
            vendor="stage",
            model="battery",
            poll_s=10,
            stale_after_s=30,
            capabilities=("power",),
            min_w=-800,
            max_w=2500,
        )
        self.judge.heard(received(INFO.at("battery", device), info, at_s, src="ems-udp_battery"))

    def ordered(
        self,
        power_w: float,
        at_s: float,
        *,
        device: str = "garage",
        epoch: int = 7,
        action: Action = "set_power",
        boot: str = "b1",
        retained: bool = False,
    ) -> None:
        command = Command(
            cmd_id=f"{epoch}-1", epoch=epoch, issued_at_ms=NOW_MS, ttl_s=TTL_S, action=action, power_w=power_w
        )
        topic = COMMAND.at("battery", device)
        self.judge.heard(received(topic, command, at_s, boot=boot, retained=retained))

    def controlled(self, at_s: float, left_s: float) -> None:
        until_ms = NOW_MS + round((at_s + left_s) * 1000)
        control = Control(mode="leased", setpoint_w=-300, lease_until_ms=until_ms, epoch=7)
        self.judge.heard(received(CONTROL.at("battery", "garage"), control, at_s, src="ems-udp_battery"))

    def acked(self, ack: Ack, *, retained: bool = False) -> None:
        self.judge.heard(received(ACK.at("battery", "garage"), ack, retained=retained))

    def decided(self, age_ms: int | None, target_w: float | None = -300.0) -> None:
        decision = Decision(target_w=target_w, rule="hold-grid", reason="because", input_age_ms=age_ms)
        self.judge.heard(received(DECISION.at("main", "garage"), decision))

    def written(self, power_w: float, at_s: float, what: str = "commanded") -> None:
        self.judge.did("garage", {"what": what, "at_s": at_s, "power_w": power_w})

    def passed(self, *at_s: float) -> None:
        for instant_s in at_s:
            self.judge.passed(instant_s)

    def said(self, topic: str, payload: bytes, at_s: float = 0.0, *, retained: bool = False) -> None:
        self.judge.heard(Received(topic, payload, retained, at_s))


Tale = Callable[[Story], None]

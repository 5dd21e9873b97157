"""What is counted, measured and judged of a demonstration, out of its messages and of the devices' journals. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.contract import ACK, BALANCER_STATE, COMMAND, METER_STATE, decode
from common.errors import MessageRejected
from common.messaging import Received
from services.cli.judge import Judge
from services.cli.statistics import Sample, Settling, Traffic


@dataclass(slots=True)
class Tally:
    """The figures of one run. `speed`: seconds of the house per second."""

    speed: float = 1.0
    judge: Judge = field(default_factory=Judge)
    settling: Settling = field(default_factory=Settling)
    traffic: Traffic = field(default_factory=Traffic)

    def heard(self, received: Received) -> None:
        """One message on the bus."""
        self.judge.heard(received)
        if received.retained:
            return
        self.traffic.messages += 1
        self.traffic.decisions += BALANCER_STATE.matches(received.topic)
        try:
            self._count(received, received.arrived_s / self.speed)
        except MessageRejected:
            return  # the judge has said so

    def did(self, line: Mapping[str, object]) -> None:
        """One line of the journal: the state of the house, or what was done to a device."""
        if line.get("what") != "house":
            self.judge.did(str(line.get("device")), line)
            return
        figures = [line.get(name) for name in ("at_s", "load_w", "grid_w")]
        at_s, load_w, grid_w = (float(value) if isinstance(value, float | int) else 0.0 for value in figures)
        self.settling.take(Sample(at_s, load_w, grid_w))

    def figures(self) -> dict[str, object]:
        """Their part of the summary."""
        return {**self.traffic.figures(), "violations": self.judge.violations, **self.settling.figures()}

    def _count(self, received: Received, real_s: float) -> None:
        if METER_STATE.matches(received.topic):
            envelope, _ = decode(METER_STATE, received.payload)
            self.traffic.reading(envelope.ts_ms if envelope else 0, real_s)
        elif COMMAND.matches(received.topic):
            _, command = decode(COMMAND, received.payload)
            self.traffic.command(command.issued_at_ms, real_s)
        elif ACK.matches(received.topic):
            _, ack = decode(ACK, received.payload)
            self.traffic.acks[ack.outcome] += 1

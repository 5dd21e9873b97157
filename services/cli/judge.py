"""The invariants of a running house, checked on everything that is said on the bus and done to the devices. Pure.

I1, I3 … are the invariants of `docs/safe-states.md`. A violation is a sentence; a good run has none.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from common.contract import (
    ACK,
    COMMAND,
    LEAVES,
    Ack,
    Command,
    Control,
    Decision,
    DeviceInfo,
    Envelope,
    Leaf,
    Payload,
    decode,
)
from common.errors import MessageRejected
from common.messaging import Received

SLACK_S = 1.0
"""How much later than its lease a device may let go (I1) …"""
WRITE_S = 20.0
"""… and how long the write of its safe state may take on a link that loses (I2)."""
OPPOSED_W = 100.0
OPPOSED_S = 30.0
MESSAGES_PER_S = 50.0
RATE_WINDOW_S = 10.0
WRITES_APART_S = 0.95
MOST_KEPT = 100


@dataclass(slots=True)
class Account:
    """What is known of one commanded device."""

    info: DeviceInfo | None = None
    epoch: int = -1
    """The highest that an order came with; -1 before the first."""
    holder: str = ""
    lease_until_s: float = float("-inf")
    setpoint_w: float = 0.0
    """Of the newest command."""
    written_w: float = 0.0
    """Of the newest write that the device carried out."""
    written_s: float = float("-inf")


@dataclass(slots=True)
class Judge:
    """Watches a run. Times are seconds on the one clock that all processes share."""

    violations: list[str] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    _arrivals: deque[float] = field(default_factory=deque)
    _opposed_since_s: float | None = None
    _since_s: float = float("inf")
    """When the first message was heard: which leases there were before, nobody can tell."""

    def heard(self, received: Received) -> None:
        """One message on the bus."""
        self._since_s = min(self._since_s, received.arrived_s)
        self._rate(received)
        leaf = next((leaf for leaf in LEAVES if leaf.matches(received.topic)), None)
        if leaf is None:
            self._violated(f"contract: {received.topic} is no topic of the contract")
            return
        if not received.payload:
            return
        try:
            envelope, body = decode(leaf, received.payload)
        except MessageRejected as rejected:
            self._violated(f"I6 schema: {received.topic}: {rejected}")
            return
        self._judge(leaf, received, envelope, body)

    def did(self, device: str, entry: Mapping[str, object]) -> None:
        """One line of a device's journal: what it was told on its own wire, and what it did."""
        at_s, what = entry.get("at_s"), entry.get("what")
        if not isinstance(at_s, float | int) or what not in ("commanded", "expired", "restarted"):
            return
        account = self._account(device)
        power_w = entry.get("power_w")
        account.written_w = float(power_w) if what == "commanded" and isinstance(power_w, float | int) else 0.0
        if what == "commanded":
            self._write(device, account, float(at_s))

    def passed(self, now_s: float) -> None:
        """Time has passed: leases end, opposed set-points last."""
        for device, account in self.accounts.items():
            overdue_s = self._late_s(account, now_s) - SLACK_S - WRITE_S
            if abs(account.written_w) > 0 and overdue_s > 0:
                self._violated(f"I1 lease: {device} still holds {account.written_w:.0f} W {overdue_s:.0f} s too long")
                account.written_w = 0.0
        self._opposed(now_s)

    def _judge(
        self, leaf: Leaf[Payload | str], received: Received, envelope: Envelope | None, body: Payload | str
    ) -> None:
        if leaf in (COMMAND, ACK) and received.retained:
            self._violated(f"contract: {received.topic} is retained")
            return
        _, device, *rest = received.topic.split("/")
        match body:
            case DeviceInfo():
                self._account(device).info = body
            case Command() if envelope is not None:
                self._command(device, body, f"{envelope.src}/{envelope.boot}", received.arrived_s)
            case Control() if envelope is not None:
                self._control(self._account(device), body, envelope, received.arrived_s)
            case Ack(outcome="rejected"):
                self._violated(f"I4 fence: {device} rejected an order: {body.reason} {body.detail}")
            case Decision():
                self._decision(rest[-1], body)
            case _:
                pass

    def _account(self, device: str) -> Account:
        return self.accounts.setdefault(device, Account())

    def _command(self, device: str, command: Command, holder: str, at_s: float) -> None:
        account = self._account(device)
        if command.epoch < account.epoch:
            self._violated(f"I4 fence: {device} was ordered with epoch {command.epoch} after {account.epoch}")
            return  # the device refuses it, so it is no lease
        if command.epoch == account.epoch and holder != account.holder:
            self._violated(f"I4 fence: epoch {command.epoch} is used by {holder} and {account.holder}")
        account.epoch, account.holder = command.epoch, holder
        account.lease_until_s = at_s if command.action == "release" else at_s + command.ttl_s
        account.setpoint_w = command.power_w or 0.0
        if outside := _outside(account.info, command.power_w):
            self._violated(f"I3 bounds: {device} was ordered {outside}")

    def _control(self, account: Account, control: Control, envelope: Envelope, at_s: float) -> None:
        """The bridge's own word about the lease: an order may have passed while we were not connected."""
        if control.mode == "leased" and control.lease_until_ms is not None:
            told_s = at_s + (control.lease_until_ms - envelope.ts_ms) / 1000
            account.lease_until_s = max(account.lease_until_s, told_s)

    def _decision(self, device: str, decision: Decision) -> None:
        info = self.accounts.get(device, Account()).info
        if decision.target_w is None or decision.input_age_ms is None or info is None:
            return
        if decision.input_age_ms > info.stale_after_s * 1000:
            self._violated(f"I5 fresh: {device} was decided on with data {decision.input_age_ms} ms old")

    def _write(self, device: str, account: Account, at_s: float) -> None:
        if at_s - account.written_s < WRITES_APART_S:
            self._violated(f"I9 storm: {device} was written twice within {at_s - account.written_s:.1f} s")
        account.written_s = at_s
        late_s = self._late_s(account, at_s)
        if abs(account.written_w) > 0 and late_s > SLACK_S:
            self._violated(f"I1 lease: {device} was told {account.written_w:.0f} W {late_s:.1f} s after its lease")

    def _late_s(self, account: Account, at_s: float) -> float:
        """How long after the end of the lease that is."""
        return at_s - max(account.lease_until_s, self._since_s)

    def _opposed(self, now_s: float) -> None:
        powers = [account.setpoint_w for account in self.accounts.values() if account.lease_until_s > now_s]
        if not (powers and max(powers) > OPPOSED_W and min(powers) < -OPPOSED_W):
            self._opposed_since_s = None
        elif self._opposed_since_s is None:
            self._opposed_since_s = now_s
        elif now_s - self._opposed_since_s > OPPOSED_S:
            self._violated(f"I3 bounds: set-points {min(powers):.0f} and {max(powers):.0f} W against each other")
            self._opposed_since_s = now_s

    def _rate(self, received: Received) -> None:
        if received.retained:
            return
        self._arrivals.append(received.arrived_s)
        while self._arrivals and received.arrived_s - self._arrivals[0] > RATE_WINDOW_S:
            self._arrivals.popleft()
        if len(self._arrivals) > MESSAGES_PER_S * RATE_WINDOW_S:
            self._violated(f"I9 storm: more than {MESSAGES_PER_S:.0f} messages a second for {RATE_WINDOW_S:.0f} s")
            self._arrivals.clear()

    def _violated(self, text: str) -> None:
        if len(self.violations) < MOST_KEPT:
            self.violations.append(text)


def _outside(info: DeviceInfo | None, power_w: float | None) -> str | None:
    """An order that the device's own limits forbid, in words; a watt is forgiven for rounding."""
    if power_w is None or info is None or info.min_w is None or info.max_w is None:
        return None
    if info.min_w - 1 <= power_w <= info.max_w + 1:
        return None
    return f"{power_w:.0f} W, limits {info.min_w}…{info.max_w}"

"""What the balancer keeps over a restart: what devices have shown of themselves, and what people have asked for."""

import logging
from math import inf

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from services.balancer.core.cap import Cap
from services.balancer.core.response import Response
from services.balancer.crew import Learnt
from services.balancer.mind import Mind

KEY = "mind"
log = logging.getLogger(__name__)


class KeptCap(BaseModel):
    """A learnt limit, on disk."""

    most_w: float | None = None
    tied_to_pct: float | None = None


class KeptDevice(BaseModel):
    """What one device has shown, on disk."""

    dead_time_s: float
    ramp_w_per_s: float
    spread: float
    gain: float
    charge_cap: KeptCap
    discharge_cap: KeptCap


class Kept(BaseModel):
    """All of it, on disk. What an older version wrote and this one does not know is ignored."""

    model_config = ConfigDict(allow_inf_nan=False)

    devices: dict[str, KeptDevice] = {}
    asked: dict[str, str] = {}
    manual_until_ms: int | None = None


def keep(mind: Mind) -> JsonValue:
    """What is to be kept, as JSON values."""
    kept = Kept(
        devices={name: _kept(learnt) for name, learnt in mind.learnt.items()},
        asked=mind.book.asked,
        manual_until_ms=mind.book.manual_until_ms,
    )
    dumped: JsonValue = kept.model_dump(mode="json")
    return dumped


def recall(mind: Mind, value: JsonValue) -> None:
    """Put what was kept back into a fresh mind. What cannot be read is begun anew, and said."""
    if value is None:
        return
    try:
        kept = Kept.model_validate(value)
    except ValidationError as error:
        log.warning("what was remembered cannot be read (%d problems); beginning anew", error.error_count())
        return
    mind.learnt = {name: _learnt(device) for name, device in kept.devices.items()}
    mind.book.recall(kept.asked, kept.manual_until_ms)


def _kept(learnt: Learnt) -> KeptDevice:
    return KeptDevice(
        dead_time_s=learnt.response.dead_time_s,
        ramp_w_per_s=learnt.response.ramp_w_per_s,
        spread=learnt.spread,
        gain=learnt.gain,
        charge_cap=_kept_cap(learnt.charge_cap),
        discharge_cap=_kept_cap(learnt.discharge_cap),
    )


def _kept_cap(cap: Cap) -> KeptCap:
    return KeptCap(most_w=None if cap.most_w == inf else cap.most_w, tied_to_pct=cap.tied_to_pct)


def _learnt(kept: KeptDevice) -> Learnt:
    return Learnt(
        Response(kept.dead_time_s, kept.ramp_w_per_s),
        kept.spread,
        kept.gain,
        _cap(kept.charge_cap),
        _cap(kept.discharge_cap),
    )


def _cap(kept: KeptCap) -> Cap:
    return Cap() if kept.most_w is None else Cap(most_w=kept.most_w, tied_to_pct=kept.tied_to_pct)

"""The scene as the page shows it: cards by name, each a small JSON value, so that only what changed travels. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from common.contract import (
    BatteryState,
    Decision,
    EvState,
    LoadState,
    PlanState,
    RequestState,
    SwitchState,
    TariffState,
)
from common.scene import SILENT_MS, DeviceCard, Measured, Scene, ServiceCard

Card = Mapping[str, Any]  # JSON, whose shape only the page knows
SLOTS: Final = 6
"""So many of a device's plan are shown."""
SHOWN: Final = ("battery", "ev", "load", "switch", "pv", "meter", "request")


def cards(scene: Scene, now_ms: int, base: str) -> dict[str, bytes]:
    """Everything there is to show, encoded: equal bytes, equal card. `base`: how every topic begins."""
    told: dict[str, Any] = {
        "site": {"base": base},
        "now": _now(scene, now_ms),
        "measured": _measured(scene),
        "settings": scene.settings,
        **_lists(scene),
    }
    told |= {f"device/{card.id}": _device(card, scene.decisions.get(card.id), now_ms) for card in scene.of_kind(*SHOWN)}
    told |= {f"group/{name}": group.model_dump() for name, group in scene.groups.items()}
    in_force = {name: plan for name, plan in scene.plans.items() if now_ms < plan.valid_until_ms}
    told |= {f"plan/{name}": _plan(plan, now_ms) for name, plan in in_force.items()}
    told |= {f"service/{card.name}": _service(card, now_ms) for card in scene.services.values() if card.status != "?"}
    told |= {topic: alert.model_dump() for topic, alert in scene.alerts.items()}
    return {name: orjson.dumps(card) for name, card in told.items()}


def changes(known: Mapping[str, bytes], fresh: Mapping[str, bytes]) -> bytes:
    """A JSON object of the cards that are new or different; null for those that are gone."""
    parts = [_pair(name, card) for name, card in fresh.items() if known.get(name) != card]
    parts += [_pair(name, b"null") for name in known if name not in fresh]
    return b"{" + b",".join(parts) + b"}"


def _pair(name: str, card: bytes) -> bytes:
    return orjson.dumps(name) + b":" + card


def _now(scene: Scene, now_ms: int) -> Card:
    said = scene.balancer
    sun_w, house_w = scene.sun_w(now_ms), scene.house_w(now_ms)
    known = said.model_dump(include={"mode", "dry_run", "sentence", "missing"}) if said else {}
    return {
        "grid_w": _whole(scene.grid_w(now_ms)),
        "batteries_w": _whole(scene.batteries_w(now_ms)) if scene.of_kind("battery") else None,
        "sun_w": _whole(sun_w),
        "house_w": _whole(house_w if house_w is None or sun_w is None else house_w + sun_w),
        "silent_since_ms": scene.balancer_ms if scene.is_balancer_silent(now_ms) else None,
        **known,
    }


def _measured(scene: Scene) -> Card:
    """When each device was measured: apart, because it changes when nothing else does."""
    return {card.id: card.measured_ms for card in scene.devices.values() if card.measured_ms is not None}


def _lists(scene: Scene) -> dict[str, Any]:
    news = [
        {"at_ms": item.at_ms, "device": item.device, **item.decision.model_dump(include={"target_w", "reason"})}
        for item in scene.news
    ]
    tariff = {"tariff": _tariff(scene.tariff)} if scene.tariff else {}
    score = {"score": {"sentence": scene.score.sentence}} if scene.score else {}
    return {"news": news, **tariff, **score}


def _tariff(tariff: TariffState) -> Card:
    shown = {"price_eur_per_kwh", "label", "until_ms", "tomorrow_label"}
    return tariff.model_dump(include=shown)


def _plan(plan: PlanState, now_ms: int) -> Card:
    """What is to come: the running slot and those after it, of a device only, where neighbours differ."""
    ahead = [slot for slot in plan.slots if slot.intent is not None and slot.end_ms > now_ms][:SLOTS]
    slots = [slot.model_dump(include={"start_ms", "end_ms", "intent", "power_w"}) for slot in ahead]
    return {"sentence": plan.sentence, "slots": slots}


def _device(card: DeviceCard, decision: Decision | None, now_ms: int) -> Card:
    info, control = card.info, card.control
    told = decision.model_dump(exclude={"power_w", "soc_pct", "input_age_ms"}) if decision else None
    return {
        "kind": card.kind,
        "power_w": _whole(card.power_w),
        **dict(_facts(card.state)),
        "online": card.online,
        "stale": card.is_stale(now_ms),
        "writer": card.writer,
        "makes": f"{info.vendor} {info.model}" if info else None,
        "topics": info.topics if info else (),
        "max_w": info.max_w if info else None,
        "member_of": info.member_of if info else None,
        "control": control.model_dump(include={"mode", "setpoint_w", "lease_until_ms"}) if control else None,
        "decision": told,
    }


def _facts(state: Measured | None) -> Iterator[tuple[str, object]]:
    """What a state tells beside power."""
    match state:
        case BatteryState() | EvState():
            yield "soc_pct", state.soc_pct
            yield ("mode", state.mode) if isinstance(state, BatteryState) else ("connected", state.connected)
        case SwitchState():
            yield "on", state.on
            yield "locked", state.locked
        case LoadState():
            yield "level_pct", state.level_pct
        case RequestState():
            yield from state.model_dump(include={"on", "target_c", "current_c", "value"}).items()
        case _:
            pass


def _service(card: ServiceCard, now_ms: int) -> Card:
    is_late = card.heard_ms is None or now_ms - card.heard_ms > SILENT_MS
    error = card.health.last_error if card.health else None
    return {"status": card.status, "late": is_late, "error": error}


def _whole(power_w: float | None) -> int | None:
    return None if power_w is None else round(power_w)

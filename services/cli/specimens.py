"""Examples of every leaf that carries JSON: messages as they are sent, and mistakes that nobody accepts. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from common.contract import (
    Ack,
    Alert,
    BalancerLease,
    BalancerState,
    BatteryState,
    Command,
    Control,
    Decision,
    DeviceInfo,
    Envelope,
    EvState,
    Forecast,
    ForecastSlot,
    GroupState,
    LoadState,
    MeterState,
    Payload,
    PlanScore,
    PlanSlot,
    PlanState,
    PvState,
    RequestState,
    ServiceHealth,
    SwitchState,
    TariffEvent,
    TariffSlot,
    TariffState,
    Terms,
    encode,
)
from services.cli.leaf_schema import json_leaves, schema

Message = dict[str, Any]
NOON_MS = 1_795_000_500_000
QUARTER_MS = 900_000
EPOCH = 1_795_000_000_000
ENVELOPE = Envelope(v=1, ts_ms=NOON_MS, seq=3, boot="9f3a1c", src="ems-example")
SLOT: dict[str, Any] = {"start_ms": NOON_MS, "end_ms": NOON_MS + QUARTER_MS}
ORDER: dict[str, Any] = {"epoch": EPOCH, "issued_at_ms": NOON_MS, "ttl_s": 30.0}

BODIES: tuple[Payload, ...] = (
    MeterState(power_w=-812.5, power_l1_w=-812.5, energy_import_wh=8_123_456, energy_export_wh=431_900, tariff=1),
    MeterState(water_m3=412.307),
    BatteryState(power_w=640.0, soc_pct=57.0, mode="setpoint", energy_import_wh=912_400, energy_export_wh=801_300),
    SwitchState(on=True, power_w=1180.0, energy_import_wh=77_120),
    LoadState(level_pct=40.0, power_w=760.0),
    PvState(production_w=2310.0, energy_production_wh=5_204_880),
    EvState(connected=True, power_w=None, soc_pct=64.0),
    RequestState(on=True, target_c=20.5, current_c=19.2),
    DeviceInfo(
        vendor="Example",
        model="B-2500",
        phase=1,
        poll_s=5.0,
        stale_after_s=15.0,
        safe_state="self_consumption",
        capabilities=("power", "mode"),
        min_w=-800.0,
        max_w=2500.0,
        step_w=1.0,
        dead_time_s=2.0,
        modes=("self_consumption", "standby"),
        capacity_wh=5120,
    ),
    Command(cmd_id=f"{EPOCH}-1", action="set_power", power_w=-350.0, reason="hold-grid-at-zero", **ORDER),
    Command(cmd_id=f"{EPOCH}-2", action="set_mode", mode="standby", **ORDER),
    Command(cmd_id=f"{EPOCH}-3", action="switch", on=True, **ORDER),
    Command(cmd_id=f"{EPOCH}-4", action="set_reserve", min_soc_pct=20.0, charge_target_pct=90.0, **ORDER),
    Command(cmd_id=f"{EPOCH}-5", action="release", **ORDER),
    Ack(cmd_id=f"{EPOCH}-1", epoch=EPOCH, outcome="applied", requested_w=-350.0, applied_w=-350.0, latency_ms=180),
    Ack(cmd_id=f"{EPOCH}-1", epoch=EPOCH, outcome="rejected", reason="expired", detail="the lease ended 4 s ago"),
    Control(mode="leased", setpoint_w=-350.0, lease_until_ms=NOON_MS + 30_000, epoch=EPOCH, holder="ems-balancer"),
    ServiceHealth(version="0.1.0", uptime_s=3600.5, reconnects=1, queue=0, rejected=0),
    TariffState(
        contract="hphc",
        revision=4,
        price_eur_per_kwh=0.2142,
        band="peak",
        severity=0,
        certainty="final",
        until_ms=NOON_MS + QUARTER_MS,
        tomorrow_starts_ms=NOON_MS + 48 * QUARTER_MS,
        tomorrow_certainty="unknown",
        valid_until_ms=NOON_MS + QUARTER_MS,
        slots=(TariffSlot(**SLOT, price_eur_per_kwh=0.2142, band="peak", severity=0, certainty="final"),),
    ),
    TariffEvent(day="2026-11-19", starts_ms=NOON_MS, severity=2, certainty="final", sentence="Tomorrow is red."),
    Forecast(issued_ms=NOON_MS, slots=(ForecastSlot(**SLOT, p10_w=900.0, p50_w=1400.0, p90_w=2100.0),)),
    PlanState(
        issued_ms=NOON_MS,
        valid_until_ms=NOON_MS + QUARTER_MS,
        sentence="Charges from the sun.",
        slots=(PlanSlot(**SLOT, intent="charge", power_w=640.0),),
    ),
    PlanScore(
        day="2026-11-17",
        cost_eur=1.84,
        none_eur=3.1,
        rule_eur=2.05,
        oracle_eur=1.7,
        share_pct=90.0,
        covered_pct=99.5,
        sentence="Saved € 1.26 of the € 1.40 that could be saved.",
    ),
    BalancerState(mode="auto", grid_w=-812.5, rest_w=-1452.5, room_w=1452.5, sentence="The battery takes 1450 W."),
    BalancerLease(epoch=EPOCH, instance="b7c1"),
    Decision(target_w=1450.0, rule="hold-grid-at-zero", reason="Surplus goes into the battery.", input_age_ms=420),
    GroupState(
        limit=1,
        members="hall,study",
        requested="11",
        boosted="00",
        live="10",
        active=1,
        index=1,
        sentence="Hall heats.",
    ),
    Terms(kind="battery", min_w=-800.0, max_w=2500.0, capacity_wh=5120, round_trip_pct=88.0),
    Alert(severity="warning", since_ms=NOON_MS, text="The meter is silent.", advice="Look at its plug.", device="p1"),
)


def examples(name: str) -> dict[str, list[Message]]:
    """What a leaf's schemas accept, what only the readers' accepts, and what none does, each with why."""
    leaf = json_leaves()[name]
    valid = [orjson.loads(encode(ENVELOPE, body)) for body in BODIES if isinstance(body, leaf.payload)]
    known = {key: value for key, value in valid[0].items() if value is not None}
    wrong = _mistakes(known, schema(leaf))
    return {
        "valid": valid,
        "valid_for_readers": [{**known, "of_a_later_version": True}],
        "invalid": [{"why": why, "message": message} for why, message in wrong],
    }


def _mistakes(message: Message, told: Mapping[str, Any]) -> Iterator[tuple[str, Message]]:
    body = {name: part for name, part in told["properties"].items() if name not in Envelope.model_fields}
    yield "another major version", {**message, "v": 2}
    yield "no time stamp", {key: value for key, value in message.items() if key != "ts_ms"}
    for name in [name for name in told["required"] if name in body][:1]:
        yield f"no {name}", {key: value for key, value in message.items() if key != name}
    for name, least in list(_bounded(body))[:1]:
        yield f"{name} is text", {**message, name: "12"}
        yield f"{name} is out of range", {**message, name: least - 1}


def _bounded(body: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers that may not be less than something, and that."""
    for name, part in body.items():
        for option in part.get("anyOf", [part]):
            least = option.get("minimum", option.get("exclusiveMinimum"))
            if least is not None:
                yield name, least

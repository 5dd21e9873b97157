"""A house with something of everything, as the page hears of it, and a balancer that grants what it does not refuse."""

from common.asking import refusal
from common.contract import (
    ALERT,
    AVAILABILITY,
    BALANCER_STATE,
    BATTERY_STATE,
    CONTROL,
    DECISION,
    EV_STATE,
    GROUP,
    INFO,
    LOAD_STATE,
    METER_STATE,
    PLAN,
    PV_STATE,
    REQUEST_STATE,
    SERVICE_HEALTH,
    SERVICE_STATUS,
    SETTING,
    SETTING_REQUEST,
    SWITCH_STATE,
    TARIFF,
    Alert,
    BalancerState,
    BatteryState,
    Control,
    Decision,
    DeviceInfo,
    EvState,
    GroupState,
    LoadState,
    MeterState,
    Payload,
    PlanSlot,
    PlanState,
    PvState,
    RequestState,
    ServiceHealth,
    SwitchState,
    TariffSlot,
    TariffState,
    Topic,
)
from common.memory_bus import MemoryBus

ORDER = "water_heater,garage_battery,cellar_battery,pool_pump,radiators"
SENTENCE = "Exporting 40 W. water_heater takes 1,840 W of surplus, garage_battery charges with 620 W."
REFUSED = "'9' is no saving mode"
SETTINGS = {
    "mode": "auto", "dry_run": "off", "away": "off", "saving_mode": "0", "target_grid_w": "0", "order": ORDER,
    "manual_power_w": "0", "manual_minutes": "60", "reserve_soc_pct/garage_battery": "15",
    "reserve_soc_pct/cellar_battery": "15", "force_minutes/water_heater": "0", "force_power_w/water_heater": "0",
    "force_minutes/pool_pump": "-30", "force_power_w/pool_pump": "0", "hot_water_mode/water_heater": "solar",
    "boost_minutes/office": "0", "heat/office": "auto",
}  # fmt: skip
Told = tuple[Topic[Payload | str], Payload | str]


class Home:
    """Everything is told over one bus."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self.asked: list[tuple[str, str]] = []
        self.refuses = {"saving_mode": "9"}

    async def tell(self) -> None:
        """All of it once."""
        now_ms = self._bus.clock.wall_ms()
        for topic, body in (*self._house(now_ms), *self._devices(now_ms), *self._around(now_ms)):
            await self._bus.publish(topic, body)
        for name, value in SETTINGS.items():
            await self._set(name, value)

    async def grant(self) -> None:
        """For ever."""
        async for received in await self._bus.listen(SETTING_REQUEST):
            name, value = received.topic.removeprefix("balancer/main/set/"), received.payload.decode()
            self.asked.append((name, value))
            if self.refuses.get(name) == value:
                alert = Alert(severity="warning", since_ms=1, text=refusal(name, REFUSED))
                await self._bus.publish(ALERT.at("ems-balancer", "setting"), alert)
            else:
                await self._set(name, value or SETTINGS[name])

    async def _set(self, name: str, value: str) -> None:
        await self._bus.publish(SETTING.at("main", *name.split("/")), value)

    def _house(self, now_ms: int) -> list[Told]:
        state = BalancerState(mode="auto", grid_w=-40.0, grid_meter="p1", sentence=SENTENCE)
        slot = TariffSlot(
            start_ms=now_ms, end_ms=now_ms + 3_600_000, price_eur_per_kwh=0.2461, band="peak", certainty="final"
        )
        tariff = TariffState(
            contract="tempo",
            revision=1,
            price_eur_per_kwh=0.1612,
            band="peak",
            label="BLEU",
            certainty="final",
            until_ms=now_ms + 3_600_000,
            tomorrow_starts_ms=now_ms + 7_200_000,
            tomorrow_certainty="final",
            tomorrow_label="BLANC",
            valid_until_ms=now_ms + 3_600_000,
            slots=(slot,),
        )
        meter = DeviceInfo(vendor="HomeWizard", model="HWE-P1", poll_s=1, stale_after_s=600)
        return [
            (INFO.at("meter", "p1"), meter),
            (BALANCER_STATE.at("main"), state),
            (METER_STATE.at("p1"), MeterState(power_w=-40.0)),
            (TARIFF.at("main"), tariff),
        ]

    def _devices(self, now_ms: int) -> list[Told]:
        told: list[Told] = []
        for name, power_w, soc_pct in (("garage_battery", 620.0, 62.0), ("cellar_battery", 0.0, 98.0)):
            info = DeviceInfo(
                vendor="Marstek", model="VenusE 3.0", poll_s=5, stale_after_s=600, max_w=2500.0, capabilities=("power",)
            )
            control = Control(mode="leased", setpoint_w=power_w, lease_until_ms=now_ms + 80_000, epoch=1)
            reason = f"charges with {power_w:.0f} W to keep the grid at zero"
            told += [
                (INFO.at("battery", name), info),
                (AVAILABILITY.at("battery", name), "online"),
                (BATTERY_STATE.at(name), BatteryState(power_w=power_w, soc_pct=soc_pct, mode="setpoint")),
                (CONTROL.at("battery", name), control),
                (DECISION.at("main", name), Decision(target_w=power_w, rule="hold_the_grid", reason=reason)),
            ]
        dimmer = DeviceInfo(
            vendor="regul",
            model="vload dimmer",
            poll_s=10,
            stale_after_s=600,
            max_w=2300.0,
            topics=("regul/vload/ECS", "regul/vload/ECS/cmd"),
        )
        surplus = Decision(target_w=1840.0, rule="surplus", reason="takes 1,840 W of surplus", taken_wh=2310)
        kept_off = Decision(target_w=0.0, rule="forced_off", reason="is kept off because you asked for it")
        turn = Decision(rule="turn", reason="heats: it is its turn", share_24h_pct=48.0)
        return [
            *told,
            (INFO.at("load", "water_heater"), dimmer),
            (LOAD_STATE.at("water_heater"), LoadState(level_pct=74.0, power_w=1838.0)),
            (DECISION.at("main", "water_heater"), surplus),
            (SWITCH_STATE.at("pool_pump"), SwitchState(on=False, power_w=0.0)),
            (DECISION.at("main", "pool_pump"), kept_off),
            (SWITCH_STATE.at("office"), SwitchState(on=True, power_w=1490.0)),
            (DECISION.at("main", "office"), turn),
            (PV_STATE.at("roof"), PvState(production_w=4120.0)),
            (EV_STATE.at("car"), EvState(connected=True, power_w=0.0, soc_pct=71.0)),
            (REQUEST_STATE.at("hall"), RequestState(on=True, target_c=21.0, current_c=19.4)),
        ]

    def _around(self, now_ms: int) -> list[Told]:
        sentence = "One of two heats: the connection leaves room for one."
        group = GroupState(
            members="office,bath", requested="11", boosted="00", live="10", active=1, index=1, sentence=sentence
        )
        hour_ms = 3_600_000
        told = PlanSlot(start_ms=now_ms, end_ms=now_ms + 2 * hour_ms, intent="charge", power_w=620.0)
        after = PlanSlot(start_ms=told.end_ms, end_ms=now_ms + 9 * hour_ms, intent="hold", power_w=0.0)
        plan = PlanState(
            issued_ms=now_ms, valid_until_ms=now_ms + hour_ms, sentence="Is charged from the sun.", slots=(told, after)
        )
        house = plan.model_copy(
            update={"sentence": "Batteries are filled by 18:00, and held until 22:00.", "slots": ()}
        )
        health = ServiceHealth(version="0.1.0", uptime_s=7200, reconnects=0, queue=0, rejected=0)
        alert = Alert(
            severity="warning",
            since_ms=now_ms,
            text="cellar_battery does less than it was told.",
            advice="Look at its app.",
        )
        services = ("ems-p1", "ems-udp_battery", "ems-pzem", "ems-balancer")
        return [
            (GROUP.at("main", "radiators"), group),
            (PLAN.at("main"), house),
            (PLAN.at("garage_battery"), plan),
            (ALERT.at("ems-balancer", "disobeys-cellar_battery"), alert),
            *((SERVICE_STATUS.at(name), "online") for name in services),
            *((SERVICE_HEALTH.at(name), health) for name in services),
        ]

"""`ballast check`: the file, then the broker with each account, then every device; one line each, with advice."""

import argparse
import asyncio
from pathlib import Path

from common.bus import MqttBus, account_name
from common.clock import Clock
from common.config import Loaded
from common.finding import Finding
from services.balancer.config import Config as BalancerConfig
from services.cli.configured import config_argument, configured, say
from services.forecaster.check import check as check_forecaster
from services.forecaster.config import Config as ForecasterConfig
from services.homewizard.check import check as check_homewizard
from services.homewizard.config import Config as HomeWizardConfig
from services.p1.check import check as check_p1
from services.p1.config import Config as P1Config
from services.planner.config import Config as PlannerConfig
from services.pzem.check import check as check_pzem
from services.pzem.config import Config as PzemConfig
from services.relay.check import check as check_relays
from services.relay.config import Config as RelayConfig
from services.tempo.check import check as check_tempo
from services.tempo.config import Config as TempoConfig
from services.udp_battery.check import check as check_batteries
from services.udp_battery.config import Config as BatteriesConfig
from services.victron.check import check as check_victron
from services.victron.config import Config as VictronConfig

BROKER_S = 8.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `ballast check`."""
    parser.add_argument("file", nargs="?", type=Path, help="the file to check (default: ballast.yaml)")
    parser.add_argument("--blink", action="store_true", help="have each HomeWizard device show which one it is")
    parser.add_argument("--offline", action="store_true", help="check the file only; talk to nobody")
    config_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Check. Returns 1 if anything is not well, 78 if the file has a mistake."""
    options.config = options.file or options.config
    loaded, environment = configured(options)
    say(f"✓ {loaded.path}: no mistake; sections {', '.join(sorted(loaded.sections)) or 'none'}")
    findings = [*_order(loaded), *_sunless(loaded)]
    if not options.offline:
        findings += asyncio.run(_try(loaded, environment.clock(), blink=options.blink))
    for finding in findings:
        say(f"{'✓' if finding.is_well else '✗'} {finding.device}: {finding.text}")
    return 0 if all(finding.is_well for finding in findings) else 1


def _order(loaded: Loaded) -> list[Finding]:
    """Names in a section that no other section of this file is about: a third party's device, or a slip."""
    balancer, forecaster = loaded.sections.get("balancer"), loaded.sections.get("forecaster")
    planner = loaded.sections.get("planner")
    wanted: dict[str, str] = {planner.grid_meter: "planner"} if isinstance(planner, PlannerConfig) else {}
    if isinstance(forecaster, ForecasterConfig):
        wanted |= dict.fromkeys(sorted(forecaster.measured()), "forecaster")
    if isinstance(balancer, BalancerConfig):
        turns = (name for group in balancer.rotations().values() for name in sorted(group.heard()))
        wanted |= dict.fromkeys((balancer.grid_meter, *balancer.commanded(), *turns), "balancer")
    known = {owned.id for section in loaded.sections.values() for owned in section.owned()}
    text = "and no section of this file is about it; fine for another maker's bridge"
    strange = [name for name in wanted if name not in known]
    return [Finding(name, False, f"stands in section {wanted[name]}, {text}") for name in strange]


def _sunless(loaded: Loaded) -> list[Finding]:
    """A planner that waits for a forecast which nobody makes."""
    planner, forecaster = loaded.sections.get("planner"), loaded.sections.get("forecaster")
    if not isinstance(planner, PlannerConfig) or not isinstance(forecaster, ForecasterConfig):
        return []
    if forecaster.sites or not planner.has_sun:
        return []
    text = (
        "waits for a forecast of the sun, and section forecaster has no `sites`; a house without roofs: has_sun: false"
    )
    return [Finding("planner", False, text)]


async def _try(loaded: Loaded, clock: Clock, *, blink: bool) -> list[Finding]:
    broker = await asyncio.gather(*(_account(loaded, name, clock) for name in loaded.sections))
    found = list(broker)
    p1, batteries = loaded.sections.get("p1"), loaded.sections.get("udp_battery")
    if isinstance(p1, P1Config):
        found += await check_p1(p1, loaded.data_dir, loaded.site.zone, clock)
    homewizard = loaded.sections.get("homewizard")
    if isinstance(homewizard, HomeWizardConfig):
        found += await check_homewizard(homewizard, loaded.data_dir, clock, blink=blink)
    relays = loaded.sections.get("relay")
    if isinstance(relays, RelayConfig):
        found += await check_relays(relays, loaded.mqtt, account_name(loaded.mqtt.base, "relay"), clock)
    if isinstance(batteries, BatteriesConfig):
        found += await check_batteries(batteries, clock)
    victron = loaded.sections.get("victron")
    if isinstance(victron, VictronConfig):
        found += await check_victron(victron, loaded.data_dir, clock)
    pzem = loaded.sections.get("pzem")
    if isinstance(pzem, PzemConfig):
        found += await check_pzem(pzem, loaded.mqtt, account_name(loaded.mqtt.base, "pzem"), clock)
    tempo = loaded.sections.get("tempo")
    if isinstance(tempo, TempoConfig):
        account = account_name(loaded.mqtt.base, "tempo")
        found += await check_tempo(tempo, loaded.site.zone, loaded.mqtt, account, clock)
    forecaster = loaded.sections.get("forecaster")
    if isinstance(forecaster, ForecasterConfig):
        found += await check_forecaster(forecaster, clock)
    return found


async def _account(loaded: Loaded, service: str, clock: Clock) -> Finding:
    """Whether the broker lets this account in. A guest connection disturbs nobody who uses it."""
    account, mqtt = account_name(loaded.mqtt.base, service), loaded.mqtt
    where = f"{mqtt.host}:{mqtt.port}"
    try:
        async with MqttBus(mqtt, account, "check", clock, guest=True, lasting=False) as bus, clock.timeout(BROKER_S):
            if await _let_in(bus):
                return Finding(f"broker as {account}", True, f"{where} lets it in")
            return Finding(f"broker as {account}", False, f"{where} refuses it: {bus.why}. {_advice(loaded)}")
    except TimeoutError:
        return Finding(f"broker as {account}", False, f"{where} does not answer. {_advice(loaded)}")
    except OSError as error:
        return Finding(f"broker as {account}", False, f"its password cannot be read ({error}). Run `ballast setup`.")


async def _let_in(bus: MqttBus) -> bool:
    """Wait until the broker has decided."""
    waits = [asyncio.create_task(event.wait()) for event in (bus.ready, bus.lost)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bus.ready.is_set()


def _advice(loaded: Loaded) -> str:
    return f"Look at `mqtt` in {loaded.path}, at the broker's log, and run `ballast setup` after adding a service."

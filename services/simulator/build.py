"""From settings to the physics of the house: its load, its roof, its batteries, what hangs behind its sockets. Pure."""

from datetime import UTC, datetime, timedelta

from services.simulator.config import Config, SimulatedBattery, SimulatedSocket
from services.simulator.physics import (
    Appliances,
    Battery,
    BatteryModel,
    Boiler,
    BoilerModel,
    Charger,
    ChargerModel,
    Consumer,
    DimmedLoad,
    House,
    Noise,
    PlainAppliance,
    Steps,
    Sun,
    SwitchedLoad,
)
from services.simulator.physics.load import BUSY, HOUSEHOLD, Profile

LAYERS = 8
"""Of the water in a boiler that stands."""


def dated(config: Config, now: datetime) -> Config:
    """The same house, begun now where its sun goes by the clock on the wall: four minutes per degree from Greenwich."""
    if config.longitude is None:
        return config
    solar = now.astimezone(UTC).replace(tzinfo=None) + timedelta(minutes=4 * config.longitude)
    return config.model_copy(update={"starts_at": solar})


def build(config: Config) -> House:
    """The house: its load, its roof, its batteries."""
    appliances = BUSY if config.household == "busy" else HOUSEHOLD
    load = Noise(Appliances(config.base_w, appliances, config.seed), config.noise_w, config.seed)
    sun = _roof(config)
    batteries = {
        name: _battery(settings, config.seed + number)
        for number, (name, settings) in enumerate(config.batteries.items())
    }
    switched = {
        name: _switched(settings, config, number) for number, (name, settings) in enumerate(config.sockets.items())
    }
    for name, dimmer in config.pzem.dimmers.items():
        switched[name] = DimmedLoad(_boiler(dimmer.power_w, config, config.seed))
    for name, plain in config.pzem.loads.items():
        is_boiler = plain.load == "boiler"
        switched[name] = SwitchedLoad(
            _boiler(plain.power_w, config, config.seed) if is_boiler else PlainAppliance(plain.power_w)
        )
    for name, relay in config.relays.items():
        switched[name] = SwitchedLoad(PlainAppliance(relay.power_w), is_on=relay.is_on)
    return House(load, sun, batteries, switched)


def _roof(config: Config) -> Profile:
    """Sun and clouds, or always the same."""
    if config.production_w is not None:
        return Steps(config.production_w)
    return Sun(peak_w=config.pv_peak_w, starts_at=config.starts_at, clouds=config.clouds, seed=config.seed)


def _boiler(power_w: float, config: Config, seed: int) -> Boiler:
    return Boiler(BoilerModel(rated_w=power_w, layers=LAYERS), config.starts_at, seed=seed)


def _battery(settings: SimulatedBattery, seed: int) -> Battery:
    battery = Battery(BatteryModel(capacity_wh=settings.capacity_wh), settings.soc_pct, seed)
    battery.discharge_cap_w = settings.unlocked_w
    return battery


def _switched(settings: SimulatedSocket, config: Config, number: int) -> SwitchedLoad:
    seed = config.seed + number
    consumer: Consumer
    if settings.load == "boiler":
        consumer = _boiler(settings.power_w, config, seed)
    elif settings.load == "ebike":
        consumer = Charger(ChargerModel(rated_w=settings.power_w), config.starts_at, seed=seed)
    else:
        consumer = PlainAppliance(settings.power_w)
    return SwitchedLoad(consumer, is_on=settings.is_on)

"""The battery's own program: what it answers, what it then does with its cells, when its timers end that.

No sockets here. Powers on the wire are the vendor's (+ leaves the battery), in the physics and journal ours.
"""

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from common.clock import Clock
from services.simulator.marstek.faults import Faults
from services.simulator.marstek.journal import Commanded, Expired, Journal, Restarted
from services.simulator.marstek.models import Model
from services.simulator.marstek.slots import Slot, SlotRefused, power_at
from services.simulator.physics import Battery

Json = Mapping[str, object]

MODES: Final = ("Auto", "AI", "Manual", "Passive", "UPS")
MOST_W: Final = 2500
TEMPERATURE_C: Final = 23.5
METHOD_NOT_FOUND: Final = {"code": -32601, "message": "Method not found", "data": 424}
INVALID_PARAMS: Final = {"code": -32602, "message": "Invalid params"}


class Rejected(Exception):
    """Raised to answer with an error object."""

    def __init__(self, error: Json) -> None:
        super().__init__(str(error))
        self.error = error


class Program:
    """The firmware of one battery. `catch_up` lets the physics move on to now and returns their time."""

    def __init__(
        self,
        battery: Battery,
        clock: Clock,
        *,
        model: Model,
        faults: Faults,
        journal: Journal,
        catch_up: Callable[[], float],
        chance: random.Random,
    ) -> None:
        self.battery = battery
        self.model = model
        self.mode = "Auto"
        self.mac = ""
        self.ip = ""
        self._clock = clock
        self._faults = faults
        self._journal = journal
        self._catch_up = catch_up
        self._chance = chance
        self._slots: dict[int, Slot] = {}
        self._timer: Callable[[], None] = lambda: None
        self._methods: Mapping[str, Callable[[Json], Json | None]] = {
            "Marstek.GetDevice": self._get_device,
            "ES.GetMode": self._get_mode,
            "ES.GetStatus": self._get_status,
            "EM.GetStatus": self._get_meter,
            "Bat.GetStatus": self._get_cells,
            "ES.SetMode": self._set_mode,
        }
        battery.follows_meter = True

    def answer(self, method: str, params: Json) -> Json | None:
        """The result, or None for silence. Raises Rejected for an error object."""
        if method in self._faults.lacks:
            raise Rejected(METHOD_NOT_FOUND)
        known = self._methods.get(method)
        self._catch_up()
        return known(params) if known else None

    def choose(self, mode: str) -> None:
        """Take a mode, as from the app."""
        self._timer()
        self.mode = mode
        self._catch_up()
        self.battery.follows_meter = mode in ("Auto", "AI")
        self._journal.note(Commanded(at_s=self._clock.monotonic(), mode=mode))
        if mode == "Manual":
            self._keep_to_slots()
        elif not self.battery.follows_meter:
            self._aim(0.0)

    def restart(self, mode: str) -> None:
        """Start anew: the order is forgotten, the slots are not."""
        self._timer()
        self._catch_up()
        self.battery.stop()
        self._journal.note(Restarted(at_s=self._clock.monotonic()))
        self.choose(mode)

    def stop(self) -> None:
        """End the timers."""
        self._timer()

    def _aim(self, power_w: float) -> None:
        self.battery.follows_meter = False
        self.battery.order(power_w, self._catch_up())

    def _get_device(self, params: Json) -> Json | None:
        if params.get("ble_mac", "0") not in ("0", self.mac):
            return None
        names = {"ble_mac": self.mac, "wifi_mac": "02005e10aa01", "wifi_name": "attic"} if self.model.has_macs else {}
        return {"device": self.model.device, "ver": self.model.version, **names, "ip": self.ip}

    def _said_mode(self) -> str | int:
        return MODES.index(self.mode) if self.model.uses_integers else self.mode

    def _soc(self) -> int:
        return 0 if self._faults.has_mute_cells else round(self.battery.soc_pct)

    def _get_mode(self, params: Json) -> Json:
        return {
            "id": 0,
            "mode": self._said_mode(),
            "ongrid_power": -round(self.battery.power_w),
            "offgrid_power": 0,
            "bat_soc": self._soc(),
        }

    def _get_status(self, params: Json) -> Json:
        cells = self.battery.energy_wh if self.model.tells_energy_left else self.battery.model.capacity_wh
        said = {
            "id": 0,
            "bat_soc": self._soc(),
            "bat_cap": 0 if self._faults.has_mute_cells else round(cells),
            "pv_power": 0,
            "ongrid_power": -round(self.battery.power_w),
            "offgrid_power": 0,
            "total_grid_output_energy": round(self.battery.discharged_wh),
            "total_grid_input_energy": round(self.battery.charged_wh),
            "total_load_energy": 0,
        }
        power = {"bat_power": round(self.battery.power_w / self.model.bat_power_unit)}
        return {**said, **(power if self.model.tells_bat_power else {})}

    def _get_meter(self, params: Json) -> Json:
        return {"id": 0, "ct_state": 0, "a_power": 0, "b_power": 0, "c_power": 0, "total_power": 0}

    def _get_cells(self, params: Json) -> Json:
        return {"id": 0, "soc": self._soc(), "bat_temp": round(TEMPERATURE_C / self.model.bat_temp_unit, 1)}

    def _set_mode(self, params: Json) -> Json:
        config = params.get("config")
        mode = config.get("mode") if isinstance(config, dict) else None
        if not isinstance(config, dict) or mode not in MODES:
            raise Rejected(INVALID_PARAMS)
        if self._chance.random() < self._faults.refuses:
            return {"id": 0, "set_result": False}
        if self._chance.random() >= self._faults.ignores:
            self._obey(str(mode), config)
        return {"id": 0, "set_result": True}

    def _obey(self, mode: str, config: Json) -> None:
        if mode == "Passive":
            power, hold_s = _integers(config.get("passive_cfg"), "power", "cd_time")
            self._hold(-float(power), hold_s)
            return
        if mode == "Manual":
            self._keep(config.get("manual_cfg"))
        self.choose(mode)

    def _keep(self, row: object) -> None:
        """Write one row of the timetable; it outlives everything."""
        try:
            number, slot = Slot.read(row)
        except SlotRefused as refused:
            raise Rejected(INVALID_PARAMS) from refused
        if not 0 <= number < self.model.slots:
            raise Rejected(INVALID_PARAMS)
        self._slots[number] = slot

    def _hold(self, power_w: float, hold_s: int) -> None:
        if abs(power_w) > MOST_W or hold_s <= 0:
            raise Rejected(INVALID_PARAMS)
        self._timer()
        self.mode = "Passive"
        now_s = self._clock.monotonic()
        self._aim(power_w)
        self._journal.note(Commanded(at_s=now_s, mode="Passive", power_w=power_w, until_s=now_s + hold_s))
        self._timer = self._clock.call_later(hold_s, self._let_go)

    def _let_go(self) -> None:
        """The dead man: nobody repeated the order."""
        self._aim(0.0)
        self._journal.note(Expired(at_s=self._clock.monotonic()))
        if self.model.after_passive == "Auto":
            self.choose("Auto")

    def _keep_to_slots(self) -> None:
        """Inside a slot its power holds, outside all of them 0. Its own clock decides."""
        when: datetime = self._clock.now()
        self._aim(power_at(self._slots.values(), when))
        self._timer = self._clock.call_later(60.0, self._keep_to_slots)


def _integers(said: object, *names: str) -> list[int]:
    values = [said.get(name) if isinstance(said, dict) else None for name in names]
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if len(numbers) != len(names):
        raise Rejected(INVALID_PARAMS)
    return numbers

"""What every part of the fake dongle shares: who it is, what it heard last, what is wrong with it, its journal."""

import asyncio

import orjson
from aiohttp import web
from pydantic import JsonValue

from common.clock import Clock
from services.simulator.p1_meter.battery_group import BatteryGroup
from services.simulator.p1_meter.faults import Faults, babbled
from services.simulator.p1_meter.journal import Journal
from services.simulator.p1_meter.payloads import JsonObject, v1_data, v2_measurement
from services.simulator.p1_meter.smart_meter import Telegram
from services.simulator.p1_meter.users import Users

PRODUCT_TYPE, PRODUCT_NAME = "HWE-P1", "P1 meter"
HTML = "<html><body><h1>Not now</h1></body></html>"


class Dongle:
    """The dongle's own state; sockets are elsewhere."""

    product_type = PRODUCT_TYPE
    product_name = PRODUCT_NAME
    hears_a_meter = True
    """It has nothing to tell before it has heard its meter."""

    def __init__(self, clock: Clock, serial: str) -> None:
        self.clock = clock
        self.faults = Faults()
        self.users = Users(clock)
        self.journal = Journal(clock)
        self.firmware = "6.0305"
        self.api_version = "2.2.0"
        self.telegram: Telegram | None = None
        self.batteries: BatteryGroup | None = None
        self._serial = serial
        self._started_s = clock.monotonic()
        self._never = asyncio.Event()

    @property
    def serial(self) -> str:
        """Who it says it is."""
        return self.faults.serial or self._serial

    @property
    def group(self) -> BatteryGroup | None:
        """The batteries as they are now: charging to full may have ended since anybody looked."""
        if self.batteries is not None:
            self.batteries = self.batteries.now
        return self.batteries

    def steer(self, values: JsonObject) -> tuple[int, JsonObject]:
        """`PUT /api/batteries`: status and answer."""
        group = self.group
        assert group is not None  # without any it is 404
        changed = group.changed(values, self.api_version)
        if self.faults.batteries_refuse:
            changed = 400, {"error": "request:not-now"}
        if isinstance(changed, tuple):
            return changed
        if not self.faults.batteries_ignore:
            self.batteries = changed.acting()
        return 200, changed.told(self.api_version)

    def boot(self) -> None:
        """Begin anew: its uptime, nothing else."""
        self._started_s = self.clock.monotonic()

    def v1(self) -> JsonObject:
        """The newest measurement, as v1 tells it."""
        return v1_data(self.telegram) if self.telegram and not self.faults.no_telegram else {"wifi_strength": 82}

    def v2(self) -> JsonObject:
        """The newest measurement, as v2 tells it."""
        return v2_measurement(self.telegram) if self.telegram and not self.faults.no_telegram else {}

    def describe(self, api_version: str) -> JsonObject:
        """`GET /api`."""
        return {
            "product_type": self.product_type,
            "product_name": self.product_name,
            "serial": self.serial,
            "firmware_version": self.firmware,
            "api_version": api_version,
        }

    def system(self) -> JsonObject:
        """v2: `GET /api/system`."""
        return {
            "wifi_ssid": "Simulated",
            "wifi_rssi_db": -61,
            "cloud_enabled": True,
            "uptime_s": int(self.clock.monotonic() - self._started_s),
            "status_led_brightness_pct": 100,
            "api_v1_enabled": not self.faults.api_off,
        }

    async def trouble(self, request: web.Request) -> web.Response | None:
        """What is wrong with every answer at the moment, if anything."""
        if self.faults.silent:
            self.journal.note("request", f"{request.method} {request.path}")
            await self._never.wait()
        if self.faults.status is not None:
            return web.Response(status=self.faults.status, text=HTML, content_type="text/html")
        if request.path in self.faults.absent:
            return web.Response(status=404, text="Not Found")
        return None

    def measured(self, document: JsonObject) -> web.Response:
        """A measurement as an answer, or the babble in its place."""
        if self.faults.babble is None:
            return answer(document)
        content_type, body = babbled(self.faults.babble, document)
        return web.Response(body=body, content_type=content_type)


def answer(document: JsonValue, status: int = 200) -> web.Response:
    """A JSON answer; 204 has none."""
    body = None if status == 204 else orjson.dumps(document)
    return web.Response(status=status, body=body, content_type="application/json")


async def posted(request: web.Request) -> JsonObject:
    """The JSON object somebody sent, or an empty one."""
    try:
        value = orjson.loads(await request.read())
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

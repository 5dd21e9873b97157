"""What both generations of the API share: reads are repeated, writes are not, absent endpoints are remembered."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from pydantic import JsonValue

from common.homewizard.answers import JsonObject, json_object
from common.homewizard.errors import NotOffered
from common.homewizard.identity import DeviceFacts, facts
from common.homewizard.transport import Transport
from common.retry import retry_unreachable


@dataclass
class Absent:
    """Endpoints that answered 404; forgotten when the firmware changes. Outlives the connections of one device."""

    firmware: str = ""
    paths: set[str] = field(default_factory=set)

    def saw(self, firmware: str) -> None:
        """Note which firmware runs now."""
        if firmware != self.firmware:
            self.firmware = firmware
            self.paths.clear()


class Client(ABC):
    """One device that can be asked. Raises DeviceError and nothing else."""

    def __init__(self, transport: Transport, absent: Absent | None = None) -> None:
        self.transport = transport
        self._absent = absent or Absent()

    @property
    @abstractmethod
    def headers(self) -> dict[str, str]:
        """Sent with every request."""

    @abstractmethod
    def judge(self, status: int, body: bytes, path: str) -> None:
        """Raise what an answer means, if it is not a good one."""

    async def device(self) -> DeviceFacts:
        """Who answers here."""
        found = facts(await self._get("/api"))
        self._absent.saw(found.firmware_version)
        return found

    async def read(self, path: str) -> JsonObject:
        """The JSON object at `path`."""
        return json_object(await self.read_bytes(path))

    async def read_bytes(self, path: str) -> bytes:
        """The content at `path`. Asks three times if nothing comes, and never again what was once not there."""
        if path in self._absent.paths:
            raise NotOffered(f"{path} did not exist when last asked, and the firmware is still the same")
        try:
            return await self._get(path)
        except NotOffered:
            self._absent.paths.add(path)
            raise

    async def write(self, path: str, values: JsonValue) -> JsonObject:
        """PUT values and return what the device makes of them; empty if it says nothing. Asked once only."""
        answer = await self.transport.ask("PUT", path, self.headers, values)
        self.judge(answer.status, answer.body, path)
        return json_object(answer.body) if answer.body else {}

    async def _get(self, path: str) -> bytes:
        answer = await retry_unreachable(lambda: self.transport.ask("GET", path, self.headers), self.transport.clock)
        self.judge(answer.status, answer.body, path)
        return answer.body

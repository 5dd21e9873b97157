"""A connection to the right device, in either generation: questions, orders, measurements."""

from collections.abc import Awaitable, Callable

from pydantic import JsonValue

from common.homewizard import Client, DeviceFacts, JsonObject, NotOffered, V2Client
from services.homewizard.pushes import Measured, Pushes


class Line:
    """A connection to the right device; who answers is asked again whenever it had to be made anew."""

    def __init__(
        self,
        client: Client,
        facts: DeviceFacts,
        verify: Callable[[Client], Awaitable[object]],
        pushes: Pushes | None = None,
    ) -> None:
        """`verify` raises if another device answers; `pushes` is there in API v2."""
        self.facts = facts
        self._client = client
        self._verify = verify
        self._pushes = pushes
        self._verified = client.transport.connections

    async def read(self, path: str) -> JsonObject:
        """The JSON object at `path`."""
        document = await self._client.read(path)
        await self._still_the_same()
        return document

    async def write(self, path: str, values: JsonValue) -> None:
        """PUT values, once. What became of them must be read back."""
        await self._client.write(path, values)
        await self._still_the_same()

    async def blink(self) -> bool:
        """Have it show which one it is. Returns whether it can."""
        path = "/api/system/identify" if isinstance(self._client, V2Client) else "/api/v1/identify"
        try:
            await self._client.write(path, None)
        except NotOffered:
            return False
        return True

    async def measurement(self) -> JsonObject:
        """The newest measurement, whichever generation it comes from."""
        return await self.read("/api/measurement" if isinstance(self._client, V2Client) else "/api/v1/data")

    @property
    def is_pushed(self) -> bool:
        """Measurements come by themselves, or `newest` waits for its turn: no need to wait as well."""
        return self._pushes is not None and self._pushes.is_used

    async def newest(self, each_s: float) -> Measured:
        """The next measurement: pushed where the device pushes, else asked for, `each_s` apart."""
        if self._pushes is not None:
            return await self._pushes.next(each_s)
        return Measured(await self.measurement(), self._client.transport.clock.wall_ms(), is_pushed=False)

    async def _still_the_same(self) -> None:
        if self._client.transport.connections != self._verified:  # perhaps to whoever has the address now
            await self._verify(self._client)
            self._verified = self._client.transport.connections

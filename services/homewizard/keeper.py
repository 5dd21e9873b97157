"""What outlives a restart: whose devices these are, what our orders did to them, since when somebody's hand rules."""

from common import keeping


class Keeper(keeping.Keeper):
    """One device's part of the store."""

    @property
    def serial(self) -> str | None:
        """Who answered before."""
        serial = self._get("serial")
        return serial if isinstance(serial, str) else None

    async def know(self, serial: str) -> None:
        """Remember who answers."""
        if serial != self.serial:
            await self._put("serial", serial)

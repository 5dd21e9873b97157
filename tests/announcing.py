"""HomeWizard devices that announce themselves by mDNS, on the loopback."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from common.homewizard.announcement import Record

LOOPBACK = ("127.0.0.1",)


@asynccontextmanager
async def announced(*records: Record) -> AsyncIterator[None]:
    """Announce devices on the loopback as they do it themselves."""
    network = AsyncZeroconf(interfaces=list(LOOPBACK), ip_version=IPVersion.V4Only)
    for number, record in enumerate(records):
        info = AsyncServiceInfo(
            record.service,
            f"device{number}.{record.service}",
            addresses=[socket.inet_aton("127.0.0.1")],
            port=record.port,
            properties=dict(record.text),
            server=f"device{number}.local.",
        )
        await network.async_register_service(info, cooperating_responders=True)
    try:
        yield
    finally:
        await network.async_close()

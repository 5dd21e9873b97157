"""A look at a device's certificate before anything is said to it."""

import asyncio
import ssl

from common.clock import Clock
from common.errors import DeviceUnintelligible, DeviceUnreachable
from common.homewizard.transport import CONNECT_S


async def shown_leaf(host: str, port: int, clock: Clock) -> bytes:
    """The certificate in DER. Nobody has verified it. Raises DeviceUnreachable or DeviceUnintelligible."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with clock.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLError as error:
        raise DeviceUnintelligible(f"{host}:{port} does not speak TLS: {error.reason}") from error
    except OSError as error:
        raise DeviceUnreachable(f"{host}:{port} does not answer: {str(error) or 'it took too long'}") from error
    leaf = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    assert isinstance(leaf, bytes)
    return leaf

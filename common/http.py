"""What every HTTP client of ours does alike: an answer is bounded, and only our own errors come out."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from common.errors import DeviceUnintelligible, DeviceUnreachable


@contextmanager
def answering(where: str) -> Iterator[None]:
    """Turn the library's exceptions into ours. Their texts may hold headers and are not passed on whole."""
    try:
        yield
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
        why = str(error) if isinstance(error, aiohttp.ClientConnectorError) else type(error).__name__
        raise DeviceUnreachable(f"{where} does not answer: {why}") from error
    except aiohttp.ClientError as error:
        raise DeviceUnintelligible(f"{where} does not speak HTTP: {type(error).__name__}") from None


async def bounded(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body. Raises DeviceUnintelligible if it is longer."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most_bytes:
            raise DeviceUnintelligible(f"an answer of more than {most_bytes} bytes")
    return bytes(body)

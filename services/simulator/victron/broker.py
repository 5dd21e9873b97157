"""A broker with one program inside it, as a GX has: MQTT 3.1.1 on a real socket, with or without TLS, up to QoS 1."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Final, Self

from common.foreign import Filter
from services.simulator.victron.packets import (
    CONNECT,
    DISCONNECT,
    PINGREQ,
    PINGRESP,
    PUBLISH,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Login,
    confirmed,
    filters,
    login,
    packet,
    published,
    subscribed,
    unsubscribed,
    welcome,
    word,
)

NOT_AUTHORISED: Final = 5
WRONG_VERSION: Final = 1
Heard = Callable[[str, bytes], None]


class GxBroker:
    """`async with GxBroker(heard)`: `heard(topic, payload)` is the program's ear, `say` its mouth."""

    def __init__(
        self, heard: Heard, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.password: str | None = None
        """What a client must know; None: anybody may come."""
        self.kept: dict[str, bytes] = {}
        """What every new listener is told at once."""
        self.is_deaf = False
        """Connections stay, and nothing is heard or said on them."""
        self.refused = 0
        """Clients that were sent away."""
        self._heard = heard
        self._bind = (host, port)
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._guests: dict[asyncio.StreamWriter, set[Filter]] = {}

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._bind[1]

    @property
    def guests(self) -> int:
        """Clients that are connected."""
        return len(self._guests)

    async def open(self) -> None:
        """Let clients in."""
        self._server = await asyncio.start_server(self._serve, *self._bind, ssl=self._tls)
        self._bind = (self._bind[0], self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Throw everybody out, and shut the door."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._guests):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    def say(self, topic: str, payload: bytes) -> None:
        """Tell everybody who listens."""
        if self.is_deaf:
            return
        for writer, wanted in self._guests.items():
            if any(each.matches(topic) for each in wanted):
                writer.write(word(topic, payload))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await self._lets_in(reader, writer):
                self._guests[writer] = set()
                while await self._answers(reader, writer):
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass  # gone, or no client of ours
        finally:
            self._guests.pop(writer, None)
            writer.close()

    async def _lets_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        kind, body = await packet(reader)
        if kind != CONNECT:
            return False
        code = self._verdict(login(body))
        self.refused += code != 0
        writer.write(welcome(code))
        await writer.drain()
        return code == 0

    def _verdict(self, who: Login) -> int:
        if not who.is_ours:
            return WRONG_VERSION
        return NOT_AUTHORISED if self.password is not None and who.password != self.password else 0

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Deal with one packet. Returns whether the client stays."""
        kind, body = await packet(reader)
        if self.is_deaf:
            return True
        if kind == PUBLISH:
            said = published(body)
            if said.number is not None:
                writer.write(confirmed(said.number))
            self._heard(said.topic, said.payload)
        elif kind in self._chores:
            self._chores[kind](self, writer, body)
        return kind != DISCONNECT

    def _subscribe(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        wanted = [Filter(each) for each in filters(body, with_qos=True)]
        self._guests[writer].update(wanted)
        writer.write(subscribed(body, len(wanted)))
        for topic, payload in self.kept.items():
            if any(each.matches(topic) for each in wanted):
                writer.write(word(topic, payload, is_kept=True))

    def _unsubscribe(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        self._guests[writer].difference_update(Filter(each) for each in filters(body, with_qos=False))
        writer.write(unsubscribed(body))

    def _pong(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(PINGRESP)

    _chores: Final[Mapping[int, Callable[["GxBroker", asyncio.StreamWriter, bytes], None]]] = {
        SUBSCRIBE: _subscribe,
        UNSUBSCRIBE: _unsubscribe,
        PINGREQ: _pong,
    }

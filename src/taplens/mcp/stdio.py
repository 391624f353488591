"""MCP over stdin and stdout: one client, one process."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol

import mcp_types as types
from anyio import EndOfStream
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.inbound import InboundLadderRejection, classify_inbound_request
from mcp.shared.message import SessionMessage
from mcp_types import methods
from mcp_types.version import LATEST_MODERN_VERSION, MODERN_PROTOCOL_VERSIONS

from taplens.config import Settings
from taplens.mcp.host import Host
from taplens.mcp.server import build

_READ_BYTES = 65_536
_LINE_BYTES = 8 * 1024 * 1024
_STDIN = 0


def run(settings: Settings) -> None:
    """Serve one client until it closes stdin. stdout carries only JSON-RPC."""
    asyncio.run(serve(Host(settings)))


async def serve(host: Host) -> None:
    """Serve the client at stdin and stdout until the end of stdin."""
    server = build(host, principal="stdio")
    async with stdio_server(stdin=_Lines(_STDIN)) as (read, write):  # type: ignore[arg-type]
        opening = ProbeAnswering(server, read, write)
        await server.run(opening, write, server.create_initialization_options())


class _Lines:
    """The lines of a file descriptor, read by a daemon thread.

    Stands in for the SDK's reader, whose thread can't be left: with it, Ctrl-C would wait for
    the client's next line. A line beyond the limit ends the stream.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        threading.Thread(target=self._read, name="taplens-stdin", daemon=True).start()

    def __aiter__(self) -> _Lines:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        return line

    def _read(self) -> None:
        try:
            for line in _lines_of(self._descriptor):
                self._put(line.decode("utf-8", "replace"))
        finally:
            self._put(None)

    def _put(self, line: str | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


def _lines_of(descriptor: int) -> Iterator[bytes]:
    rest = bytearray()
    while chunk := os.read(descriptor, _READ_BYTES):
        rest += chunk
        *lines, tail = rest.split(b"\n")
        yield from (bytes(line) for line in lines if line.strip())
        rest = bytearray(tail)
        if len(rest) > _LINE_BYTES:
            return
    if rest.strip():
        yield bytes(rest)


class _Incoming(Protocol):
    """The SDK's stream of what the client sends."""

    last_context: contextvars.Context | None

    async def receive(self) -> SessionMessage | Exception: ...
    async def aclose(self) -> None: ...


class _Outgoing(Protocol):
    async def send(self, item: SessionMessage, /) -> None: ...


class ProbeAnswering:
    """The incoming messages, with `server/discover` answered before the era is chosen.

    The SDK lets the first request choose between the handshake and the stateless protocol, and
    then refuses the other. A client that only probes, and then says `initialize`, has chosen
    nothing by probing: it is told what there is, and its next request chooses.
    """

    def __init__(self, server: Server[Any], incoming: _Incoming, outgoing: _Outgoing) -> None:
        self._server = server
        self._incoming = incoming
        self._outgoing = outgoing
        self._chosen = False

    @property
    def last_context(self) -> contextvars.Context | None:
        """The context that the latest message was sent in."""
        return self._incoming.last_context

    async def receive(self) -> SessionMessage | Exception:
        """The next message that isn't such a probe. Raises anyio's EndOfStream at the end."""
        while True:
            item = await self._incoming.receive()
            message = item.message if isinstance(item, SessionMessage) else None
            if self._chosen or not isinstance(message, types.JSONRPCRequest):
                return item
            if message.method != "server/discover":
                self._chosen = True
                return item
            await self._outgoing.send(SessionMessage(discovered(self._server, message)))

    def __aiter__(self) -> ProbeAnswering:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Close the stream underneath."""
        await self._incoming.aclose()

    async def __aenter__(self) -> ProbeAnswering:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def discovered(
    server: Server[Any], request: types.JSONRPCRequest
) -> types.JSONRPCResponse | types.JSONRPCError:
    """The answer to `server/discover`: what the server speaks and can do."""
    route = classify_inbound_request({"method": request.method, "params": request.params})
    if isinstance(route, InboundLadderRejection):
        error = types.ErrorData(code=route.code, message=route.message, data=route.data)
        return types.JSONRPCError(jsonrpc="2.0", id=request.id, error=error)
    result = types.DiscoverResult(
        supported_versions=list(MODERN_PROTOCOL_VERSIONS),
        capabilities=server.get_capabilities(protocol_version=LATEST_MODERN_VERSION),
        instructions=server.instructions,
        ttl_ms=0,
        cache_scope="private",
    )
    body = result.model_dump(by_alias=True, mode="json", exclude_none=True)
    shaped = methods.serialize_server_result(request.method, LATEST_MODERN_VERSION, body)
    stamp = {types.SERVER_INFO_META_KEY: server.server_info_stamp}
    return types.JSONRPCResponse(jsonrpc="2.0", id=request.id, result=shaped | {"_meta": stamp})

"""The one ASGI app: MCP under its path, the gateway everywhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from taplens.agent.answerers import answerers
from taplens.agent.transport import AgentTransport
from taplens.errors import RefusalError, ServeError
from taplens.gateway import faults
from taplens.gateway.answers import Answer, answer_json
from taplens.gateway.app import Gateway
from taplens.gateway.call import request_id_of
from taplens.gateway.delivery import send_answer
from taplens.gateway.security import is_loopback
from taplens.gateway.services import Services
from taplens.llm.choosing import dearest_price
from taplens.llm.client import Client
from taplens.mcp.host import Host
from taplens.mcp.http import PATH as MCP_PATH
from taplens.mcp.http import create_app as create_mcp

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from taplens.clock import Clock
    from taplens.config import Settings


def create_app(
    settings: Settings,
    *,
    bind: str = "127.0.0.1",
    clock: Clock | None = None,
    services: Services | None = None,
) -> App:
    """The app of a server bound to `bind`, with its books opened (which blocks).

    On loopback it answers only requests whose Host and Origin are loopback's. Elsewhere a token
    or a key is needed: raises ServeError `http_token_missing` where there is neither. Raises
    MirrorError where state.db can't be used, ConfigurationError where the catalogue can't.
    """
    services = services or Services(settings, clock=clock)
    address = bind.strip("[]")
    loopback = address if is_loopback(address) else None
    services.books.open()
    if loopback is None and services.books.keyring.is_empty:
        services.books.close()
        raise ServeError("http_token_missing", host=bind)
    host = Host(settings, clock=clock)
    client = Client(services.catalogue, services.ways(), clock=services.clock)
    own = answerers(
        settings,
        services.catalogue,
        client,
        keeper=host.keeper,
        clock=services.clock,
        charts=services.charts,
    )
    services.add_transport("builtin", AgentTransport(own))
    services.catalogue.price("taplens", dearest_price(settings, services.catalogue))
    host.wake()  # a server that is up keeps itself fresh, whether it is asked or not
    return App(services, host, loopback=loopback)


class App:
    """Gives every request to its door. `services` are the gateway's.

    `loopback` is the loopback address that the server is bound to, None where it is another.
    """

    def __init__(self, services: Services, host: Host, *, loopback: str | None) -> None:
        self.services = services
        local = loopback is not None
        self._mcp = create_mcp(host, loopback=loopback)
        self._doors: Mapping[bool, ASGIApp] = {
            True: McpDoor(self._mcp, services, local=local),
            False: Gateway(services, local=local),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI wants."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            is_mcp = scope["path"] == MCP_PATH or scope["path"].startswith(MCP_PATH + "/")
            await self._doors[is_mcp](scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, all doors are open."""
        async with self.services.running(), self._mcp.router.lifespan_context(self._mcp):
            yield


class McpDoor:
    """MCP with keys: it gives out the whole mirror, which a key for chats must not open.

    Elsewhere than on loopback it takes the token, or a key that was made for MCP. On loopback it
    asks for a key only where the token is set.
    """

    def __init__(self, app: ASGIApp, services: Services, *, local: bool) -> None:
        self._app = app
        self._services = services
        self._needed = not local or services.settings.http_token is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request, as ASGI wants."""
        headers = dict(scope["headers"])
        request_id = request_id_of(headers)
        try:
            await self._check(scope, headers)
        except RefusalError as fault:
            await send_answer(send, _refusal(fault, headers), request_id)
            return

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = (b"x-request-id", request_id.encode("latin-1"))
                message["headers"] = [*message.get("headers", ()), own]
            await send(message)

        await self._app(scope, receive, send_with_id)

    async def _check(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        if not self._needed:
            return
        key = await self._services.known(scope, headers)
        if key is None:
            raise RefusalError("mcp_key_needed", status=401)
        if not key.mcp:
            raise RefusalError("mcp_not_of_key", status=403, name=key.name)


def _refusal(fault: RefusalError, headers: Mapping[bytes, bytes]) -> Answer:
    """As MCP's SDK refuses: an object with `error`; status and headers are those of a chat."""
    locale = faults.locale_of(headers.get(b"accept-language", b""))
    text = f"{fault.message(locale)} {fault.mend(locale)}"
    answer = faults.answer_to(fault, locale)
    return answer_json({"error": text}, answer.status, answer.headers)

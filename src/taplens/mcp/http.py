"""MCP over streamable HTTP: a stateless ASGI app, which `serving` puts beside the other doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecuritySettings

from taplens.mcp.host import Host
from taplens.mcp.server import build

if TYPE_CHECKING:
    from starlette.applications import Starlette

PATH = "/mcp"
BODY_BYTES = 1024 * 1024  # arguments are short
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def create_app(host: Host, *, loopback: str | None) -> Starlette:
    """The ASGI app; on the address `loopback` it answers only loopback's names in Host and Origin.

    None: it is bound to another address.
    A web page must not reach a server on loopback by rebinding a name. Whoever serves the app
    runs its lifespan and asks for keys.
    """
    return build(host, principal="http").streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=BODY_BYTES,
        transport_security=_security(loopback),
    )


def _security(loopback: str | None) -> TransportSecuritySettings:
    if loopback is None:
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    own = f"[{loopback}]" if ":" in loopback else loopback  # such as 127.8.8.8
    hosts = [name + port for name in {*_LOOPBACK_NAMES, own} for port in ("", ":*")]
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)

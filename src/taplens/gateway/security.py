"""Who may call: requests to this machine's own names, and keys."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from taplens.errors import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope


@lru_cache(maxsize=256)  # asked with every request, mostly about the same few
def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address without brackets, is reachable from this machine only.

    Any address of loopback is: nobody else's name resolves to what is already an address.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_names(headers: Mapping[bytes, bytes]) -> None:
    """Refuse what a web page of another site could send to a server on loopback.

    Such a page reaches loopback by rebinding its own name (the Host header tells) or by a plain
    cross-site request (the Origin header tells). Origins of programs (`file://`, `app://...`)
    can't be forged by a page. Raises RefusalError 403.
    """
    if not is_loopback(_host_of(b"//" + headers.get(b"host", b"localhost"))):
        raise RefusalError("origin_refused", status=403, header="Host")
    origin = headers.get(b"origin")
    if origin is None:
        return
    from_the_web = origin == b"null" or origin.lower().startswith((b"http:", b"https:"))
    if from_the_web and not is_loopback(_host_of(origin)):
        raise RefusalError("origin_refused", status=403, header="Origin")


def _host_of(address: bytes) -> str:
    try:
        return urlsplit(address.decode("latin-1")).hostname or ""
    except ValueError:
        return ""


def token_of(scope: Scope, headers: Mapping[bytes, bytes]) -> bytes | None:
    """The bearer token that was sent; None where there is none, or more than one."""
    given = headers.get(b"authorization")
    if given is None:
        return None
    if len(headers) != len(scope["headers"]):  # some header is repeated
        names = [name for name, _ in scope["headers"]]
        if names.count(b"authorization") != 1:
            return None
    scheme, _, token = given.partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else None


def is_from_here(scope: Scope) -> bool:
    """Whether the request comes from this machine."""
    client = scope.get("client")
    return client is not None and is_loopback(client[0])

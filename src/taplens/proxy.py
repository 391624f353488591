"""The system's HTTP proxy for a server, as the clients of this package use it."""

from __future__ import annotations

import base64
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def proxy_of(base_url: str) -> tuple[str | None, dict[str, str] | None]:
    """(proxy URL, headers for it) that the system or its environment sets for `base_url`.

    None for loopback, whatever the environment says. aiohttp's own way (`trust_env`) isn't
    taken: it would also read passwords from .netrc.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in _LOOPBACK or proxy_bypass(host):
        return None, None
    proxy = getproxies().get(parts.scheme)
    if not proxy:
        return None, None
    place = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    address = urlunsplit((place.scheme, place.netloc.rpartition("@")[2], "", "", ""))
    if not place.username:
        return address, None
    pair = f"{unquote(place.username)}:{unquote(place.password or '')}"
    return address, {
        "Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
    }

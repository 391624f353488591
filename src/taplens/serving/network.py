"""Where a server listens: addresses, sockets, and what counts as loopback."""

from __future__ import annotations

import socket

from taplens.errors import ServeError

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to call instead
_BACKLOG = 1024
_UNTAKEN_MILLISECONDS = 120_000


def listen(bind: str, port: int) -> socket.socket:
    """A listening socket at `bind` and `port` (0: any free one).

    Raises ServeError `port_in_use` or `address_unusable`.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        listening = socket.create_server((bind.strip("[]"), port), family=family, backlog=_BACKLOG)
    except OSError as fault:
        code = "address_unusable" if isinstance(fault, socket.gaierror) else "port_in_use"
        raise ServeError(code, host=bind, port=port, detail=fault.strerror or "") from fault
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Ends connections, which inherit it, to clients that live but take nothing.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MILLISECONDS)
    return listening


def url_of(bind: str, listening: socket.socket) -> str:
    """The address of the server as a client on this machine writes it, without a path."""
    name = _ANY_ADDRESS.get(bind, bind.strip("[]"))
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{listening.getsockname()[1]}"

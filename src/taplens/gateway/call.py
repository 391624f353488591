"""One request to the server, as a handler sees it."""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from taplens.errors import RefusalError
from taplens.gateway import faults

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

    from taplens.gateway.answers import Answer, Stream
    from taplens.gateway.keys import Key
    from taplens.gateway.services import Services

BODY_SECONDS = 60.0  # a body that takes longer is not worth a connection
_PROCESS, _NUMBERS = secrets.token_hex(8), itertools.count()  # of the ids that are made here
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-f:]{2,39}\](:\d{1,5})?")
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")


@dataclass(slots=True)
class Call:
    """A request: what the client sent, who it is, and what the server has to answer it with.

    `key` is the key that the client sent, None where none is needed. `parameters` are the
    route's, decoded; `route` is its path, for the metrics.
    """

    scope: Scope
    receive: Receive
    services: Services
    request_id: str
    headers: Mapping[bytes, bytes]
    parameters: Mapping[str, str] = field(default_factory=dict)
    key: Key | None = None
    route: str = "other"

    @property
    def locale(self) -> str:
        """The language of the texts that the client is answered with."""
        return faults.locale_of(self.headers.get(b"accept-language", b""))

    @property
    def url(self) -> str:
        """The server's address as the client has it; "" where it names none that is plain."""
        own = self.services.settings.public_url
        host = self.headers.get(b"host", b"").decode("latin-1")
        if own or not _PLAIN_HOST.fullmatch(host):
            return own
        return f"{self.scope.get('scheme', 'http')}://{host}"

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last."""
        raw: bytes = self.scope.get("query_string", b"")
        return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=100))

    async def body(self) -> bytes:
        """The whole body. Raises RefusalError when it is larger or slower than is allowed."""
        limit = self.services.settings.body_megabytes * 1024 * 1024
        if int(self.headers.get(b"content-length", b"0")) > limit:
            raise RefusalError("body_too_large", status=413, limit=limit)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._read(limit)
        except TimeoutError:
            raise RefusalError("body_too_slow", status=408, seconds=BODY_SECONDS) from None

    async def _read(self, limit: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > limit:
                raise RefusalError("body_too_large", status=413, limit=limit)
            if not message.get("more_body"):
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)


Handler = Callable[[Call], "Awaitable[Answer | Stream]"]


@dataclass(frozen=True, slots=True)
class Route:
    """A path and who answers it.

    `path` is a Starlette pattern (`/v1/models/{name:path}`); `methods` without HEAD and OPTIONS;
    `public`: answered without a key.
    """

    path: str
    methods: tuple[str, ...]
    handler: Handler
    public: bool = False


class ClientGone(Exception):  # noqa: N818 - nothing is wrong, and nobody is told
    """The client has closed the connection: there is nobody left to answer."""


def request_id_of(headers: Mapping[bytes, bytes]) -> str:
    """The client's own X-Request-Id where it is short and plain, else a new one."""
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if given and _SANE_ID.fullmatch(given) else f"{_PROCESS}{next(_NUMBERS):08x}"

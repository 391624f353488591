"""What the handlers of one server share, and its life from start to end."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from taplens.clock import Clock
from taplens.config import Settings
from taplens.errors import ModelUnavailableError, RefusalError
from taplens.gateway import security
from taplens.gateway.admission import Admission, Windows
from taplens.gateway.books import CLOSING_SECONDS, Books
from taplens.gateway.keys import Key
from taplens.gateway.metrics import Metrics
from taplens.gateway.router import Router
from taplens.tools.shelf import ChartShelf

if TYPE_CHECKING:
    from starlette.types import Scope

    from taplens.llm.catalogue import Catalogue
    from taplens.llm.entries import Upstream
    from taplens.llm.transport import Transport

logger = logging.getLogger(__name__)

_OWN_KEY = b"tl-"


def _http(_settings: Settings) -> Transport:
    from taplens.llm.transport import HttpTransport

    return HttpTransport()


def _local(settings: Settings) -> Transport:
    from taplens.llm.local import LocalTransport

    return LocalTransport(settings.home)


_MAKERS: dict[str, Callable[[Settings], Transport]] = {"http": _http, "local": _local}


class Services:
    """The parts of a gateway. Use `running` around serving."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        from taplens.llm.catalogue import load_catalogue

        self.settings = settings
        self.clock = clock or Clock()
        self.catalogue = catalogue or load_catalogue(settings)
        self.books = Books(settings, self.clock)
        self.metrics = Metrics()
        windows = Windows(self.clock)
        self.admission = Admission(windows, self.books.ledger)
        self.router = Router(windows, self.metrics, self.clock, tells=settings.log_prompts)
        self.charts = ChartShelf(self.clock)
        self.began_at = self.clock.now()
        self._answering = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._transports: dict[str, Transport] = {}

    def add_transport(self, kind: str, transport: Transport) -> None:
        """Ask the providers of `kind` by `transport`, which is closed with the server.

        So models that are part of the program itself (kind "builtin") come in.
        """
        self._transports[kind] = transport

    def ways(self) -> Mapping[str, Transport]:
        """The ways to the providers that aren't a part of the program, by their kinds."""
        return {kind: self._way(kind) for kind in _MAKERS}

    def _way(self, kind: str) -> Transport:
        if kind not in self._transports:
            self._transports[kind] = _MAKERS[kind](self.settings)
        return self._transports[kind]

    async def _load_local_models(self) -> None:
        """Before anybody is answered, for loading stops the event loop; what fails is told."""
        from taplens.llm.local import LocalTransport

        for model in self.catalogue.models():
            for upstream in model.upstreams:
                if upstream.provider.kind == "local":
                    transport = self.transport(upstream)
                    try:
                        assert isinstance(transport, LocalTransport)
                        await transport.load(upstream)
                    except ModelUnavailableError as fault:
                        logger.warning("%s %s", fault.message(), fault.mend())

    def transport(self, upstream: Upstream) -> Transport:
        """The way to `upstream`. Raises ModelUnavailableError where there is none."""
        kind = upstream.provider.kind
        if kind not in self._transports and kind not in _MAKERS:
            raise ModelUnavailableError(
                "model_kind_missing",
                provider=upstream.provider.name,
                model=upstream.model,
                kind=kind,
            )
        return self._way(kind)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, requests can be answered."""
        async with self.books.running():
            try:
                # Else the first chat loads it, and holds up the event loop.
                await asyncio.to_thread(importlib.import_module, "aiohttp")
                await self._load_local_models()
                yield
            finally:
                # What was cut off is still to be booked.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._idle.wait(), CLOSING_SECONDS)
                for transport in self._transports.values():
                    await transport.aclose()

    async def key_of(
        self, scope: Scope, headers: Mapping[bytes, bytes], *, always: bool = False
    ) -> Key | None:
        """The key that a request carries; None where none is needed.

        One is needed as soon as there is any (`always`: even before). Raises RefusalError 401.
        """
        key = await self.known(scope, headers)
        if key is None and (always or not self.books.keyring.is_empty):
            raise RefusalError("key_refused", status=401)
        return key

    async def known(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Key | None:
        """The valid key that a request carries, if it carries one."""
        token = security.token_of(scope, headers)
        if token is None:
            return None
        key = self.books.keyring.find(token)
        # It may have been made a moment ago by another process.
        if key is None and token.startswith(_OWN_KEY) and await self.books.look_again():
            key = self.books.keyring.find(token)
        return key

    def begin(self) -> None:
        """A request begins to be answered."""
        self._answering += 1
        self._idle.clear()

    def end(self) -> None:
        """A request was answered."""
        self._answering -= 1
        if not self._answering:
            self._idle.set()

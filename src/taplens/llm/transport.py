"""One request to a provider and its answer's bytes, as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from taplens.clock import Clock
from taplens.errors import (
    ModelError,
    ModelKeyError,
    ModelProtocolError,
    ModelTimeoutError,
    ModelUnavailableError,
    ModelUnreachableError,
)
from taplens.llm.entries import Provider, Upstream, configured
from taplens.llm.faults import retry_after_of, typed_fault
from taplens.llm.timeouts import Timeouts
from taplens.proxy import proxy_of

if TYPE_CHECKING:
    import aiohttp

__all__ = [
    "Answer",
    "HttpTransport",
    "Timeouts",
    "Transport",
    "refusal",
    "retry_after_of",
    "typed_fault",
]

ANSWER_BYTES = 64 * 1024 * 1024  # a larger answer is refused where it is read whole
# A refusal's status says enough: its body gets no more time and room than a message needs.
REFUSAL_SECONDS = 10.0
REFUSAL_BYTES = 64 * 1024


class Answer(Protocol):
    """A provider's answer, whose body is still to be read."""

    status: int
    headers: Mapping[str, str]

    async def read(self) -> bytes:
        """The whole body. Raises what `chunks` raises, ModelProtocolError if it is too large."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes.

        Raises ModelUnreachableError if nothing of it came, ModelProtocolError if it was cut after
        that, ModelTimeoutError.
        """
        ...

    async def aclose(self) -> None:
        """Lets the connection go, at once if the body isn't at its end."""
        ...


class Transport(Protocol):
    """A way to ask providers of one kind."""

    async def open(
        self,
        upstream: Upstream,
        body: bytes,
        *,
        streamed: bool,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends `body` and returns once the answer begins, whatever its status.

        Raises ModelUnavailableError, ModelKeyError, ModelUnreachableError, ModelTimeoutError or
        ModelProtocolError. The caller closes the answer.
        """
        ...

    async def aclose(self) -> None:
        """Closes what is open."""
        ...


async def refusal(answer: Answer, upstream: Upstream, clock: Clock | None = None) -> ModelError:
    """The error that `answer`, whose status isn't 200, means; the answer is closed.

    What its body says is taken as far as it comes in time.
    """
    body = bytearray()
    try:
        with suppress(TimeoutError, ModelError):
            chunks = cast("AsyncGenerator[bytes, None]", answer.chunks())
            async with asyncio.timeout(REFUSAL_SECONDS), aclosing(chunks):
                async for chunk in chunks:
                    body += chunk
                    if len(body) > REFUSAL_BYTES:
                        break
    finally:
        await answer.aclose()
    retry_after = retry_after_of(answer.headers, clock)
    return typed_fault(answer.status, bytes(body), upstream, retry_after)


class HttpTransport:
    """Asks providers over HTTP, through one pool of connections that opens at the first request.

    `timeouts` are those of the providers that have none of their own; `path` is where their
    service stands below the base URL.
    """

    def __init__(self, timeouts: Timeouts | None = None, path: str = "chat/completions") -> None:
        self._path = path
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None
        self._options: dict[Provider, dict[str, Any]] = {}

    async def open(
        self,
        upstream: Upstream,
        body: bytes,
        *,
        streamed: bool,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """See Transport."""
        import aiohttp

        session = self._session or self._opened()
        options = self._options.get(upstream.provider) or self._options_of(upstream)
        accept = "text/event-stream" if streamed else "application/json"
        sent = {**options["headers"], "Accept": accept, **(headers or {})}
        timeouts = upstream.provider.timeouts or self._timeouts
        seconds = min(timeouts.first_byte, timeouts.total)
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds):
                response = await session.post(data=body, **{**options, "headers": sent})
        except (TimeoutError, aiohttp.ClientError) as fault:
            raise _typed(fault, upstream, seconds) from fault
        return HttpAnswer(response, upstream, timeouts, began)

    async def aclose(self) -> None:
        """Closes the pool."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the buckets and the server are the limit
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self._session

    def _options_of(self, upstream: Upstream) -> dict[str, Any]:
        """What every request to the provider is sent with. The key must not follow a redirect."""
        import aiohttp
        from yarl import URL

        provider = upstream.provider
        connect = (provider.timeouts or self._timeouts).connect
        proxy, proxy_headers = proxy_of(provider.base_url)
        self._options[provider] = {
            "url": URL(f"{provider.base_url}/{self._path}"),
            "headers": _headers(upstream),
            "timeout": aiohttp.ClientTimeout(total=None, sock_connect=connect),
            "allow_redirects": False,
            "proxy": proxy,
            "proxy_headers": proxy_headers,
        }
        return self._options[provider]


class HttpAnswer:
    """An answer over HTTP."""

    __slots__ = ("_at", "_began", "_response", "_timeouts", "_watch", "headers", "status")

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        upstream: Upstream,
        timeouts: Timeouts,
        began: float,
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._at: dict[str, Any] = _place(upstream)
        self._timeouts = timeouts
        self._began = began
        self._watch: _Watch | None = None

    async def read(self) -> bytes:
        """See Answer."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > ANSWER_BYTES:
                await self.aclose()
                megabytes = ANSWER_BYTES >> 20
                raise ModelProtocolError("model_answer_too_large", megabytes=megabytes, **self._at)
        return bytes(body)

    async def chunks(self) -> AsyncIterator[bytes]:
        """See Answer."""
        import aiohttp
        from aiohttp.http import HttpProcessingError

        content = self._response.content
        self._watch = watch = _Watch(self, self._timeouts, self._began)
        begun = False
        try:
            while True:
                watch.begin()
                chunk = await content.readany()
                watch.end()
                if not chunk:
                    return
                begun = True
                yield chunk
        except (aiohttp.ClientError, HttpProcessingError) as fault:
            self._response.close()
            if begun:
                raise ModelProtocolError("model_answer_cut", **self._at) from fault
            detail = type(fault).__name__
            raise ModelUnreachableError("model_no_connection", detail=detail, **self._at) from fault
        finally:
            watch.stop()

    async def aclose(self) -> None:
        """See Answer."""
        if self._watch is not None:
            self._watch.stop()
        self._response.close()

    def give_up(self, code: str, **parameters: Any) -> None:
        """Ends the reading, now or when the reader comes back, with ModelTimeoutError."""
        self._response.content.set_exception(ModelTimeoutError(code, **parameters, **self._at))
        self._response.close()


class _Watch:
    """Gives an answer up when nothing comes for too long, or it takes too long as a whole.

    One timer for the whole answer, which looks when it fires whether it had reason to: setting
    and cancelling one for each chunk costs more than passing the chunk on. Only the time in
    which the reader waits counts: a slow reader is no fault of the provider's.
    """

    __slots__ = ("_answer", "_limit", "_loop", "_timeouts", "_timer", "_until", "_waiting_since")

    def __init__(self, answer: HttpAnswer, timeouts: Timeouts, began: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._answer = answer
        self._timeouts = timeouts
        self._until = began + timeouts.total
        self._limit = began + timeouts.first_byte - self._loop.time()
        self._waiting_since: float | None = None
        soonest = min(self._limit, timeouts.between, self._until - self._loop.time())
        self._timer = self._loop.call_later(soonest, self._look)

    def begin(self) -> None:
        """The reader waits from now on."""
        self._waiting_since = self._loop.time()

    def end(self) -> None:
        """Something came."""
        self._waiting_since = None
        self._limit = self._timeouts.between

    def stop(self) -> None:
        """The reader has finished."""
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        since = now if self._waiting_since is None else self._waiting_since
        if now >= self._until:
            self._answer.give_up("model_too_slow", seconds=round(self._timeouts.total, 1))
        elif now >= since + self._limit:
            self._answer.give_up("model_silent", seconds=round(now - since, 1))
        else:
            # Never later than `between` from now: the limit shrinks to it with the first byte.
            due = min(since + self._limit, self._until, now + self._timeouts.between)
            self._timer = self._loop.call_at(due, self._look)


def _typed(fault: Exception, upstream: Upstream, seconds: float) -> ModelError:
    """What a request that found no answer within `seconds` means."""
    import aiohttp

    at = _place(upstream)
    detail = type(fault).__name__
    if isinstance(fault, aiohttp.ClientConnectionError | aiohttp.ClientHttpProxyError):
        return ModelUnreachableError("model_no_connection", detail=detail, **at)
    if isinstance(fault, aiohttp.ClientError):
        return ModelProtocolError("model_answer_invalid", detail=detail, **at)
    return ModelTimeoutError("model_silent", seconds=round(seconds, 1), **at)


def _place(upstream: Upstream) -> dict[str, Any]:
    return {"provider": upstream.provider.name, "model": upstream.model}


def _headers(upstream: Upstream) -> dict[str, str]:
    provider = upstream.provider
    names = _place(upstream) | {"setting": provider.key_setting}
    if not configured(provider):
        raise ModelUnavailableError("model_unavailable", **names)
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",  # events must not wait for a compressor's block
        "User-Agent": "taplens",
    }
    if provider.key is not None:
        key = provider.key.reveal()
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ModelKeyError("model_key_malformed", **names)
        headers["Authorization"] = f"Bearer {key}"
    return headers

"""One GET to TAPD: session, credentials, budget, retries; returns checked data or raises.

Every fault is typed. What may pass is asked again with full jitter, within a bounded time:
429, 5xx, time-outs and resets. Repeated 429 pause the whole client for long, because TAPD blocks
an account for longer the more it knocks.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from taplens.clock import Clock
from taplens.config import Settings
from taplens.errors import (
    CredentialsError,
    ProtocolError,
    RateLimitError,
    ServerFaultError,
    TapdError,
    UnreachableError,
)
from taplens.proxy import proxy_of
from taplens.tapd.budget import RequestBudget
from taplens.tapd.envelope import Answer, data_of

if TYPE_CHECKING:
    import aiohttp

ANSWER_BYTES = 64 * 1024 * 1024  # a larger answer is refused
CONNECT_SECONDS = 15.0
MOST_ATTEMPTS = 6
MOST_TOO_LARGE = 2  # 502 answers after which a list page is taken to be too large
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
LONG_PAUSE_SECONDS = 30.0  # after the second 429 in a row; doubles with each further one
_PARSE_IN_THREAD_BYTES = 256 * 1024
# What waiting doesn't mend: a certificate, and a budget that was waited for an hour already.
_NEVER_RETRIED = frozenset({"certificate_refused", "budget_exhausted"})


@dataclass(slots=True)
class Usage:
    """What a client has cost so far: attempts sent, retries among them, seconds of waiting."""

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0


@dataclass(slots=True)
class _Effort:
    """What one request has taken so far. Waiting for the budget doesn't count."""

    attempts: int = 0
    limited: int = 0  # 429 in a row
    spent: float = 0.0  # seconds in attempts and pauses


class Transport:
    """Sends GET requests over one pooled session, opened at the first request.

    `sleep` and `jitter` (seconds → seconds) can be replaced, so that tests don't wait.
    """

    def __init__(
        self,
        settings: Settings,
        budget: RequestBudget,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[float], float] | None = None,
    ) -> None:
        self.usage = Usage()
        self._settings = settings
        self._budget = budget
        self._monotonic = clock.monotonic
        self._sleep = sleep
        self._jitter = jitter or _full_jitter
        self._in_flight = asyncio.Semaphore(settings.requests_in_flight)
        self._session: aiohttp.ClientSession | None = None
        self._request_options: dict[str, Any] = {}
        self._paused_until = 0.0

    async def get(
        self, path: str, parameters: Mapping[str, object], *, divisible: bool = False
    ) -> Any:
        """The checked `data` of GET `path`.

        Parameters that are None are left out, lists are joined by commas. `divisible`: the
        caller can ask for less, so 502, TAPD's answer to too large a page, is soon given back.
        Raises TapdError; never returns a partial answer.
        """
        query = query_of(parameters)
        workspace_id = str(parameters.get("workspace_id") or "")
        effort = _Effort()
        while True:
            try:
                answer = await self._attempt(path, query, workspace_id, effort)
                return await _checked(answer)
            except (RateLimitError, ServerFaultError, UnreachableError) as fault:
                await self._pause_or_raise(fault, effort, divisible)

    async def aclose(self) -> None:
        """Closes the session and its connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _attempt(self, path: str, query: str, workspace_id: str, effort: _Effort) -> Answer:
        async with self._in_flight:
            await self._wait_out_pause()
            async with self._budget.slot() as waited:
                self.usage.waited_seconds += waited
                self.usage.requests += 1
                self.usage.retries += effort.attempts > 0
                effort.attempts += 1
                began = self._monotonic()
                try:
                    left = self._settings.request_seconds - effort.spent
                    seconds = min(left, attempt_seconds(self._settings))
                    return await self._exchange(path, query, workspace_id, seconds)
                finally:
                    effort.spent += self._monotonic() - began

    async def _wait_out_pause(self) -> None:
        while (ahead := self._paused_until - self._monotonic()) > 0:
            self.usage.waited_seconds += ahead
            await self._sleep(ahead)

    async def _exchange(self, path: str, query: str, workspace_id: str, seconds: float) -> Answer:
        """One request and its answer, read to the end within `seconds`."""
        import aiohttp
        from yarl import URL

        session = self._session or self._opened()
        address = f"{self._settings.api_base_url}/{quote(path)}" + (f"?{query}" if query else "")
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            async with session.get(
                URL(address, encoded=True), timeout=timeout, **self._request_options
            ) as response:
                body = await _bounded_body(response, path)
                retry_after = response.headers.get("Retry-After", "")
                return Answer(response.status, body, path, workspace_id, retry_after)
        except TimeoutError as fault:
            raise UnreachableError("no_answer_in_time", seconds=round(seconds)) from fault
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as fault:
            raise UnreachableError("certificate_refused", host=fault.host) from fault
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as fault:
            detail = type(fault).__name__
            host = urlsplit(self._settings.api_base_url).netloc
            raise UnreachableError("no_connection", host=host, detail=detail) from fault
        except aiohttp.ClientHttpProxyError as fault:
            raise UnreachableError("proxy_refused", status=fault.status) from fault
        except aiohttp.ClientError as fault:
            raise ProtocolError("answer_not_http", detail=type(fault).__name__) from fault

    async def _pause_or_raise(self, fault: TapdError, effort: _Effort, divisible: bool) -> None:
        """Sleeps before the next attempt, or raises `fault` when there is to be none."""
        is_limit = isinstance(fault, RateLimitError)
        effort.limited = effort.limited + 1 if is_limit else 0
        too_large = divisible and fault.parameters.get("status") == 502
        most = MOST_TOO_LARGE if too_large else MOST_ATTEMPTS
        pause = self._pause_after(effort, fault)
        left = self._settings.request_seconds - effort.spent
        if fault.code in _NEVER_RETRIED or effort.attempts >= most or pause >= left:
            raise fault
        effort.spent += pause
        if effort.limited > 1:
            self._paused_until = max(self._paused_until, self._monotonic() + pause)
            await self._wait_out_pause()
        else:
            self.usage.waited_seconds += pause
            await self._sleep(pause)

    def _pause_after(self, effort: _Effort, fault: TapdError) -> float:
        asked = fault.parameters.get("retry_after")
        least = float(asked) if isinstance(asked, int) else 0.0
        if effort.limited > 1:
            return max(least, LONG_PAUSE_SECONDS * 2.0 ** (effort.limited - 2))
        ceiling = FIRST_PAUSE_SECONDS * 2.0 ** (effort.attempts - 1)
        return max(least, self._jitter(min(ceiling, LONGEST_PAUSE_SECONDS)))

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        proxy, proxy_headers = proxy_of(self._settings.api_base_url)
        # The headers go with each request and not with the session, which would show them to
        # the proxy too. Redirects are refused: the credentials must not follow them.
        self._request_options = {
            "headers": headers_of(self._settings),
            "allow_redirects": False,
            "proxy": proxy,
            "proxy_headers": proxy_headers,
        }
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the semaphore is the limit
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # The library would send a GET once more by itself when a kept connection drops: one
        # request more than the budget knows of.
        self._session._retry_connection = False
        return self._session


def attempt_seconds(settings: Settings) -> float:
    """The longest time for one attempt: a third of what a request may take with its retries."""
    return settings.request_seconds / 3


def account_of(settings: Settings) -> str:
    """A stable name of the account without secrets; "" where no credentials are set."""
    if settings.access_token is not None:
        digest = hashlib.sha256(settings.access_token.reveal().encode()).hexdigest()
        return f"token:{digest[:12]}"
    return f"user:{settings.api_user}" if settings.has_credentials else ""


def headers_of(settings: Settings) -> dict[str, str]:
    """The headers of a request. The token wins over user and password, as in TAPD's own client.

    Raises CredentialsError when there are none, or the token can't stand in a header.
    """
    if settings.access_token is not None:
        token = settings.access_token.reveal()
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise CredentialsError("token_malformed")
        authorization = f"Bearer {token}"
    elif settings.has_credentials and settings.api_password is not None:
        pair = f"{settings.api_user}:{settings.api_password.reveal()}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
    else:
        raise CredentialsError("credentials_missing")
    return {
        "Authorization": authorization,
        "Accept": "application/json",
        "User-Agent": "taplens",
    }


def query_of(parameters: Mapping[str, object]) -> str:
    """The query string: None is left out, lists are joined by commas as TAPD takes ids."""
    pairs = [
        (name, ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
        for name, value in parameters.items()
        if value is not None
    ]
    return urlencode(pairs, safe=",:")


async def _bounded_body(response: aiohttp.ClientResponse, path: str) -> bytes:
    """The whole body. Raises ProtocolError once it grows beyond ANSWER_BYTES."""
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > ANSWER_BYTES:
            raise ProtocolError("answer_too_large", path=path, megabytes=ANSWER_BYTES >> 20)
    return b"".join(chunks)


async def _checked(answer: Answer) -> Any:
    if len(answer.body) > _PARSE_IN_THREAD_BYTES:
        return await asyncio.to_thread(data_of, answer)
    return data_of(answer)


def _full_jitter(ceiling: float) -> float:
    return random.uniform(0.0, ceiling)  # noqa: S311 - spreads retries, guards no secret

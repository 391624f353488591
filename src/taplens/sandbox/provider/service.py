"""The provider's paths under `/v1`: from a request to its answer, past the faults that are set."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import time
from collections import deque
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from taplens.sandbox.provider import models
from taplens.sandbox.provider.answers import answer, usage_of
from taplens.sandbox.provider.completion import Completion
from taplens.sandbox.provider.delivery import deliver
from taplens.sandbox.provider.embeddings import embeddings
from taplens.sandbox.provider.faults import (
    CHANGES,
    CHECKS,
    DELIVERIES,
    EMBEDDINGS,
    INSTEAD,
    KINDS,
    ProviderFault,
    ProviderFaults,
)  # fmt: skip
from taplens.sandbox.provider.gates import Gates
from taplens.sandbox.provider.log import Exchange, Log
from taplens.sandbox.provider.refusals import REFUSALS, Refused
from taplens.sandbox.provider.request import ChatRequest, Row, check, read_object
from taplens.sandbox.provider.scripts import Script
from taplens.sandbox.provider.wire import Reply, Wait, refused, stream, whole

PREFIX = "/v1"
KEY = "demo"
_POSTED = ("chat/completions", "embeddings")
_LARGEST_BODY = 16 * 2**20  # bytes


class Provider:
    """A provider with its models, faults, scripted answers and log.

    Everything is touched on the server's event loop only. `limits` is "provider" (message count
    and max_tokens are left to the model, as the real service does) or "documented".
    """

    def __init__(self, latency: float = 0.0) -> None:
        self.latency = latency
        self.limits = "provider"
        self.models = _usual_models()
        self.faults = ProviderFaults()
        self.log = Log()
        self.gates = Gates(self.log.wake)
        self.script: deque[Script] = deque()
        self._numbers = itertools.count(1)

    def clear(self) -> None:
        """Behave as in the beginning: no faults, no script, closed gates, an empty log."""
        self.models = _usual_models()
        self.faults.clear()
        self.script.clear()
        self.gates.close_all()
        self.log.clear()
        self.limits = "provider"

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request below the prefix."""
        headers = Headers(scope=scope)
        body = await _read(receive)
        exchange = self._note(scope, headers, body)
        state = "disconnected"
        try:
            reply = self._reply(exchange, body)
            exchange.status = reply.status
            await asyncio.sleep(self.latency)
            state = await deliver(reply, self._pause, receive, send)
        finally:
            self.log.end(exchange, state)

    def _note(self, scope: Scope, headers: Headers, body: bytes | None) -> Exchange:
        sent = _parsed(body or b"")
        asked = sent if isinstance(sent, dict) else {}
        exchange = Exchange(
            time.time(), scope["method"], scope["path"], dict(headers.items()), sent,
            str(asked.get("model", "")), asked.get("stream") is True,
        )  # fmt: skip
        self.log.begin(exchange)
        return exchange

    def _reply(self, exchange: Exchange, body: bytes | None) -> Reply:
        faults = self.faults.strike(exchange.model) if exchange.method == "POST" else []
        for fault in faults:
            if fault.kind in INSTEAD:
                return INSTEAD[fault.kind](fault)
        try:
            reply = self._answer(exchange, body, faults)
        except Refused as refusal:
            reply = refused(refusal.refusal)
        for fault in faults:
            if fault.kind in DELIVERIES:
                reply = DELIVERIES[fault.kind](fault, reply)
        return reply

    def _answer(self, exchange: Exchange, body: bytes | None, faults: list[ProviderFault]) -> Reply:
        """The order of the checks: path, method, key, body. Raises Refused."""
        rest = exchange.path.removeprefix(PREFIX).strip("/")
        method = "POST" if rest in _POSTED else "GET"
        if rest not in _POSTED and rest.split("/")[0] != "models":
            raise Refused(REFUSALS["404"])
        if exchange.method != method:
            raise Refused(REFUSALS["405"])
        _authenticate(exchange.headers.get("authorization", ""))
        if method == "GET":
            return self._models(rest.removeprefix("models").strip("/"))
        if body is None:
            raise Refused(REFUSALS["413"])
        if rest == "embeddings":
            return _embed(read_object(body), faults)
        return self._complete(check(read_object(body), self.limits), faults)

    def _models(self, name: str) -> Reply:
        if not name:
            listed = [models.listed(one) for one in self.models]
            return whole({"object": "list", "data": listed})
        if not self._serves(name):
            raise Refused(REFUSALS["404"])
        return whole(models.listed(name))

    def _serves(self, model: str) -> bool:
        return model in self.models or model.removeprefix(models.PREFIX) in KINDS

    def _complete(self, request: ChatRequest, faults: list[ProviderFault]) -> Reply:
        if not self._serves(request.model):
            raise Refused(REFUSALS["20012"])
        for fault in faults:
            if fault.kind in CHECKS:
                CHECKS[fault.kind](request)
        script = self._next_script(request.model)
        if script is not None and script.reply is not None:
            return script.reply
        completion = self._completion(request, script.answer if script else None)
        for fault in faults:
            if fault.kind in CHANGES:
                CHANGES[fault.kind](completion, request)
        if request.streamed:
            return stream(completion.chunks(with_usage=request.wants_usage))
        return whole(completion.whole())

    def _next_script(self, model: str) -> Script | None:
        """The first scripted answer for the model, which is then used up."""
        for script in self.script:
            if script.model in ("", model):
                self.script.remove(script)
                return script
        return None

    def _completion(self, request: ChatRequest, scripted: Row | None) -> Completion:
        choices = answer(request, scripted)
        usage = (scripted or {}).get("usage") or usage_of(request, choices)
        number = next(self._numbers)
        return Completion(
            f"chatcmpl-sandbox-{number}", int(time.time()), request.model, choices, usage
        )

    async def _pause(self, wait: Wait) -> None:
        if wait.gate:
            await self.gates.arrive(wait.gate)
        else:
            await asyncio.sleep(wait.seconds)


def _embed(body: Row, faults: list[ProviderFault]) -> Reply:
    answer = embeddings(body)
    for fault in faults:
        if fault.kind in EMBEDDINGS:
            EMBEDDINGS[fault.kind](answer)
    return whole(answer)


def _usual_models() -> dict[str, None]:
    return dict.fromkeys((*models.DOCUMENTED, *models.OWN))


def _authenticate(authorization: str) -> None:
    scheme, _, key = authorization.partition(" ")
    good = hmac.compare_digest(key.strip().encode(), KEY.encode())
    if scheme.lower() != "bearer" or not good:
        raise Refused(REFUSALS["401"])


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None where it is too large or the caller left."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= _LARGEST_BODY:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= _LARGEST_BODY else None


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")

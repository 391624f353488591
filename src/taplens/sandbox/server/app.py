"""The ASGI application: from a request to TAPD's answer, past the faults that are set."""

from __future__ import annotations

import asyncio
import secrets

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from taplens.sandbox.provider.service import PREFIX
from taplens.sandbox.server import admin
from taplens.sandbox.server.call import Call, clean_path, parse_query
from taplens.sandbox.server.delivery import deliver
from taplens.sandbox.server.endpoints import ENDPOINTS, TOP_LEVEL
from taplens.sandbox.server.envelope import Answer, Refusal, hello, refused, success
from taplens.sandbox.server.faults import Outcome
from taplens.sandbox.server.state import Sandbox

_RATE_LIMIT = 10_000


class App:
    """A TAPD over one sandbox, and a model provider where it plays one.

    Closes the sandbox when the server that runs it shuts down.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or follow the life of the server."""
        if scope["type"] == "lifespan":
            await self._follow_life(receive, send)
            return
        provider = self.sandbox.provider
        if provider is not None and scope["path"].startswith(f"{PREFIX}/"):
            await provider.respond(scope, receive, send)
            return
        path = clean_path(scope["path"])
        if path.split("/")[0] == admin.PREFIX:
            await admin.respond(self.sandbox, path, scope, receive, send)
            return
        await self._serve(path, scope, receive, send)

    async def _follow_life(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.sandbox.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _serve(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        call = Call(
            scope["method"], path, parse_query(scope["query_string"]),
            base_url=f"{scope['scheme']}://{headers.get('host', '')}",
        )  # fmt: skip
        refusal = self._authenticate(call, headers)
        entry = self.sandbox.log.add(call)
        outcome = self.sandbox.faults.strike(call)
        await asyncio.sleep(self.sandbox.options.latency + outcome.delay)
        answer = outcome.instead or await self._answer(call, refusal, outcome)
        for change in outcome.change:
            answer = change(answer)
        for act in outcome.acts:
            await self.sandbox.act(act)
        entry.status = answer.status
        await deliver(answer, outcome, self._headers(answer), receive, send)

    def _authenticate(self, call: Call, headers: Headers) -> Refusal | None:
        """Fill in the account; the refusal where the credentials are no good."""
        try:
            call.account = self.sandbox.accounts.authenticate(
                headers.get("authorization", ""), call.get("access_token")
            )
        except Refusal as refusal:
            return refusal
        call.hidden_workspaces = self.sandbox.faults.hidden_workspaces(call.account.login)
        return None

    async def _answer(self, call: Call, refusal: Refusal | None, outcome: Outcome) -> Answer:
        """TAPD's answer. The order of the checks is TAPD's: path, credentials, the rest."""
        if call.path.split("/")[0] not in TOP_LEVEL:
            return hello()
        call.conditions = frozenset(outcome.conditions | self.sandbox.conditions)
        try:
            if refusal is not None:
                raise refusal
            return await self.sandbox.in_worker(_result, self.sandbox, call)
        except Refusal as refused_later:
            return refused(refused_later)

    def _headers(self, answer: Answer) -> list[tuple[bytes, bytes]]:
        """The headers that live answers carry, and the answer's own."""
        left = _RATE_LIMIT - self.sandbox.log.total % _RATE_LIMIT
        sent = {
            "X-RateLimit-Limit": str(_RATE_LIMIT),
            "X-RateLimit-Remaining": str(left),
            "X-Powered-By": "PHP/7.2.25",
            "Set-Cookie": f"tapdsession={secrets.token_hex(16)}; path=/; httponly",
            **answer.headers,
        }
        return [(name.lower().encode(), value.encode()) for name, value in sent.items()]


def _result(sandbox: Sandbox, call: Call) -> Answer:
    """Look up the endpoint and let it answer. Raises Refusal."""
    if call.method not in ("GET", "HEAD"):
        raise Refusal(405, f"{call.method} {call.path}: the sandbox doesn't write")
    endpoint = ENDPOINTS.get(call.path)
    if endpoint is None:
        raise Refusal(404, f"{call.path} is not found")
    return success(endpoint.answer(sandbox.site, call))

"""The least that a gateway on this stack can do: a checked body, one request, its bytes passed on.

No keys, no limits, no ledger, no metrics, one upstream (`BENCH_UPSTREAM`, a base URL). It is what
the gateway is measured against.

    uvicorn --app-dir bench/gateway passthrough:app
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any, Literal

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer sk-upstream"}


class Message(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: Literal["system", "user", "assistant", "tool"]
    content: Any = None


class ChatRequest(BaseModel):
    model_config = ConfigDict(extra="allow")
    model: str
    messages: list[Message] = Field(min_length=1)
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)
    stream: bool = False


class Passing:
    """The upstream's events as they come, in whole events."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        waiting = b""
        try:
            async for received in self._answer.content.iter_any():
                whole, mark, waiting = (waiting + received).rpartition(b"\n\n")
                if mark:
                    body = {"type": "http.response.body", "body": whole + mark, "more_body": True}
                    await send(body)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._answer.close()


async def chat(request: Request) -> Response | Passing:
    body = await request.body()
    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError:
        return Response(b'{"code":20015}', 400)
    answer = await request.app.state.session.post(
        f"{os.environ['BENCH_UPSTREAM']}/chat/completions", data=body, headers=HEADERS
    )
    if asked.stream and answer.status == 200:
        return Passing(answer)
    return Response(await answer.read(), answer.status, media_type="application/json")


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        app.state.session = session
        yield


app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])], lifespan=lifespan)

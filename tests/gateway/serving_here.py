"""A gateway in this event loop over real HTTP, and a client that hides nothing of the answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from taplens.clock import Clock
from taplens.config import Settings
from taplens.gateway.app import Gateway
from taplens.gateway.services import Services
from taplens.llm.catalogue import load_catalogue
from taplens.serving.network import listen, url_of

MODEL = "Qwen/QwQ-32B"
CHAT = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def data(self) -> list[str]:
        """The data of each event."""
        lines = self.body.decode().split("\n")
        return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]

    def chunks(self) -> list[dict[str, Any]]:
        """The events but `[DONE]`, parsed."""
        return [json.loads(data) for data in self.data() if data != "[DONE]"]

    def text(self) -> str:
        """The content that the deltas say."""
        choices = [choice for chunk in self.chunks() for choice in chunk.get("choices", ())]
        return "".join(choice["delta"].get("content") or "" for choice in choices)


def chat(text: str = "你好", /, **fields: Any) -> dict[str, Any]:
    """A chat request."""
    return {"model": MODEL, "messages": [{"role": "user", "content": text}]} | fields


@dataclass(slots=True)
class Server:
    """A running gateway and a client of it."""

    url: str
    services: Services
    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        path: str = CHAT,
        body: Any = None,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, whole; bytes go out as they are, anything else as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent |= self.headers | dict(headers or {})
        async with self.session.request(
            method, self.url + path, data=body, headers=sent
        ) as response:
            return Reply(response.status, response.headers, await response.read())

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.ask(path, method="GET", headers=headers)

    async def chat(self, text: str = "你好", /, **fields: Any) -> Reply:
        return await self.ask(body=chat(text, **fields))

    def streaming(self, **fields: Any) -> Any:
        """A stream to be read by the test: an aiohttp response as a context manager."""
        body = json.dumps(chat(stream=True, **fields)).encode()
        sent = {"Content-Type": "application/json"} | self.headers
        return self.session.post(self.url + CHAT, data=body, headers=sent)


def services_for(
    home: Path,
    environment: Mapping[str, str] | None = None,
    providers: str = "",
    clock: Clock | None = None,
    **settings: Any,
) -> Services:
    """The services of a gateway with this environment and this providers.toml."""
    home.mkdir(parents=True, exist_ok=True)
    if providers:
        (home / "providers.toml").write_text(providers, encoding="utf-8")
    chosen = Settings(home=home, **settings)
    catalogue = load_catalogue(chosen, environment or {})
    return Services(chosen, clock=clock, catalogue=catalogue)


@asynccontextmanager
async def served(services: Services, *, local: bool = True) -> AsyncIterator[Server]:
    """The gateway of `services`, listening until the end."""
    app = Gateway(services, local=local)
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(
            app, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        async with services.running():
            task = asyncio.create_task(server._serve([listening]))
            try:
                async with aiohttp.ClientSession() as session:
                    yield Server(url_of("127.0.0.1", listening), services, session)
            finally:
                server.should_exit = True
                await task

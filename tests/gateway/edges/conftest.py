"""The whole server over real HTTP, before a provider that the sandbox plays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import uvicorn

from taplens.config import Secret, Settings
from taplens.gateway.services import Services
from taplens.llm.catalogue import load_catalogue
from taplens.serving.app import create_app
from taplens.serving.network import listen, url_of

if TYPE_CHECKING:
    from taplens.sandbox import RunningSandbox
    from taplens.sandbox.provider.handle import RunningProvider

KEY = "geheim-测试".encode().hex()
STARTING_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """The server's address and key, and the provider behind it."""

    url: str
    key: str
    upstream: RunningProvider


@pytest.fixture(scope="package")
def provider_sandbox() -> Iterator[RunningSandbox]:
    """A sandbox that also plays the provider."""
    from taplens.sandbox import SandboxOptions, running

    with running(SandboxOptions(items=20, provider=True)) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def running_gateway(
    provider_sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """One server for all tests of this folder, in a thread of its own."""
    upstream = provider_sandbox.provider
    settings = Settings(home=tmp_path_factory.mktemp("gateway"), http_token=Secret(KEY))
    environment = {
        f"{name}_{part}": value
        for name in ("SILICONFLOW", "DEEPSEEK")
        for part, value in (("BASE_URL", upstream.base_url), ("API_KEY", upstream.key))
    }
    services = Services(settings, catalogue=load_catalogue(settings, environment))
    with listen("127.0.0.1", 0) as listening:
        app = create_app(settings, services=services)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield Gateway(url_of("127.0.0.1", listening), KEY, upstream)
        server.should_exit = True
        thread.join(STARTING_SECONDS)
        assert not thread.is_alive()


@pytest.fixture
def gateway(running_gateway: Gateway) -> Iterator[Gateway]:
    """The server, its provider as in the beginning."""
    running_gateway.upstream.clear()
    yield running_gateway
    running_gateway.upstream.clear()

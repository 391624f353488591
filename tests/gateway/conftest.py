"""A scripted provider for all tests, and gateways in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import TODAY
from tests.gateway.serving_here import Server, served, services_for

if TYPE_CHECKING:
    from taplens.sandbox.provider.handle import RunningProvider

Serve = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture(scope="session")
def shared_provider() -> Iterator[RunningProvider]:
    """One scripted provider for all tests."""
    from taplens.sandbox import SandboxOptions, running

    with running(SandboxOptions(items=5, seed=7, today=TODAY, provider=True)) as sandbox:
        assert sandbox.provider is not None
        yield sandbox.provider


@pytest.fixture
def provider(shared_provider: RunningProvider) -> Iterator[RunningProvider]:
    """The scripted provider, behaving, with an empty log."""
    shared_provider.clear()
    yield shared_provider
    shared_provider.clear()


@pytest.fixture
def serve(provider: RunningProvider, tmp_path: Path) -> Serve:
    """`async with serve(**settings) as server`: a gateway whose SiliconFlow is the provider."""

    def serving(**options: Any) -> AbstractAsyncContextManager[Server]:
        environment = {
            "SILICONFLOW_API_KEY": provider.key,
            "SILICONFLOW_BASE_URL": provider.base_url,
        }
        return served(services_for(tmp_path / "home", environment, **options))

    return serving

"""A gateway in front of a provider that plays its answers byte by byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.gateway.serving_here import Server, served, services_for
from tests.llm.scripted_server import Play, ScriptedServer


@asynccontextmanager
async def in_front_of(
    home: Path, *script: Play, more: str = "", **options: Any
) -> AsyncIterator[tuple[Server, ScriptedServer]]:
    """The gateway and the provider; the model `m` is its only one.

    `more` are lines of its table in providers.toml.
    """
    scripted = ScriptedServer(list(script))
    await scripted.start()
    table = f'[providers.own]\nbase_url = "{scripted.base_url}"\nmodels = ["m"]\n{more}\n'
    try:
        async with served(services_for(home, providers=table, **options)) as server:
            yield server, scripted
    finally:
        await scripted.stop()

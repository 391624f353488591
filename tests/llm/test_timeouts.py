"""How long a provider may take: its own limits, over HTTP and in this process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from taplens.config import Settings
from taplens.errors import ConfigurationError, ModelOverloadedError, ModelTimeoutError
from taplens.llm import litellm
from taplens.llm.catalogue import load_catalogue
from taplens.llm.entries import Provider, Upstream
from taplens.llm.local import LocalTransport
from taplens.llm.timeouts import Timeouts
from taplens.llm.transport import refusal

from .scripted_server import event
from .test_local import SMALL, body
from .tiny_gguf import write_model

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import TransportFactory, UpstreamFactory
    from .scripted_server import Exchange, ScriptedServer

TABLE = '[providers.gpu]\nbase_url = "http://10.0.0.5/v1"\n'


def timeouts_of(home: Path, text: str) -> Timeouts | None:
    (home / "providers.toml").write_text(TABLE + text, encoding="utf-8")
    return load_catalogue(Settings(home=home), {}).providers["gpu"].timeouts


def test_a_provider_has_the_timeouts_of_its_table(tmp_path: Path) -> None:
    assert timeouts_of(tmp_path, "") is None
    text = "[providers.gpu.timeouts]\nfirst_byte = 20\ntotal = 90.5"
    assert timeouts_of(tmp_path, text) == Timeouts(first_byte=20, total=90.5)
    assert timeouts_of(tmp_path, "timeouts = { between = 5 }") == Timeouts(between=5)


@pytest.mark.parametrize("wrong", ["{ total = 0 }", "{ whole = 1 }", "{ total = inf }", "30"])
def test_a_wrong_timeout_is_named(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        timeouts_of(tmp_path, f"timeouts = {wrong}")
    assert caught.value.parameters["entry"] == "providers.gpu.timeouts"


def test_litellms_timeout_is_taken_over() -> None:
    def imported(timeout: Any) -> litellm.Imported:
        params = {"model": "openai/qwen", "api_base": "http://10.0.0.5/v1", "timeout": timeout}
        return litellm.translate({"model_list": [{"model_name": "m", "litellm_params": params}]})

    (provider,) = imported(45).providers.values()
    assert provider["timeouts"] == {"total": 45}
    assert "timeouts = { total = 45.0 }" in imported("4.5e1").toml()
    for wrong in ("bald", 0, -1, True, float("inf")):
        (note,) = [one for one in imported(wrong).notes if "timeout" in one.place]
        assert note.reason == "malformed"


async def test_a_providers_own_limits_hold_over_http(
    server: ScriptedServer, transport_of: TransportFactory, upstream_of: UpstreamFactory
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        await exchange.part(event("甲"))
        await exchange.left()

    server.script = [play]
    upstream = upstream_of(timeouts=Timeouts(between=0.05))
    answer = await transport_of().open(upstream, b"{}", streamed=True)
    with pytest.raises(ModelTimeoutError) as caught:
        await answer.read()
    assert caught.value.code == "model_silent"


async def test_the_time_for_the_whole_bounds_the_wait_for_its_head(
    server: ScriptedServer, transport_of: TransportFactory, upstream_of: UpstreamFactory
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.left()

    server.script = [play]
    upstream = upstream_of(timeouts=Timeouts(total=0.05))
    with pytest.raises(ModelTimeoutError):
        await transport_of().open(upstream, b"{}", streamed=True)


async def test_a_stream_of_comments_ends_by_the_time_for_the_whole(
    server: ScriptedServer, transport_of: TransportFactory, upstream_of: UpstreamFactory
) -> None:
    async def play(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            await exchange.part(b": keep-alive\n\n")
            await asyncio.sleep(0.01)

    server.script = [play]
    upstream = upstream_of(timeouts=Timeouts(first_byte=3, between=3, total=0.15))
    answer = await transport_of().open(upstream, b"{}", streamed=True)
    with pytest.raises(ModelTimeoutError) as caught:
        await answer.read()
    assert caught.value.code == "model_too_slow"


@pytest.mark.parametrize("endless", [False, True], ids=["silent", "endless"])
async def test_a_refusal_is_told_though_its_body_never_ends(
    server: ScriptedServer,
    transport_of: TransportFactory,
    upstream_of: UpstreamFactory,
    monkeypatch: pytest.MonkeyPatch,
    endless: bool,
) -> None:
    monkeypatch.setattr("taplens.llm.transport.REFUSAL_SECONDS", 3600 if endless else 0.1)

    async def play(exchange: Exchange) -> None:
        await exchange.begin("text/plain", status=503)
        await exchange.part("暂时过载".encode())
        while endless:
            await exchange.part(b"x" * 10_000)
        await exchange.left()

    server.script = [play]
    upstream = upstream_of()
    answer = await transport_of().open(upstream, b"{}", streamed=False)
    fault = await refusal(answer, upstream)
    assert isinstance(fault, ModelOverloadedError)
    assert "暂时过载" in str(fault)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_model_in_this_process_has_a_time_for_the_whole(
    tmp_path: Path, streamed: bool
) -> None:
    path = write_model(tmp_path / "endless.gguf", endless=True)
    options = SMALL | {"path": str(path)}
    provider = Provider(name="own", kind="local", options=options, timeouts=Timeouts(total=0.05))
    transport = LocalTransport()
    try:
        with pytest.raises(ModelTimeoutError) as caught:
            answer = await transport.open(
                Upstream(provider, "own-model"), body(max_tokens=2000), streamed=streamed
            )
            await answer.read()
        assert caught.value.code == "model_too_slow"
    finally:
        await transport.aclose()

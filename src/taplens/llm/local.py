"""A model in this process as a transport: a GGUF file, off the event loop (extra `local`)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taplens.errors import RequestFault
from taplens.llm.entries import Provider, Upstream
from taplens.llm.local_answer import Answering, LocalAnswer, refused
from taplens.llm.local_engine import Engine, LoadError
from taplens.llm.local_generation import LoadedModel
from taplens.llm.local_options import fault, read_options
from taplens.llm.request import parse
from taplens.llm.timeouts import Timeouts

EXTRA = "local"
_OVERLOADED = "Model service overloaded. Please try again later."


class LocalTransport:
    """Answers from models in this process; each is loaded when it is first asked.

    Relative paths of files begin at `folder`; `timeouts` are those of providers without own ones.
    """

    def __init__(self, folder: Path | None = None, timeouts: Timeouts | None = None) -> None:
        self._folder = folder or Path()
        self._timeouts = timeouts or Timeouts()
        self._loading: dict[Provider, asyncio.Task[LoadedModel]] = {}

    async def load(self, upstream: Upstream) -> LoadedModel:
        """The upstream's model, loaded now if it isn't yet.

        Loading stops the event loop for about 0.3 s a gigabyte: a server had better do it before
        it listens. Raises ModelUnavailableError.
        """
        provider = upstream.provider
        task = self._loading.get(provider)
        if task is None:
            task = asyncio.ensure_future(_load(upstream, self._folder))
            self._loading[provider] = task
        await asyncio.wait({task})  # others may wait for it too: it isn't cancelled with one
        if task.exception() is not None:
            self._loading.pop(provider, None)  # once it is mended, the next request finds it
        return task.result()

    async def open(
        self,
        upstream: Upstream,
        body: bytes,
        *,
        streamed: bool,
        headers: Mapping[str, str] | None = None,
    ) -> LocalAnswer:
        """See transport.Transport."""
        try:
            asked = parse(body).raw
        except RequestFault as refusal:
            return refused(400, refusal.message("en"))
        loaded = await self.load(upstream)
        if loaded.overloaded:
            return refused(503, _OVERLOADED)
        request = _for_engine(asked)
        timeouts = upstream.provider.timeouts or self._timeouts
        answering = Answering(loaded.begin(request), request, upstream, timeouts)
        wanted = (asked.get("stream_options") or {}).get("include_usage") is True
        return await answering.open(streamed=streamed, with_usage=wanted)

    async def aclose(self) -> None:
        """Stop what is being generated and free the models."""
        loading, self._loading = self._loading, {}
        for task in loading.values():
            await asyncio.wait({task})
            if task.exception() is None:
                await task.result().close()


async def _load(upstream: Upstream, folder: Path) -> LoadedModel:
    options = await asyncio.to_thread(read_options, upstream, folder)
    try:
        engine = await asyncio.to_thread(Engine, options)
    except ImportError as error:
        raise fault("model_kind_missing", upstream, kind=EXTRA) from error
    except (LoadError, OSError) as error:
        raise fault("model_file_unloadable", upstream, path=str(options.path)) from error
    return LoadedModel(engine, options.parallel)


def _for_engine(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The request as llama.cpp reads it. It always streams: only so can it be stopped."""
    request = {name: value for name, value in asked.items() if value is not None}
    switch = request.pop("enable_thinking", None)
    if switch is not None:
        chosen = request.get("chat_template_kwargs") or {}
        request["chat_template_kwargs"] = {"enable_thinking": switch, **chosen}
    return request | {"stream": True, "stream_options": {"include_usage": True}}

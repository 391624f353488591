"""Generations in threads: a loaded model with its workers, and what each hands to the loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from taplens.llm.local_engine import Chunk, Engine

_MOST_WAITING = 64  # requests that wait for a worker; further ones are refused


class Generation:
    """One answer in the making. A worker puts chunks in, the event loop takes them out."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self._stopped.is_set()

    async def next(self, seconds: float) -> Chunk | None:
        """The next chunk; None at the end. Raises TimeoutError after `seconds`."""
        if seconds <= 0:  # else what is there already would come however late it is
            raise TimeoutError
        async with asyncio.timeout(seconds):
            return await self._chunks.get()

    def stop(self) -> None:
        """End the generation with its next token; who waits for chunks sees the end."""
        self._stopped.set()
        self._chunks.put_nowait(None)

    def put(self, chunk: Chunk | None) -> bool:
        """Hand a chunk over (None: the end), from the worker; True asks it to stop."""
        self.call(lambda: self._chunks.put_nowait(chunk))
        return self.stopped

    def call(self, function: Callable[[], None]) -> None:
        """Run a function on the event loop, from the worker."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens
            self._loop.call_soon_threadsafe(function)


class LoadedModel:
    """A model with one worker thread for each answer that it can generate at once."""

    def __init__(self, engine: Engine, parallel: int) -> None:
        self.engine = engine
        self._parallel = parallel
        self._workers = ThreadPoolExecutor(parallel, thread_name_prefix="local-model")
        self._under_way: set[Generation] = set()

    @property
    def under_way(self) -> int:
        """How many answers are being generated or wait for their turn."""
        return len(self._under_way)

    @property
    def overloaded(self) -> bool:
        """Whether so many wait that another one had better go elsewhere."""
        return self.under_way >= self._parallel + _MOST_WAITING

    def begin(self, request: dict[str, Any]) -> Generation:
        """Begin to generate, or wait in line for a worker."""
        generation = Generation()
        self._under_way.add(generation)
        self._workers.submit(self._run, request, generation)
        return generation

    async def close(self) -> None:
        """Stop all generations, wait for the workers, free the model."""
        for generation in self._under_way:
            generation.stop()
        await asyncio.to_thread(self._close)

    def _run(self, request: dict[str, Any], generation: Generation) -> None:
        try:
            if not generation.stopped:
                self.engine.generate(request, generation.put)
        finally:
            generation.call(lambda: self._under_way.discard(generation))
            generation.put(None)

    def _close(self) -> None:
        self._workers.shutdown(cancel_futures=True)
        self.engine.close()

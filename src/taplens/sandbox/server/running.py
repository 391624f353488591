"""Running a sandbox: in a thread of this process for tests, or in front for the command line."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import uvicorn

from taplens.errors import ServeError
from taplens.sandbox.provider.handle import RunningProvider
from taplens.sandbox.server.app import App
from taplens.sandbox.server.faults import Fault
from taplens.sandbox.server.options import SandboxOptions
from taplens.sandbox.server.state import Sandbox, build_sandbox
from taplens.sandbox.store import Store
from taplens.sandbox.world import World

T = TypeVar("T")
_START_SECONDS = 10.0
_CALL_SECONDS = 600.0
_BACKLOG = 512


def create_app(options: SandboxOptions | None = None) -> App:
    """A sandbox as an ASGI application; building its world takes a while for many items.

    The application closes the sandbox when its server shuts down.
    """
    return App(build_sandbox(options or SandboxOptions()))


@contextlib.contextmanager
def running(options: SandboxOptions | None = None) -> Iterator[RunningSandbox]:
    """A sandbox that answers on a free port of 127.0.0.1, until the block ends.

    It runs in a thread of its own. Raises ServeError where it can't start.
    """
    sandbox = build_sandbox(options or SandboxOptions())
    listener = _listener("127.0.0.1", 0)
    server = _ThreadServer(App(sandbox))
    thread = threading.Thread(
        target=server.run, args=([listener],), name="sandbox-http", daemon=True
    )
    thread.start()
    try:
        server.wait_until_started(_START_SECONDS)
        host, port = listener.getsockname()[:2]
        yield RunningSandbox(f"http://{host}:{port}", sandbox, server)
    finally:
        server.stop()
        thread.join(_START_SECONDS)
        listener.close()
        sandbox.close()


def serve(
    options: SandboxOptions,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ready: Callable[[str], None] = lambda _base_url: None,
) -> None:
    """Run a sandbox until the process is interrupted. Prints nothing.

    `ready` is called with the base URL once the port (0: a free one) is bound and the world is
    built. Raises ServeError where the port can't be had.
    """
    listener = _listener(host, port)
    with contextlib.closing(build_sandbox(options)) as sandbox:
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listener.getsockname()[1]}")
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(_config(App(sandbox))).run([listener])


class RunningSandbox:
    """A sandbox that is up: where it answers, and what only an insider may do.

    The methods may be called from any thread but the server's own.
    """

    def __init__(self, base_url: str, sandbox: Sandbox, server: _ThreadServer) -> None:
        self.base_url = base_url
        self._sandbox = sandbox
        self._server = server

    @property
    def provider(self) -> RunningProvider:
        """The model provider. Raises ValueError where the sandbox plays none."""
        if self._sandbox.provider is None:
            raise ValueError("SandboxOptions(provider=True) was not asked for")
        return RunningProvider(self.base_url, self._sandbox.provider, self._server.submit)

    @property
    def world(self) -> World:
        """The generated world."""
        return self._sandbox.site.world

    @property
    def store(self) -> Store:
        """The rows; reading is safe at any time."""
        return self._sandbox.site.store

    def fault(self, kind: str, path: str = "", **details: Any) -> int:
        """Misbehave: see `faults.Fault` for the details. Returns the fault's number."""
        fault = Fault(kind=kind, path=path, **details)
        return self._on_loop(lambda: self._sandbox.faults.add(fault))

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are set, with how many requests each saw and struck."""
        return self._on_loop(self._sandbox.faults.listing)

    def clear_faults(self) -> None:
        """Behave again."""
        self._on_loop(self._sandbox.faults.clear)

    def requests(self) -> list[dict[str, Any]]:
        """The requests so far: at (epoch seconds), method, path, query, account, status."""
        return self._on_loop(self._sandbox.log.listing)

    def clear_requests(self) -> None:
        """Forget the requests."""
        self._on_loop(self._sandbox.log.clear)

    def act(self, act: str, **arguments: Any) -> dict[str, Any]:
        """Let one act of life happen, as POST /_sandbox/life does."""
        return self._await(self._sandbox.act({"act": act, **arguments}))

    def pass_days(self, days: float, **arguments: Any) -> dict[str, Any]:
        """Let days pass as a team would spend them; returns the counts of what happened."""
        return self._await(self._sandbox.act({"days": days, **arguments}))

    def truth(self, workspace_id: str, entity: str) -> list[dict[str, Any]]:
        """All whole rows of one entity, in the order of their ids."""
        return self._sandbox.truth(workspace_id, entity, 0, None)

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._server.submit(coroutine)

    def _on_loop(self, function: Callable[[], T]) -> T:
        async def called() -> T:
            return function()

        return self._server.submit(called())


class _ThreadServer(uvicorn.Server):
    """uvicorn in a thread, started and stopped without polling."""

    def __init__(self, app: App) -> None:
        super().__init__(_config(app))
        self._up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def wait_until_started(self, seconds: float) -> None:
        """Return once the port is served. Raises ServeError after `seconds`."""
        if not self._up.wait(seconds):
            raise ServeError("sandbox_start")

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine run on the server's event loop."""
        if self._loop is None:
            coroutine.close()
            raise ServeError("sandbox_start")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_CALL_SECONDS)

    def stop(self) -> None:
        """Ask the server to end; may be called from any thread."""
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def main_loop(self) -> None:
        """Serve until `stop`; uvicorn itself would look every tenth of a second."""
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await self.on_tick(0)
        self._up.set()
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once: tests have nothing left to wait for."""
        for server in self.servers:
            server.close()
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self.lifespan.shutdown()


def _config(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_config=None, log_level="critical", access_log=False, ws="none",
        lifespan="on", server_header=False, backlog=_BACKLOG, timeout_graceful_shutdown=2,
    )  # fmt: skip


def _listener(host: str, port: int) -> socket.socket:
    """A bound and listening socket. Raises ServeError where the port can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as fault:
        raise ServeError("sandbox_port", host=host, port=port, detail=str(fault)) from fault

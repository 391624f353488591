"""The process that serves: listens, runs uvicorn, and ends gracefully."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from taplens.serving.app import create_app
from taplens.serving.network import listen, url_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from taplens.config import Settings
    from taplens.gateway.services import Services

# Longer than clients and proxies keep idle connections: who closes first must not be the one
# that is just being asked.
_KEEP_ALIVE_SECONDS = 75


_OPEN_FILES = 16_384


def run(
    settings: Settings,
    *,
    bind: str,
    port: int,
    ready: Callable[[str, Services], None] | None = None,
) -> None:
    """Serve until interrupted; `ready` is told the server's URL once it listens.

    Running answers may end within the settings' `shutdown_seconds`. Raises ServeError,
    MirrorError or ConfigurationError where it may not or can't serve.
    """
    import asyncio

    import uvicorn

    from taplens.serving.writes import GatheringProtocol

    _log_to_stderr(settings)
    _allow_many_connections()
    with listen(bind, port) as listening:
        app = create_app(settings, bind=bind)
        config = uvicorn.Config(
            app,
            http=GatheringProtocol,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            proxy_headers=False,  # nobody's word on whose behalf it asks is taken
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
        if ready is not None:
            ready(url_of(bind, listening), app.services)
        # uvicorn chooses uvloop where it is installed.
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(uvicorn.Server(config).serve(sockets=[listening]))


def _allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one, where there is such a thing.

    A stream takes two, and the usual soft limit is 1024 (256 on macOS).
    """
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft < wanted:
        # macOS refuses what the kernel's own limit doesn't allow: then it stays as it was.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _log_to_stderr(settings: Settings) -> None:
    """What went wrong, and chats only where the operator asks for them."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("taplens").setLevel(logging.INFO if settings.log_prompts else logging.WARNING)

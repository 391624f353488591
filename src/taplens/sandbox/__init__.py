"""A TAPD of our own over a generated world, for the demo and for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.sandbox.server.options import SandboxOptions
    from taplens.sandbox.server.running import RunningSandbox, create_app, running, serve

__all__ = ["RunningSandbox", "SandboxOptions", "create_app", "running", "serve"]


def __getattr__(name: str) -> Any:
    """Import the servers only when they are used: they bring uvicorn with them."""
    if name == "SandboxOptions":
        from taplens.sandbox.server.options import SandboxOptions

        return SandboxOptions
    if name in __all__:
        from taplens.sandbox.server import running as module

        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

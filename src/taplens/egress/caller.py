"""Who asked for what a task of this process does."""

from __future__ import annotations

from contextvars import ContextVar

# The id of the key that a request came with; a task hands it on to those it starts.
CALLER: ContextVar[str] = ContextVar("caller", default="local")

"""Who asked for what a task of this process does, and by which address."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """`key` is the id of the key that a request came with; `url` the server's address as the
    client has it (`http://127.0.0.1:8780`), "" where none was asked by HTTP.
    """

    key: str = "local"
    url: str = ""


# A task hands it on to those it starts.
CALLER: ContextVar[Caller] = ContextVar("caller", default=Caller())  # noqa: B039 - it is frozen

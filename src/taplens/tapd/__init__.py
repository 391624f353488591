"""TAPD's side of the protocol: an async client that reads, its budget, and its value formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.tapd.budget import RequestBudget
    from taplens.tapd.client import Client, task_type_id
    from taplens.tapd.ids import alternative_ids, expand_id, short_number
    from taplens.tapd.paging import Page
    from taplens.tapd.transport import Usage
    from taplens.tapd.windows import Window, change_windows, day_windows

__all__ = [
    "Client",
    "Page",
    "RequestBudget",
    "Usage",
    "Window",
    "alternative_ids",
    "change_windows",
    "day_windows",
    "expand_id",
    "short_number",
    "task_type_id",
]

_HOMES = {
    "Client": "client",
    "Page": "paging",
    "RequestBudget": "budget",
    "Usage": "transport",
    "Window": "windows",
    "alternative_ids": "ids",
    "change_windows": "windows",
    "day_windows": "windows",
    "expand_id": "ids",
    "short_number": "ids",
    "task_type_id": "client",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

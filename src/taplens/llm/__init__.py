"""The chat-completions protocol and a client for every provider that speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.llm.buckets import Buckets, Rate
    from taplens.llm.catalogue import (
        Catalogue,
        Model,
        Price,
        Provider,
        Upstream,
        configured,
        load_catalogue,
    )
    from taplens.llm.client import Client
    from taplens.llm.merge import Merger
    from taplens.llm.profiles import Profile, profile_of
    from taplens.llm.request import LIMITS, ChatRequest, Limits, parse
    from taplens.llm.sse import DONE, Decoder, Event, encode
    from taplens.llm.structured import complete_json
    from taplens.llm.tokens import Count, count
    from taplens.llm.tool_calls import arguments_of
    from taplens.llm.transport import Answer, HttpTransport, Timeouts, Transport, typed_fault

__all__ = [
    "DONE",
    "LIMITS",
    "Answer",
    "Buckets",
    "Catalogue",
    "ChatRequest",
    "Client",
    "Count",
    "Decoder",
    "Event",
    "HttpTransport",
    "Limits",
    "Merger",
    "Model",
    "Price",
    "Profile",
    "Provider",
    "Rate",
    "Timeouts",
    "Transport",
    "Upstream",
    "arguments_of",
    "complete_json",
    "configured",
    "count",
    "encode",
    "load_catalogue",
    "parse",
    "profile_of",
    "typed_fault",
]

_HOMES = {
    "DONE": "sse",
    "LIMITS": "request",
    "Answer": "transport",
    "Buckets": "buckets",
    "Catalogue": "catalogue",
    "ChatRequest": "request",
    "Client": "client",
    "Count": "tokens",
    "Decoder": "sse",
    "Event": "sse",
    "HttpTransport": "transport",
    "Limits": "request",
    "Merger": "merge",
    "Model": "catalogue",
    "Price": "catalogue",
    "Profile": "profiles",
    "Provider": "catalogue",
    "Rate": "buckets",
    "Timeouts": "transport",
    "Transport": "transport",
    "Upstream": "catalogue",
    "arguments_of": "tool_calls",
    "complete_json": "structured",
    "configured": "catalogue",
    "count": "tokens",
    "encode": "sse",
    "load_catalogue": "catalogue",
    "parse": "request",
    "profile_of": "profiles",
    "typed_fault": "transport",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

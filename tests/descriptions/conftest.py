"""A scripted provider over HTTP, and a home of each test's own."""

from __future__ import annotations

from tests.llm.conftest import client_of, manual_time, server, transport_of, upstream_of

__all__ = ["client_of", "manual_time", "server", "transport_of", "upstream_of"]

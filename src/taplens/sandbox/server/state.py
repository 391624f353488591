"""One running sandbox: its world, who may ask, what misbehaves, and what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from taplens.clock import Clock
from taplens.sandbox.people import GUEST_NICK, TOKEN_NICK
from taplens.sandbox.provider.service import Provider
from taplens.sandbox.server import acts
from taplens.sandbox.server.accounts import Account, Accounts
from taplens.sandbox.server.faults import Faults
from taplens.sandbox.server.log import RequestLog
from taplens.sandbox.server.options import SandboxOptions
from taplens.sandbox.server.site import Site
from taplens.sandbox.shapes import complete
from taplens.sandbox.store import Store
from taplens.sandbox.world import build

T = TypeVar("T")
Row = dict[str, Any]


class Sandbox:
    """The state behind the HTTP paths.

    Rows are read and written in one worker thread, so that the event loop stays free for
    delays and other connections; `faults` and `log` are touched on the event loop only.
    `conditions` are those that hold for every request.
    """

    def __init__(self, site: Site, options: SandboxOptions) -> None:
        self.site = site
        self.options = options
        self.conditions = frozenset[str]() if options.ranges else frozenset({"refuse_ranges"})
        self.accounts = Accounts(_accounts(site))
        self.faults = Faults()
        self.log = RequestLog()
        self.provider = Provider(options.latency) if options.provider else None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sandbox-rows")

    async def in_worker(self, function: Callable[..., T], *arguments: Any) -> T:
        """`function`'s result, from the thread that reads and writes the rows."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, function, *arguments)

    async def act(self, asked: Row) -> Row:
        """Let something happen in the world: see `acts.perform`."""
        return await self.in_worker(acts.perform, self.site.world, asked)

    def truth(self, workspace_id: str, entity: str, offset: int, limit: int | None) -> list[Row]:
        """Whole rows of an entity in the order of their ids, past filters, caps and faults."""
        found = self.site.store.select(
            entity, workspace_id, order="id ASC", limit=limit, offset=offset
        )
        return [complete(entity, row) for row in found]

    def close(self) -> None:
        """End the worker thread and delete the rows. May be called twice."""
        self._worker.shutdown()
        self.site.store.close()


def build_sandbox(options: SandboxOptions) -> Sandbox:
    """A sandbox over a world generated anew; takes seconds for tens of thousands of items."""
    store = Store()
    # The world ends at 18:00 of its last day: yesterday's, so that nothing lies in the future.
    today = options.today or Clock().today() - timedelta(days=1)
    world = build(store, items=options.items, seed=options.seed, today=today)
    return Sandbox(Site(world), options)


def _accounts(site: Site) -> dict[str, Account]:
    """The sandbox's accounts by login: `demo` sees all, `guest` the second workspace only."""
    projects = [row for row in site.store.workspaces() if row["category"] != "organization"]
    return {
        "demo": Account("demo", TOKEN_NICK),
        "guest": Account("guest", GUEST_NICK, frozenset({projects[1]["id"]})),
    }

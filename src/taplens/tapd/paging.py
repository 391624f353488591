"""Pages of a list, several in flight at once, handed on in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from taplens.errors import RejectedError
from taplens.tapd.entities import DEPTH_CAP

Row = dict[str, Any]
Fetch = Callable[[int], Awaitable[list[Row]]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number from 1, its rows, and whether it is the last one."""

    number: int
    rows: list[Row]
    last: bool


def check_depth(page: int, limit: int) -> None:
    """Raises RejectedError where TAPD would refuse: beyond `page * limit` = 20000."""
    if page * limit > DEPTH_CAP:
        raise RejectedError("too_deep", page=page, limit=limit, depth=DEPTH_CAP)


async def read_pages(
    fetch: Fetch, *, limit: int, total: int | None, start_page: int, in_flight: int
) -> AsyncGenerator[Page, None]:
    """Pages from `start_page` on, in order, at most `in_flight` ahead of the reader.

    With `total` (rows as counted) known, all its pages are fetched; reading goes on beyond only
    while the last page is fuller than the count foretold. Without, it ends at the first page
    that isn't full, and no more pages are asked ahead than were full before: a list of one page
    costs one request, one that was counted as empty none. Stops the requests it started when the
    reader leaves.
    """
    if total == 0:
        yield Page(start_page, [], last=True)
        return
    foretold = None if total is None else -(-total // limit)
    pending: deque[asyncio.Task[list[Row]]] = deque()
    number = start_page
    try:
        while True:
            ahead = in_flight if foretold else min(in_flight, number - start_page + 1)
            ending = number + ahead - 1 if foretold is None else min(number + ahead - 1, foretold)
            for page in range(number + len(pending), max(ending, number) + 1):
                pending.append(asyncio.ensure_future(fetch(page)))
            rows = await pending.popleft()
            last = _is_last(number, len(rows), limit, total, foretold)
            yield Page(number, rows, last)
            if last:
                return
            number += 1
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _is_last(number: int, found: int, limit: int, total: int | None, foretold: int | None) -> bool:
    if foretold is None or total is None or number > foretold:
        return found < limit
    expected = total - (foretold - 1) * limit
    return number == foretold and (found < limit or found <= expected)

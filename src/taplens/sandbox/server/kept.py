"""Pages that were asked for before, kept as bytes until a row changes.

The sandbox stands in for a server that is never the bottleneck; encoding a page anew takes longer
than TAPD's whole answer does on its own machines.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import orjson

_CAPACITY_BYTES = 128 * 1024 * 1024


class KeptPages:
    """Encoded pages, the least lately asked dropped first. For one thread, as the rows are."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, bytes] = OrderedDict()
        self._version = 0
        self._size = 0

    def page(self, key: Hashable, version: int, make: Callable[[], Any]) -> orjson.Fragment:
        """The page of `key` as the rows were at `version`; `make` gives it where it is new."""
        if version != self._version:
            self._pages.clear()
            self._version, self._size = version, 0
        body = self._pages.pop(key, None)
        if body is None:
            body = orjson.dumps(make())
            self._size += len(body)
        self._pages[key] = body
        while self._size > _CAPACITY_BYTES:
            self._size -= len(self._pages.popitem(last=False)[1])
        return orjson.Fragment(body)

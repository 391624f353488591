"""Pages that the sandbox keeps: never older than its rows, never more than it may hold."""

from __future__ import annotations

import orjson
import pytest

from taplens.sandbox.server import kept
from taplens.sandbox.server.kept import KeptPages


def test_a_page_asked_again_is_the_same_and_made_once() -> None:
    pages, made = KeptPages(), []
    make = lambda: made.append(1) or [{"name": "结算页🐟"}]  # noqa: E731
    first, again = (orjson.dumps(pages.page("a", 1, make)) for _ in range(2))
    assert orjson.loads(first) == [{"name": "结算页🐟"}]
    assert (first, len(made)) == (again, 1)


def test_a_changed_row_is_never_answered_from_before() -> None:
    pages = KeptPages()
    orjson.dumps(pages.page("a", 1, lambda: ["old"]))
    assert orjson.dumps(pages.page("a", 2, lambda: ["new"])) == b'["new"]'


def test_what_is_kept_stays_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_CAPACITY_BYTES", 20)
    pages, made = KeptPages(), []
    for key in ("a", "b", "a"):
        pages.page(key, 1, lambda: made.append(1) or "0123456789")
    assert len(made) == 3

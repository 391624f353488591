"""Charts that are kept: a bounded number, for a bounded time."""

from __future__ import annotations

from taplens.clock import Clock
from taplens.tools.shelf import KEPT_SECONDS, MOST_KEPT, ChartShelf


def unused() -> None:
    raise AssertionError("nothing is drawn before it is looked at")


def test_the_oldest_goes_where_there_are_too_many() -> None:
    shelf = ChartShelf(Clock())
    names = [shelf.keep(unused, "zh") for _ in range(MOST_KEPT + 1)]
    assert len(set(names)) == len(names)
    assert shelf.find(names[0]) is None
    assert shelf.find(names[1]) is not None


def test_none_is_kept_too_long() -> None:
    passed = [0.0]
    shelf = ChartShelf(Clock(monotonic=lambda: passed[0]))
    name = shelf.keep(unused, "en")
    passed[0] = KEPT_SECONDS - 1
    assert shelf.find(name)
    passed[0] = KEPT_SECONDS + 1
    assert shelf.find(name) is None

"""Items of TAPD as they stand in a data file: their texts, and the short form for answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taplens.tapd.rich_text import to_text

Item = dict[str, Any]
# What an answer shows of an item: all of it is in the file.
_SHOWN = (
    "id", "name", "title", "status", "priority", "priority_label", "severity", "owner",
    "current_owner", "creator", "reporter", "created", "modified", "begin", "due", "completed",
    "resolved", "closed", "iteration_id", "module", "label", "description",
)  # fmt: skip
_LONGEST = 200  # characters of a text in an answer


def title_of(item: Item) -> str:
    """The title: TAPD calls it `name` in stories, `title` in bugs."""
    return str(item.get("name") or item.get("title") or "")


def plain(value: Any) -> str:
    """A value as text, without markup."""
    text = "" if value is None else str(value)
    return to_text(text) if "<" in text else text


def shown(item: Item) -> Item:
    """The fields that tell most, long texts without markup and cut."""
    return {name: short(item[name]) for name in _SHOWN if item.get(name) not in (None, "")}


def short(value: Any) -> Any:
    """A text that fits an answer; other values as they are."""
    if not isinstance(value, str):
        return value
    text = plain(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + "…"


def listed(items: Sequence[Item], count: int) -> list[Item]:
    """The first `count` items in short."""
    return [shown(one) for one in items[:count]]

"""Compact Markdown of an answer: what a client shows that has no use for the JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taplens.tools.envelope import Envelope

_FACTS = ("total", "returned", "as_of", "history_from", "next_cursor")
_SEQUENCE_DIGITS = 9  # of a long id; before them stand a prefix and the workspace


def head(envelope: Envelope) -> str:
    """The lines before the rows: how many there are, how fresh, what to mind."""
    facts = [(name, getattr(envelope, name)) for name in _FACTS]
    lines = [" · ".join(f"{name} {value}" for name, value in facts if value is not None)]
    if envelope.definition:
        lines.append(envelope.definition)
    if envelope.item_ids:
        lines.append("items " + " ".join(envelope.item_ids))
    if envelope.suggestions:
        lines.append("suggestions: " + " | ".join(map(one_line, envelope.suggestions)))
    lines += [f"⚠ {warning}" for warning in envelope.warnings]
    return "\n".join(lines)


def one_line(text: object) -> str:
    """`text` on one line, so that a title can't look like a row of its own."""
    return " ".join(str(text).split())


def facts(pairs: Iterable[tuple[str, Any]]) -> str:
    """`name: value` of what is there, with commas between."""
    return ", ".join(f"{name}: {one_line(shown(value))}" for name, value in pairs if _told(value))


def shown(value: Any) -> str:
    """A value of a row as text."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _told(value: Any) -> bool:
    return value not in (None, "", [], ())


def short(item_id: str) -> str:
    """The number people know an item by: the end of its long id, without leading zeros."""
    return item_id[-_SEQUENCE_DIGITS:].lstrip("0") or "0"


def item_line(row: dict[str, Any]) -> str:
    """An item on one line: type, number, status, title, owners."""
    status = f" [{one_line(row['status'])}]" if row.get("status") else ""
    priority = f" {one_line(row['priority'])}" if row.get("priority") else ""
    owner = f" @{one_line(shown(row['owner']))}" if row.get("owner") else ""
    title = f" {one_line(row['title'])}" if row.get("title") else ""
    return f"- {row['type']} {short(row['id'])}{status}{priority}{title}{owner}"


def quoted(text: str) -> str:
    """`text` as a quotation: written by people in TAPD, not by us."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip("\n").split("\n"))

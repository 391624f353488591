"""Story trees: what parents and children tell of each other."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def plant(row: Row) -> None:
    """Make a new story a root."""
    row["ancestor_id"] = row["id"]
    row["path"] = f"{row['id']}:"


def attach(parent: Row, child: Row) -> None:
    """Put `child`, a root without children, under `parent`."""
    child["parent_id"] = parent["id"]
    child["ancestor_id"] = parent["ancestor_id"]
    child["level"] = str(int(parent.get("level", "0")) + 1)
    child["path"] = f"{parent['path']}:{child['id']}:"
    parent["children_id"] = f"{parent.get('children_id', '|')}|{child['id']}"


def detach(parent: Row, child_id: str) -> None:
    """Take a child's id off `parent`'s list; the child itself stays as it is."""
    ids = [one for one in parent.get("children_id", "|").split("|") if one and one != child_id]
    if ids:
        parent["children_id"] = f"||{'|'.join(ids)}"
    else:
        parent.pop("children_id", None)

"""All items that `taplens find` means, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.cli import calls, output

if TYPE_CHECKING:
    from taplens.cli.exports import Exports
    from taplens.config import Settings
    from taplens.mirror.rows import Row
    from taplens.tables import Cell, Saved
    from taplens.tools.context import ToolContext
    from taplens.tools.every_item import EveryItem

# In this order; `--field` adds further ones before the link.
COLUMNS = (
    "type", "number", "id", "title", "status", "priority", "severity", "owner", "creator",
    "iteration", "label", "created", "modified", "due", "workspace",
)  # fmt: skip


def export_items(
    settings: Settings, asked: dict[str, Any], further: Sequence[str], exports: Exports
) -> dict[str, Any]:
    """Write all items that the arguments `asked` of find_items mean; what a footer tells of them.

    `further` are columns beside COLUMNS. Raises ExportError, and as find_items.
    """
    from taplens.cli.exports import about
    from taplens.clock import iso_time
    from taplens.tables import Table, save
    from taplens.tools.arguments import checked
    from taplens.tools.every_item import every_item
    from taplens.tools.find_items import FindItems

    arguments = checked(FindItems, asked)
    names = [*COLUMNS, *(name for name in dict.fromkeys(further) if name not in COLUMNS)]

    def write(found: EveryItem, told: Callable[[int, int], None]) -> tuple[dict[str, Any], Saved]:
        answer = {
            "total": found.total,
            "returned": found.count,
            "as_of": None if found.as_of is None else iso_time(found.as_of),
            "definition": found.definition,
            "warnings": found.warnings,
        }
        table = Table(
            messages.text("cli.find.sheet"),
            [output.head(name) for name in (*names, "link")],
            _rows(found.rows, names, settings.web_base_url),
            about("find", arguments.where, answer),
        )
        saved = save(table, exports.destinations, lambda done: told(done, found.count))
        return answer, saved

    async def work(context: ToolContext) -> tuple[dict[str, Any], Saved]:
        with output.counting() as told:
            return await every_item(context, arguments, lambda found: write(found, told))

    answer, saved = calls.with_context(settings, work)
    exports.tell(saved)
    return answer


def _rows(rows: Iterator[Row], names: Sequence[str], base: str) -> Iterator[list[Cell]]:
    from taplens.mirror.rows import web_link
    from taplens.tables import Link

    for row in rows:
        address = web_link(base, row.workspace_id, row.type, row.id)
        values: dict[str, Cell] = {
            "type": output.kind_word(row.type),
            "number": row.number,
            "id": Link(row.id, address),
            "title": row.title,
            "status": row.status_label or row.status,
            "priority": row.priority_label or row.priority,
            "severity": row.severity_label or row.severity,
            "owner": row.owners,
            "creator": row.creator,
            "iteration": row.iteration,
            "label": row.labels,
            "created": _time(row.created),
            "modified": _time(row.modified),
            "due": _day(row.due),
            "workspace": row.workspace_id,
        }
        yield [*(values.get(name, row.customs.get(name)) for name in names), address]


def _time(instant: int | None) -> Cell:
    """Epoch seconds in the workspace's zone, without an offset, as spreadsheets take times."""
    from taplens.clock import local_time

    return None if instant is None else local_time(instant)


def _day(text: str | None) -> Cell:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:  # a day that no calendar has stays as TAPD wrote it
        return text

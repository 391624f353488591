"""`taplens status`: the state of the workspaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taplens import messages
from taplens.cli import calls, options, output
from taplens.cli.commands.find import cells

URGENT = ("type", "number", "status", "priority", "owner", "title")


def build() -> click.Command:
    """The command."""

    @options.command("status", options.workspace(), options.home(), options.as_json())
    def status(workspace: tuple[str, ...], home: Path | None, as_json: bool) -> None:
        settings = options.settings_of(home, workspace)
        asked = {"workspace": list(settings.workspace_ids)}
        answer = calls.tool(settings, "workspace_status", asked)
        output.print_json(answer) if as_json else _show(answer)

    return status


def _show(answer: dict[str, Any]) -> None:
    for part in _by_workspace(answer["data"]):
        head, *rows = part
        output.data(f"{head['name']} ({head['workspace']})")
        counts = [row for row in rows if "statuses" in row]
        output.table(
            ("type", "total", "open", "statuses"),
            [
                [output.kind_word(row["type"]), row["total"], row["open"], _told(row["statuses"])]
                for row in counts
            ],
        )
        output.data(messages.text("cli.status.urgent", count=head["open_urgent_bugs"]))
        urgent = rows[len(counts) :]
        if urgent:
            output.table(URGENT, [cells(row, URGENT) for row in urgent])
    output.footer(answer)


def _by_workspace(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The rows of each workspace: its own first."""
    parts: list[list[dict[str, Any]]] = []
    for row in rows:
        if "open_urgent_bugs" in row:
            parts.append([])
        parts[-1].append(row)
    return parts


def _told(statuses: dict[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in statuses.items())

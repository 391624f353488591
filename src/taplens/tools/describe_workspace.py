"""The tool `describe_workspace`: what can be asked about a workspace, in the team's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from taplens.tools import cursor as cursors
from taplens.tools.arguments import Arguments
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import read_together, scope_of, warnings
from taplens.tools.markdown import facts, one_line, shown
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from taplens.mirror.reads_describe import (
        FieldDescription,
        WorkflowDescription,
        WorkspaceDescription,
    )

Part = Literal[
    "overview", "fields", "statuses", "people", "iterations", "categories", "modules",
    "versions", "labels",
]  # fmt: skip
_NAMES_A_ROW = 20


class DescribeWorkspace(Arguments):
    """Arguments: which part, only what has `name` in its name, and the page."""

    part: Part = "overview"
    name: str = ""
    cursor: str = ""
    workspace: str = ""


async def _handle(context: ToolContext, arguments: DescribeWorkspace) -> Answer:
    from taplens.mirror.reads_describe import describe_workspace

    chosen = context.chosen([arguments.workspace] if arguments.workspace else [])
    asked = {"part": arguments.part, "name": arguments.name, "workspace": chosen}
    cursor = cursors.decode(arguments.cursor, TOOL.name, asked)
    scope = await scope_of(context, chosen)
    described, fresh = await context.read(
        read_together, describe_workspace, chosen, scope, chosen[0]
    )
    rows = [row for row in _PARTS[arguments.part](described) if _named(row, arguments.name)]
    return Answer(
        pieces=rows[cursor.position :],
        end=len(rows),
        total=len(rows),
        start=cursor.position,
        as_of=fresh.as_of,
        warnings=warnings(context, fresh, (), cursor, types=fresh.pending),
        brief=_brief,
        query=asked,
    )


def _named(row: Piece, name: str) -> bool:
    """Whether `name` stands in one of the row's values, whatever the case."""
    wanted = name.casefold()
    return not wanted or any(wanted in shown(value).casefold() for value in row.values())


def _overview(found: WorkspaceDescription) -> Iterator[Piece]:
    """What there is, short enough to be read at once."""
    yield {
        "workspace": found.id, "name": found.name, "people": len(found.people),
        "fields": len(found.fields), "iterations": len(found.iterations),
        "categories": len(found.categories), "modules": len(found.modules),
        "versions": len(found.versions), "labels": len(found.labels),
    }  # fmt: skip
    for workflow in found.workflows:
        yield {
            "type": workflow.type,
            "workitem_type": workflow.workitem_type,
            "statuses": [one.label for one in workflow.statuses if not one.is_end],
            "end_statuses": [one.label for one in workflow.statuses if one.is_end],
        }
    current = [one.name for one in found.iterations if one.is_current]
    if current:
        yield {"current_iterations": current}
    custom = list(dict.fromkeys(label for one in found.fields if one.key for label in one.labels))
    for start in range(0, len(custom), _NAMES_A_ROW):
        yield {"custom_fields": custom[start : start + _NAMES_A_ROW]}
    built_in = [one.name for one in found.fields if not one.key]
    for start in range(0, len(built_in), _NAMES_A_ROW):
        yield {"built_in_fields": built_in[start : start + _NAMES_A_ROW]}


def _fields(found: WorkspaceDescription) -> Iterator[Piece]:
    for one in found.fields:
        if one.key or one.labels:  # a field without a label isn't shown to this team
            yield _field(one)


def _field(one: FieldDescription) -> Piece:
    told: Piece = {
        "field": one.name,
        "labels": list(one.labels),
        "key": one.key,
        "kind": one.kind,
        "types": list(one.types),
    }
    told["options"] = [
        label if label == value else f"{label}={value}" for value, label in one.options
    ]
    return {name: value for name, value in told.items() if value not in ("", [])}


def _statuses(found: WorkspaceDescription) -> Iterator[Piece]:
    for workflow in found.workflows:
        yield from _workflow(workflow)


def _workflow(workflow: WorkflowDescription) -> Iterator[Piece]:
    for one in workflow.statuses:
        told: Piece = {
            "type": workflow.type,
            "workitem_type": workflow.workitem_type,
            "status": one.label,
            "key": one.key,
        }
        if one.is_end:
            told["end"] = True
        yield {name: value for name, value in told.items() if value != ""}


def _people(found: WorkspaceDescription) -> Iterator[Piece]:
    for one in found.people:
        told = {"nick": one.nick, "name": one.name, "roles": list(one.roles)}
        yield {name: value for name, value in told.items() if value not in ("", [])}


def _iterations(found: WorkspaceDescription) -> Iterator[Piece]:
    for one in found.iterations:
        told: Piece = {
            "iteration": one.name,
            "id": one.id,
            "begin": one.begin,
            "due": one.due,
            "open": one.is_open,
        }
        if one.is_current:
            told["current"] = True
        yield {name: value for name, value in told.items() if value not in ("", None)}


def _names(attribute: str) -> Callable[[WorkspaceDescription], Iterator[Piece]]:
    def rows(found: WorkspaceDescription) -> Iterator[Piece]:
        for name in getattr(found, attribute):
            yield {"name": name}

    return rows


_PARTS: dict[str, Callable[[WorkspaceDescription], Iterator[Piece]]] = {
    "overview": _overview,
    "fields": _fields,
    "statuses": _statuses,
    "people": _people,
    "iterations": _iterations,
    "categories": _names("categories"),
    "modules": _names("modules"),
    "versions": _names("versions"),
    "labels": _names("labels"),
}


def _brief(row: Piece) -> Piece:
    """A row without its longest list, which alone would fill the answer; how long it is."""
    lists = {name: value for name, value in row.items() if isinstance(value, list)}
    if not lists:
        return row
    longest = max(lists, key=lambda name: len(shown(lists[name])))
    rest = {name: value for name, value in row.items() if name != longest}
    return rest | {f"{longest}_left_out": len(lists[longest])}


def _line(row: Piece) -> str:
    return f"- {facts((name, one_line(shown(value))) for name, value in row.items())}"


TOOL = Tool(
    name="describe_workspace",
    description=(
        "What `where` can name in a workspace: fields incl. custom ones with labels and options,"
        " statuses of each workflow, people, iterations, categories, modules. part: one of these in"
        " full, default an overview; name: only what has this in it; cursor: next page."
    ),
    arguments=DescribeWorkspace,
    result=Envelope,
    fills=("data", "total", "returned", "next_cursor", "as_of", "warnings"),
    handler=_handle,
    line=_line,
    example={"part": "fields", "name": "客户"},
)

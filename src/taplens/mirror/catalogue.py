"""What the workspaces of a scope say of themselves: read once a question, as far as needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, literal, select

from taplens.mirror.dialects import among, fold
from taplens.mirror.fields import TYPE_CODES, TYPES
from taplens.mirror.schema import (
    custom_field,
    field_label,
    field_option,
    item,
    reference,
    term,
    workflow_status,
    workspace,
)
from taplens.mirror.scope import Scope

_CHUNK = 500
_OPTION_COLUMNS = ("workspace", "type", "name", "position", "value", "label", "parent")
_CUSTOM_COLUMNS = ("key", "workspace", "type", "name", "label", "kind", "enabled")

# How TAPD's types of custom fields are kept; every other type is a text.
_CUSTOM_KINDS = {
    "float": "number",
    "integer": "number",
    "int": "number",
    "datetime": "instant",
    "dateinput": "date",
    "user_chooser": "people",
    "multi_select": "pipes",
    "checkbox": "pipes",
}
_CHOSEN = frozenset(
    ("select", "radio", "multi_select", "checkbox", "cascade_radio", "cascade_checkbox")
)


class Custom(NamedTuple):
    """A custom field of one workspace and item type; `html_type` is TAPD's word for its kind."""

    key: int
    workspace: int
    type: str
    name: str
    label: str
    html_type: str
    enabled: bool

    @property
    def is_chosen(self) -> bool:
        """Whether its values are chosen from a list instead of written freely."""
        return self.html_type in _CHOSEN

    @property
    def kind(self) -> str:
        """How its values are kept and compared: as fields.Field.kind."""
        return _CUSTOM_KINDS.get(self.html_type, "term")


class Option(NamedTuple):
    """A value that a field offers: what is stored, and the team's word for it."""

    workspace: int
    type: str
    name: str  # TAPD's field name
    position: int
    value: str
    label: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """A status of one workflow; `workitem_type` is "" where the system has one workflow."""

    workspace: int
    type: str
    workitem_type: str
    key: str
    label: str
    position: int
    is_first: bool
    is_end: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A named thing that items point to: category, iteration, member, module..."""

    workspace: int
    id: str
    name: str
    parent: str | None = None
    also: str = ""  # a second name: what a member is called besides the nick


class Iteration(NamedTuple):
    """An iteration; `begin` and `due` are ISO dates, both days included."""

    workspace: int
    id: str
    name: str
    begin: str | None
    due: str | None
    is_open: bool
    removed: bool


class Catalogue:
    """The words of a scope's workspaces; every part is read when it is first asked for."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self.connection = connection
        self.scope = scope
        self.dialect = connection.dialect.name
        self._options: dict[str, list[Option]] = {}
        self._named: dict[str, list[Named]] = {}
        self._texts: dict[int, str] = {}

    @cached_property
    def workspaces(self) -> dict[int, str]:
        """Key -> TAPD id of the scope's workspaces that the mirror holds, in the scope's order."""
        ids = self.scope.workspace_ids
        rows = self.connection.execute(
            select(workspace.c.key, workspace.c.id).where(workspace.c.id.in_(ids))
        ).all()
        return {row.key: row.id for row in sorted(rows, key=lambda row: ids.index(row.id))}

    @cached_property
    def workspace_names(self) -> dict[int, str]:
        """Key -> name of the same workspaces."""
        rows = self.connection.execute(
            select(workspace.c.key, workspace.c.name).where(workspace.c.key.in_(self.workspaces))
        )
        return {row.key: row.name for row in rows}

    @cached_property
    def customs(self) -> tuple[Custom, ...]:
        """Every custom field that is enabled or that values were met in."""
        table = custom_field.c
        rows = self.connection.execute(
            select(*(table[name] for name in _CUSTOM_COLUMNS))
            .where(table.workspace.in_(self.workspaces))
            .order_by(table.key)
        ).all()
        return tuple(Custom(key, place, TYPES[kind], *rest) for key, place, kind, *rest in rows)

    @cached_property
    def labels(self) -> dict[tuple[str, str], dict[str, None]]:
        """(type, TAPD's field name) -> the labels TAPD shows, of system fields."""
        table = field_label.c
        rows = self.connection.execute(
            select(table.type, table.name, table.label).where(table.workspace.in_(self.workspaces))
        )
        found: dict[tuple[str, str], dict[str, None]] = {}
        for row in rows:
            found.setdefault((TYPES[row.type], row.name), {})[row.label] = None
        return found

    @cached_property
    def statuses(self) -> tuple[Status, ...]:
        """Every status of every workflow, in workflow order."""
        table = workflow_status.c
        rows = self.connection.execute(
            select(workflow_status)
            .where(table.workspace.in_(self.workspaces))
            .order_by(table.workspace, table.type, table.workitem_type, table.position)
        )
        return tuple(
            Status(
                row.workspace,
                TYPES[row.type],
                row.workitem_type,
                row.status,
                row.label,
                row.position,
                row.is_first,
                row.is_end,
            )
            for row in rows
        )

    @cached_property
    def iterations(self) -> tuple[Iteration, ...]:
        """Every iteration, in the order of time; the gone ones too, for items still name them."""
        table = item.c
        rows = self.connection.execute(
            select(
                table.workspace,
                table.id,
                table.title,
                table.begin,
                table.due,
                table.is_open,
                table.removed,
            ).where(
                table.workspace.in_(self.workspaces),
                table.type == literal(TYPE_CODES["iteration"], literal_execute=True),
            )
        )
        found = (
            Iteration(
                row.workspace,
                row.id,
                row.title or "",
                row.begin,
                row.due,
                row.is_open,
                row.removed is not None,
            )
            for row in rows
        )
        return tuple(sorted(found, key=lambda entry: (entry.begin or "", entry.name, entry.id)))

    def options(self, names: Iterable[str]) -> list[Option]:
        """The options of the fields of these TAPD names, of all types, in their order."""
        missing = [name for name in names if name not in self._options]
        if missing:
            self._options |= {name: [] for name in missing}
            table = field_option.c
            rows = self.connection.execute(
                select(*(table[name] for name in _OPTION_COLUMNS))
                .where(table.workspace.in_(self.workspaces), table.name.in_(missing))
                .order_by(table.workspace, table.type, table.name, table.position)
            ).all()
            for workspace_key, type_code, *rest in rows:
                option = Option(workspace_key, TYPES[type_code], *rest)
                self._options[option.name].append(option)
        return [option for name in names for option in self._options[name]]

    def named(self, kind: str) -> list[Named]:
        """The named things of a kind (`reference.kind`), by name."""
        if kind not in self._named:
            table = reference.c
            rows = self.connection.execute(
                select(reference)
                .where(table.workspace.in_(self.workspaces), table.kind == kind)
                .order_by(table.workspace, table.name)
            )
            self._named[kind] = [
                Named(
                    row.workspace,
                    row.id,
                    row.name,
                    row.parent,
                    _second_name(row.payload) if kind == "member" else "",
                )
                for row in rows
            ]
        return self._named[kind]

    def texts(self, codes: Iterable[int | None]) -> dict[int, str]:
        """The texts of coded values."""
        wanted = {code for code in codes if code is not None}
        missing = sorted(wanted - self._texts.keys())
        if missing:
            wanted_keys = among(term.c.key, missing, self.dialect)
            rows = self.connection.execute(select(term.c.key, term.c.text).where(wanted_keys))
            for key, text in rows.all():
                self._texts[key] = text
        return {code: self._texts[code] for code in wanted if code in self._texts}

    def codes(self, texts: Iterable[str]) -> dict[str, int]:
        """The codes of exact texts; a text that occurs nowhere has none."""
        wanted = list(dict.fromkeys(texts))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), _CHUNK):
            rows = self.connection.execute(
                select(term.c.text, term.c.key).where(
                    term.c.text.in_(wanted[start : start + _CHUNK])
                )
            )
            found.update((text, key) for text, key in rows.all())
        return found

    @cached_property
    def field_words(self) -> dict[str, list[tuple[str, str]]]:
        """Folded label -> the system fields (type, TAPD's name) it stands for."""
        words: dict[str, list[tuple[str, str]]] = {}
        for place, labels in self.labels.items():
            for label in labels:
                words.setdefault(fold(label), []).append(place)
        return words


def _second_name(payload: str) -> str:
    return str(orjson.loads(payload).get("name") or "")

"""What a workspace is made of: fields with their options, statuses, people, plans, categories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, select

from taplens.clock import day_of
from taplens.mirror.catalogue import Catalogue, Named
from taplens.mirror.fields import FIELDS, TYPE_CODES
from taplens.mirror.names import Part, Target, custom_target, field_target
from taplens.mirror.reads_workspace import opened
from taplens.mirror.schema import reference
from taplens.mirror.scope import Scope
from taplens.mirror.values import known_values


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """One field as a filter can use it.

    `name` is what to write, `labels` what the team calls it, `kind` as in fields.Field; `options`
    are (value, label) in the team's order, [] for a free field; `key` is TAPD's name of a custom
    field, "" of others.
    """

    name: str
    labels: tuple[str, ...]
    kind: str
    types: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class StatusDescription:
    """A status of one workflow: TAPD's key, the team's word, and where it stands."""

    key: str
    label: str
    is_first: bool
    is_end: bool


@dataclass(frozen=True, slots=True)
class WorkflowDescription:
    """The statuses of a type (and of one work-item type, "" where there is one workflow)."""

    type: str
    workitem_type: str
    statuses: tuple[StatusDescription, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A member: the nick that items name, the full name, the names of the roles."""

    nick: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IterationDescription:
    """An iteration; `begin` and `due` are ISO dates; `is_current` when today lies in it."""

    id: str
    name: str
    begin: str | None
    due: str | None
    is_open: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class WorkspaceDescription:
    """What a workspace is made of; named things by name, categories as paths (`a / b`)."""

    id: str
    name: str
    fields: tuple[FieldDescription, ...]
    workflows: tuple[WorkflowDescription, ...]
    people: tuple[Person, ...]
    iterations: tuple[IterationDescription, ...]
    workitem_types: tuple[str, ...]
    categories: tuple[str, ...]
    case_categories: tuple[str, ...]
    modules: tuple[str, ...]
    versions: tuple[str, ...]
    labels: tuple[str, ...]


def describe_workspace(
    connection: Connection, scope: Scope, workspace_id: str
) -> WorkspaceDescription:
    """What one workspace of the scope is made of.

    Raises NotFoundError outside the scope, EmptyMirrorError where nothing of it is mirrored.
    """
    catalogue, key = opened(connection, scope, workspace_id)
    return WorkspaceDescription(
        id=workspace_id,
        name=catalogue.workspace_names[key],
        fields=tuple(_fields(catalogue)),
        workflows=tuple(_workflows(catalogue)),
        people=tuple(_people(catalogue)),
        iterations=tuple(_iterations(catalogue)),
        workitem_types=_names(catalogue, "workitem_type"),
        categories=_paths(catalogue, "category"),
        case_categories=_paths(catalogue, "tcase_category"),
        modules=_names(catalogue, "module"),
        versions=_names(catalogue, "version"),
        labels=_names(catalogue, "label"),
    )


def _fields(catalogue: Catalogue) -> Iterable[FieldDescription]:
    # Everything first that is asked for below, in one query.
    every = [source for entry in FIELDS for source in entry.sources.values()]
    catalogue.options([*every, "priority_label", *(custom.name for custom in catalogue.customs)])
    for entry in FIELDS:
        labels = [
            label for place in entry.sources.items() for label in catalogue.labels.get(place, ())
        ]
        yield _described(catalogue, field_target(entry.name), labels)
    for custom in catalogue.customs:
        if custom.enabled:
            yield _described(catalogue, custom_target(custom), [custom.label], custom.name)


def _described(
    catalogue: Catalogue, target: Target, labels: Iterable[str], key: str = ""
) -> FieldDescription:
    (part,) = target.parts
    return FieldDescription(
        name=target.name,
        labels=tuple(dict.fromkeys(labels)),
        kind=part.kind,
        types=tuple(name for name in TYPE_CODES if name in part.types),
        options=tuple(_options(catalogue, part)),
        key=key,
    )


def _options(catalogue: Catalogue, part: Part) -> Iterable[tuple[str, str]]:
    """What a field offers; people, iterations and statuses are told on their own."""
    if part.kind in ("person", "people") or (part.field and part.field.name in _TOLD_APART):
        return
    seen = set()
    for known in known_values(catalogue, part):
        label = known.words[0]
        if label not in seen:
            seen.add(label)
            yield known.text, label


_TOLD_APART = frozenset(("iteration", "status", "category"))


def _workflows(catalogue: Catalogue) -> Iterable[WorkflowDescription]:
    names = {named.id: named.name for named in catalogue.named("workitem_type")}
    flows: dict[tuple[str, str], list[StatusDescription]] = {}
    for status in catalogue.statuses:
        flows.setdefault((status.type, status.workitem_type), []).append(
            StatusDescription(status.key, status.label, status.is_first, status.is_end)
        )
    for (item_type, workitem_type), statuses in flows.items():
        name = names.get(workitem_type, workitem_type)
        yield WorkflowDescription(item_type, name, tuple(statuses))


def _people(catalogue: Catalogue) -> Iterable[Person]:
    roles = {named.id: named.name for named in catalogue.named("role")}
    payloads = catalogue.connection.execute(
        select(reference.c.id, reference.c.payload)
        .where(reference.c.workspace.in_(catalogue.workspaces), reference.c.kind == "member")
        .order_by(reference.c.id)
    )
    for nick, payload in payloads:
        row = orjson.loads(payload)
        ids = row.get("role_id") or ()
        held = [ids] if isinstance(ids, str) else ids
        yield Person(
            nick,
            str(row.get("name") or ""),
            tuple(roles.get(str(role), str(role)) for role in held),
        )


def _iterations(catalogue: Catalogue) -> Iterable[IterationDescription]:
    today = day_of(catalogue.scope.now).isoformat()
    for entry in catalogue.iterations:
        if not entry.removed:
            current = (entry.begin or "9") <= today <= (entry.due or "")
            yield IterationDescription(
                entry.id, entry.name, entry.begin, entry.due, entry.is_open, current
            )


def _names(catalogue: Catalogue, kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(named.name for named in catalogue.named(kind)))


def _paths(catalogue: Catalogue, kind: str) -> tuple[str, ...]:
    """Categories with those they lie in, outermost first."""
    by_id = {named.id: named for named in catalogue.named(kind)}
    return tuple(sorted(" / ".join(_path(named, by_id)) for named in by_id.values()))


def _path(named: Named, by_id: dict[str, Named]) -> list[str]:
    names, seen = [named.name], {named.id}
    while named.parent in by_id and named.parent not in seen:
        named = by_id[named.parent]
        seen.add(named.id)
        names.insert(0, named.name)
    return names

"""What a field's name in a filter, a sort or a grouping means: where its values stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, literal

from taplens.mirror.catalogue import Catalogue, Custom
from taplens.mirror.dialects import fold
from taplens.mirror.faults import unknown_field
from taplens.mirror.fields import BY_NAME, FIELDS, Field
from taplens.mirror.schema import item

# Names that mean no single field: what they mean stands in `special`.
SPECIAL_NAMES: dict[str, tuple[str, ...]] = {
    "type": ("type", "类型", "工作项类型"),
    "id": ("id", "编号"),
    "is": ("is",),
    "open": ("open", "is_open"),
    "removed": ("removed",),
    "workspace": ("workspace", "workspace_id", "项目"),
    "any": ("any", "任意字段"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One place where values of a name stand, for the items of `types`.

    `kind` as in fields.Field. Either `column` (of `item`) or `codes` (item_value.field) is set;
    `field` or `customs` tells where they come from.
    """

    kind: str
    types: frozenset[str]
    column: Column[Any] | None = None
    codes: tuple[int, ...] = ()
    field: Field | None = None
    customs: tuple[Custom, ...] = ()

    @property
    def tapd_names(self) -> tuple[str, ...]:
        """TAPD's names of it, as its labels and options are filed under."""
        if self.field is None:
            return tuple(dict.fromkeys(custom.name for custom in self.customs))
        names = dict.fromkeys(self.field.sources[item_type] for item_type in sorted(self.types))
        if self.field.name == "priority":
            names["priority_label"] = None
        return tuple(names)

    def offers(self, item_type: str, name: str, workspace: int) -> bool:
        """Whether an option filed under `name` for `item_type` in a workspace is one of its."""
        if self.field is not None:
            return item_type in self.types and name in self.tapd_names
        return any(
            (custom.type, custom.name, custom.workspace) == (item_type, name, workspace)
            for custom in self.customs
        )


@dataclass(frozen=True, slots=True)
class Target:
    """What a name means: one part or several, of which each item type has at most one.

    `special` is set instead where the name means no field (SPECIAL_NAMES).
    """

    name: str
    parts: tuple[Part, ...] = ()
    special: str = ""

    @property
    def types(self) -> frozenset[str]:
        """The item types that have the field."""
        return frozenset().union(*(part.types for part in self.parts))


def resolve(catalogue: Catalogue, name: str, position: int = 0) -> Target:
    """What `name` means in the catalogue's workspaces, whatever case and width it is written in.

    A mirrored field's own name or alias wins, then TAPD's label of a system field, then a custom
    field's key or label; of several custom fields with one label all are meant. `position` is
    where the name stands in the filter. Raises FilterError `unknown_field` with the nearest names.
    """
    folded = fold(name)
    special = _special_words().get(folded)
    if special:
        return Target(special, special=special)
    fields = _fields(catalogue, folded)
    taken = frozenset().union(*(part.types for part in fields))
    customs = _customs(catalogue, folded, taken)
    if not fields and not customs:
        raise unknown_field(name, known_names(catalogue), position)
    return Target(_canonical(fields, customs), (*fields, *customs))


def field_target(name: str) -> Target:
    """What the canonical name of a mirrored field means, of every item type that has it."""
    field = BY_NAME[name]
    return Target(name, (_field_part(field, frozenset(field.sources)),))


def custom_target(custom: Custom) -> Target:
    """What exactly this custom field means."""
    return Target(custom.label, (_custom_part(custom.kind, (custom,)),))


def known_names(catalogue: Catalogue) -> list[str]:
    """Every name that means something, each once: for suggestions."""
    names = [word for words in SPECIAL_NAMES.values() for word in words]
    names += [name for field in FIELDS for name in field.names]
    mirrored = _by_source()
    names += [
        label for place, labels in catalogue.labels.items() if place in mirrored for label in labels
    ]
    for custom in catalogue.customs:
        names += (custom.label, custom.name)
    return list(dict.fromkeys(names))


@cache
def _special_words() -> dict[str, str]:
    return {fold(word): name for name, words in SPECIAL_NAMES.items() for word in words}


@cache
def _field_words() -> dict[str, Field]:
    words: dict[str, Field] = {}
    for field in FIELDS:
        for name in field.names:
            # A canonical name is stronger than the same word as another field's TAPD name.
            if name == field.name or fold(name) not in words:
                words[fold(name)] = field
    return words


@cache
def _by_source() -> dict[tuple[str, str], Field]:
    return {
        (item_type, source): field
        for field in FIELDS
        for item_type, source in field.sources.items()
    }


def _fields(catalogue: Catalogue, folded: str) -> tuple[Part, ...]:
    named = _field_words().get(folded)
    if named:
        return (_field_part(named, frozenset(named.sources)),)
    found: dict[str, set[str]] = {}
    for item_type, source in catalogue.field_words.get(folded, ()):
        field = _by_source().get((item_type, source))
        if field:
            found.setdefault(field.name, set()).add(item_type)
    return tuple(_field_part(BY_NAME[name], frozenset(types)) for name, types in found.items())


def _field_part(field: Field, types: frozenset[str]) -> Part:
    if field.multiple:
        return Part(field.kind, types, codes=(field.code,), field=field)
    return Part(field.kind, types, column=item.c[field.name], field=field)


def _customs(catalogue: Catalogue, folded: str, taken: frozenset[str]) -> tuple[Part, ...]:
    alike: dict[tuple[str, bool], list[Custom]] = {}
    for custom in catalogue.customs:
        if custom.type not in taken and folded in (fold(custom.name), fold(custom.label)):
            alike.setdefault((custom.kind, custom.is_chosen), []).append(custom)
    return tuple(_custom_part(kind, tuple(customs)) for (kind, _), customs in alike.items())


def _custom_part(kind: str, customs: tuple[Custom, ...]) -> Part:
    types = frozenset(custom.type for custom in customs)
    return Part(kind, types, codes=tuple(custom.key for custom in customs), customs=customs)


def _canonical(fields: Iterable[Part], customs: Iterable[Part]) -> str:
    for part in fields:
        if part.field is not None:
            return part.field.name
    return next(custom.label for part in customs for custom in part.customs)


def day_number(instant: ColumnElement[Any]) -> ColumnElement[int]:
    """The number of the day, in the workspace's zone, that holds an instant (epoch seconds)."""
    return (instant + literal(8 * 3600)) // literal(86_400)

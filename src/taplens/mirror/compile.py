"""From a filter's tree to SQL over `item`: what matches, in which order, and what to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_

from taplens.filters import And, Condition, Node, Not, Or, Query, Words
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.conditions import field_condition, negated
from taplens.mirror.dialects import contains
from taplens.mirror.fields import DEFAULT_TYPES, TYPE_CODES
from taplens.mirror.index.engines import engine_of
from taplens.mirror.index.keeping import is_complete
from taplens.mirror.index.tokens import Phrase, phrase, phrases
from taplens.mirror.names import Target, resolve
from taplens.mirror.order import is_indexed, order_by
from taplens.mirror.schema import item
from taplens.mirror.scope import Notice, Scope
from taplens.mirror.special import (
    IS_ARCHIVED_WORK,
    IS_REMOVED,
    asks_removed,
    special_condition,
    types_meant,
)

_LISTED = frozenset(("people", "pipes", "term"))
_DEAR = 1_000  # what comparing a text costs, in columns read


# What words mean for an item.
Meaning = Callable[[Catalogue, Words], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A filter as SQL over the table `item`.

    `where` holds the scope, the types and the removals too; `order` is total: it ends with type
    and id, and `is_indexed` says whether it begins as an index does. `definitions` are catalogue
    keys of the notions the filter rests on ("definition.open").
    """

    where: ColumnElement[bool]
    order: list[ColumnElement[Any]]
    warnings: tuple[Notice, ...]
    definitions: tuple[str, ...]
    catalogue: Catalogue
    is_indexed: bool


def in_title(catalogue: Catalogue, words: Words) -> ColumnElement[bool]:
    """Whether the title holds the words as they are written, but for case and width."""
    return contains(item.c.title, words.text, catalogue.dialect)


def in_index(catalogue: Catalogue, words: Words) -> ColumnElement[bool]:
    """Whether a title, body or comment holds the words; what has no letters is no word to it."""
    wanted = phrases_of(words)
    if not wanted:
        return in_title(catalogue, words)
    return item.c.key.in_(engine_of(catalogue.dialect).matching(wanted))


def phrases_of(words: Words) -> list[Phrase]:
    """What the index is asked for these words; nothing where they hold no letter or digit."""
    if not words.exact:
        return phrases(words.text)
    whole = phrase(words.text)
    return [whole] if whole else []


def compile_query(
    connection: Connection,
    query: Query,
    scope: Scope,
    meaning: Meaning | None = None,
    *,
    finished_work: bool = False,
) -> Compiled:
    """What `query` means for the mirror that `connection` reads, within `scope`.

    `meaning` says what words mean, when not what the index finds; as long as that isn't complete
    words are looked for in titles, and the answer warns of it.

    Stories, bugs and tasks are meant unless the filter names a type or an id, or a field that
    only other types have. Removed items are left out (with `finished_work` all but those that
    were archived after they had been closed), unless the filter asks for them: then only
    they are meant. A condition on a field matches only items of types that have it, also with
    `!=` and `none`; `not` is the plain complement. Raises FilterError for unknown names and
    values, with the nearest known ones.
    """
    catalogue = Catalogue(connection, scope)
    indexed = meaning is not None or is_complete(connection, scope.workspace_ids)
    present = item.c.removed.is_(None)
    compiler = _Compiler(
        catalogue,
        meaning or (in_index if indexed else in_title),
        or_(present, IS_ARCHIVED_WORK) if finished_work else present,
    )
    return Compiled(
        where=compiler.where(query.where),
        order=order_by(catalogue, query.sort),
        warnings=(*compiler.warnings(query.where), *(() if indexed else unindexed(query.where))),
        definitions=tuple(compiler.definitions),
        catalogue=catalogue,
        is_indexed=is_indexed(catalogue, query.sort),
    )


class _Compiler:
    """Compiles the nodes of one tree, remembering what its names mean."""

    def __init__(
        self, catalogue: Catalogue, meaning: Meaning, present: ColumnElement[bool]
    ) -> None:
        """`present` is what is meant of items unless removed ones are asked for."""
        self.catalogue = catalogue
        self._present = present
        self._meaning = meaning
        self.definitions: dict[str, None] = {}
        self._targets: dict[str, Target] = {}
        self._probing = False

    def where(self, node: Node | None) -> ColumnElement[bool]:
        """What the filter means, with the scope and what it doesn't say itself.

        A row is given up at the first condition it fails: so those come first that let few
        rows through and are quickly read, and texts are compared last.
        """
        parts = node.parts if isinstance(node, And) else [node] if node is not None else []
        costs = sorted(((self._cost(part), place) for place, part in enumerate(parts)))
        self._probing = any(map(self._is_narrow, parts))
        conditions = {place: self.node(parts[place]) for _, place in costs}
        return and_(
            *(conditions[place] for cost, place in costs if cost < _DEAR),
            item.c.workspace.in_(self.catalogue.workspaces),
            *self.defaults(node),
            *(conditions[place] for cost, place in costs if cost >= _DEAR),
        )

    def _is_narrow(self, node: Node) -> bool:
        """Whether a part leads to its items by the values of a field: those are few."""
        return (
            isinstance(node, Condition)
            and node.operator == "="
            and any(part.codes and part.kind in _LISTED for part in self._target(node).parts)
        )

    def _cost(self, node: Node) -> int:
        """How much it takes to test a part: the farther its column stands in the row, the more."""
        if isinstance(node, Words) or (isinstance(node, Condition) and node.operator == "~"):
            return _DEAR
        columns = list(item.columns)
        if not isinstance(node, Condition):
            return len(columns)
        held = [part.column for part in self._target(node).parts if part.column is not None]
        return max((columns.index(column) for column in held), default=0)

    def node(self, node: Node) -> ColumnElement[bool]:
        """What a node means for an item."""
        match node:
            case And(parts):
                return and_(*(self.node(part) for part in sorted(parts, key=self._cost)))
            case Or(parts):
                return or_(*(self.node(part) for part in parts))
            case Not(part):
                return negated(self.node(part))
            case Words():
                return self._meaning(self.catalogue, node)
        return self._condition(node)

    def _condition(self, condition: Condition) -> ColumnElement[bool]:
        target = self._target(condition)
        if not target.special:
            return field_condition(self.catalogue, target, condition, probing=self._probing)
        if _asks_openness(target.special, condition):
            self.definitions["definition.open"] = None
        return special_condition(self.catalogue, target.special, condition)

    def _target(self, condition: Condition) -> Target:
        name = condition.field
        if name not in self._targets:
            self._targets[name] = resolve(self.catalogue, name, condition.position)
        return self._targets[name]

    def defaults(self, where: Node | None) -> Iterator[ColumnElement[bool]]:
        """What is meant although the filter doesn't say it: the types, and nothing removed."""
        asked = [(self._target(condition), condition) for condition in _affirmed(where)]
        removed = any(asks_removed(target.special, condition) for target, condition in asked)
        yield IS_REMOVED if removed else self._present
        if not any(target.special in ("type", "id") for target, _ in asked):
            types = frozenset(DEFAULT_TYPES)
            for target, _ in asked:
                if target.types and not target.types & types:
                    types |= target.types
            yield item.c.type.in_(sorted(TYPE_CODES[name] for name in types))

    def warnings(self, where: Node | None) -> Iterator[Notice]:
        """Conditions on fields that none of the types asked for has."""
        asked = [(self._target(condition), condition) for condition in _affirmed(where)]
        types = frozenset().union(
            *(
                types_meant(condition.values)
                for target, condition in asked
                if target.special == "type"
            )
        )
        for target, condition in asked:
            if types and target.types and not target.types & types:
                yield Notice(
                    "field_not_of_type",
                    {
                        "name": condition.field,
                        "types": ", ".join(sorted(types)),
                        "owners": ", ".join(sorted(target.types)),
                    },
                )


def unindexed(where: Node | None) -> Iterator[Notice]:
    """What to tell of a filter with words while the index isn't complete."""
    if any(True for _ in words_in(where)):
        yield Notice("index_not_ready")


def words_in(node: Node | None) -> Iterator[Words]:
    """The words that stand anywhere in a tree."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from words_in(part)
        case Not(part):
            yield from words_in(part)
        case Words():
            yield node


def _affirmed(node: Node | None) -> Iterator[Condition]:
    """The conditions that aren't turned into their opposite."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _affirmed(part)
        case Condition(operator=operator) if operator != "!=":
            yield node


def _asks_openness(name: str, condition: Condition) -> bool:
    words = {value.text.casefold() for value in condition.values}
    return name == "open" or (name == "is" and bool(words & {"open", "closed", "未关闭", "已关闭"}))

"""What single items are linked to: parents, children, stories, tasks, bugs, test cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, or_, select

from taplens.mirror.catalogue import Catalogue
from taplens.mirror.fields import REMOVALS, TYPE_CODES, TYPES
from taplens.mirror.item_history import Place
from taplens.mirror.schema import item, relation

# relation.kind -> the type of its target; its source is a story.
_RELATIONS = {"story_bug": "bug", "story_tcase": "tcase"}


@dataclass(frozen=True, slots=True)
class Linked:
    """An item another one is linked to.

    `link` says how: parent, child, or the type of what is linked. `removed` as in rows.Row.
    An item that isn't mirrored has an id only.
    """

    link: str
    type: str
    id: str
    number: int | None = None
    title: str = ""
    status: str = ""
    status_label: str = ""
    is_open: bool = False
    removed: str | None = None


Key = tuple[int, int, str]  # as Place.key
_Pairs = dict[Key, dict[tuple[str, Key], None]]  # whose -> (link, to what)


def read_links(catalogue: Catalogue, places: Sequence[Place]) -> dict[Key, list[Linked]]:
    """What each item is linked to, by Place.key; in the order parent, children, others."""
    pairs: _Pairs = {place.key: {} for place in places}
    _hierarchy(catalogue, pairs)
    _related(catalogue, pairs)
    targets = _targets(catalogue, {key for links in pairs.values() for _, key in links})
    return {
        mine: [_linked(link, key, targets.get(key)) for link, key in sorted(links, key=_place)]
        for mine, links in pairs.items()
    }


_ORDER = ("parent", "child", "story", "task", "bug", "tcase")


def _place(entry: tuple[str, Key]) -> tuple[int, str]:
    return _ORDER.index(entry[0]), entry[1][2]


def _hierarchy(catalogue: Catalogue, pairs: _Pairs) -> None:
    """Parents and children, and what hangs under a story by its own column."""
    codes = catalogue.codes({key[2] for key in pairs})
    table = item.c
    columns = (table.workspace, table.type, table.id, table.parent, table.story)
    wanted = or_(
        table.parent.in_(codes.values()),
        table.story.in_(codes.values()),
        table.id.in_({key[2] for key in pairs}),
    )
    query: Select[tuple[int, int, str, int | None, int | None]] = select(*columns).where(
        table.workspace.in_(catalogue.workspaces), wanted
    )
    rows = catalogue.connection.execute(query).all()
    texts = catalogue.texts(code for row in rows for code in (row.parent, row.story))
    for row in rows:
        mine: Key = (row.workspace, row.type, row.id)
        above = texts.get(row.parent or 0)
        if above:
            parent = (row.workspace, row.type, above)
            _add(pairs, mine, "parent", parent)
            _add(pairs, parent, "child", mine)
        story = texts.get(row.story or 0)
        if story:
            holder = (row.workspace, TYPE_CODES["story"], story)
            _add(pairs, mine, "story", holder)
            _add(pairs, holder, TYPES[row.type], mine)


def _related(catalogue: Catalogue, pairs: _Pairs) -> None:
    table = relation.c
    ids = {key[2] for key in pairs}
    rows = catalogue.connection.execute(
        select(relation).where(
            table.workspace.in_(catalogue.workspaces),
            table.kind.in_(_RELATIONS),
            or_(table.source.in_(ids), table.target.in_(ids)),
        )
    )
    for row in rows:
        story = (row.workspace, TYPE_CODES["story"], row.source)
        other = (row.workspace, TYPE_CODES[_RELATIONS[row.kind]], row.target)
        _add(pairs, story, _RELATIONS[row.kind], other)
        _add(pairs, other, "story", story)


def _add(pairs: _Pairs, mine: Key, link: str, other: Key) -> None:
    if mine in pairs:
        pairs[mine][link, other] = None


_CHUNK = 300


def _targets(catalogue: Catalogue, keys: Iterable[Key]) -> dict[Key, Linked]:
    found: dict[Key, Linked] = {}
    wanted = sorted(set(keys))
    table = item.c
    columns = (
        table.workspace,
        table.type,
        table.id,
        table.number,
        table.title,
        table.status,
        table.status_label,
        table.is_open,
        table.removed,
    )
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = catalogue.connection.execute(
            select(*columns).where(
                and_(
                    table.workspace.in_({key[0] for key in chunk}),
                    table.id.in_([key[2] for key in chunk]),
                )
            )
        ).all()
        texts = catalogue.texts(code for row in rows for code in (row.status, row.status_label))
        for row in rows:
            found[row.workspace, row.type, row.id] = Linked(
                "",
                TYPES[row.type],
                row.id,
                row.number,
                row.title or "",
                texts.get(row.status, ""),
                texts.get(row.status_label, ""),
                row.is_open,
                REMOVALS.get(row.removed),
            )
    return found


def _linked(link: str, key: Key, target: Linked | None) -> Linked:
    if target is None:
        return Linked(link, TYPES[key[1]], key[2])
    return Linked(
        link,
        target.type,
        target.id,
        target.number,
        target.title,
        target.status,
        target.status_label,
        target.is_open,
        target.removed,
    )

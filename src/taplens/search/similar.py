"""Items like a given one: the same fault reported again, the same wish told in other words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, and_, select

from taplens.errors import NotFoundError
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.compile import Compiled
from taplens.mirror.embedders.features import features
from taplens.mirror.fields import TYPE_CODES, TYPES
from taplens.mirror.index.documents import Document, stored
from taplens.mirror.index.habits import Habits, feature_of, habits_of
from taplens.mirror.index.keeping import is_complete
from taplens.mirror.index.tokens import Phrase, split, tokens
from taplens.mirror.reads_items import keys_of
from taplens.mirror.rows import Row, light_rows
from taplens.mirror.schema import item
from taplens.mirror.scope import Notice, Scope
from taplens.search.meaning import Sense
from taplens.search.nearest import near_in_meaning
from taplens.search.ranking import Ranking, best_keys

_CANDIDATES = 30  # of each ranking, to be compared more closely
_RAREST = 20  # tokens by which candidates are looked for
_TITLE = 2.0  # how much more a title says than a body
LEAST = 0.2  # of two texts less alike nothing is told
_LONGEST = 1_000  # characters of a body that are compared
_SHARED = 5  # phrases told of each
_FIELDS = ("module", "version", "iteration")
_NO_ITEM = 0  # keys begin at 1
_NOTHING = re.compile(r"\d{1,2}|[^\d]")  # says nothing, alone
_IDS = re.compile(
    r"[A-Z][A-Za-z]*(?:Exception|Error)\b|[A-Za-z]+[-_]?\d{3,}|\b\d{3,}\b|\b0x[0-9A-Fa-f]+\b"
)


@dataclass(frozen=True, slots=True)
class Original:
    """What items are compared with, without its team's templates: an item, or a text (key 0)."""

    key: int
    workspace: int
    type: int
    fields: Mapping[str, int | None]  # of _FIELDS: the codes
    title: str
    body: str
    habits: Habits

    @property
    def kind(self) -> str:
        """The type of item, by its name."""
        return TYPES[self.type]

    @property
    def text(self) -> str:
        """What is compared by meaning."""
        return f"{self.title}\n{self.body}".strip()


@dataclass(frozen=True, slots=True)
class Alike:
    """An item like the original: how much (0-1), and why.

    `shared` are phrases of both, the rarest first; `ids` what both name (orders, errors, codes);
    `same` the fields in which they agree.
    """

    row: Row
    score: float
    shared: tuple[str, ...]
    ids: tuple[str, ...]
    same: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The items that are alike, the most alike first, and what to tell beside them."""

    rows: tuple[Alike, ...]
    warnings: tuple[Notice, ...] = ()


def original_of(connection: Connection, asked: tuple[str | None, str], scope: Scope) -> Original:
    """The item of an id (a type or None for any, and digits). Raises NotFoundError."""
    catalogue = Catalogue(connection, scope)
    keys = keys_of(catalogue, [asked])
    if not keys:
        raise NotFoundError("items_unknown", ids=asked[1])
    key = keys[0]
    columns = [item.c[name] for name in _FIELDS]
    row = connection.execute(
        select(item.c.workspace, item.c.type, *columns).where(item.c.key == key)
    ).one()
    packed = stored(connection, [key]).get(key)
    document = Document.restored(packed) if packed else Document("")
    habits = habits_of(connection, row.workspace, row.type)
    return Original(
        key,
        row.workspace,
        row.type,
        {name: getattr(row, name) for name in _FIELDS},
        document.title,
        habits.without_templates(document.body)[:_LONGEST],
        habits,
    )


def originals_of_text(
    connection: Connection, title: str, body: str, kind: str, scope: Scope
) -> list[Original]:
    """A text, to be compared with the items of a type: once for each workspace, as its team has
    its own habits.
    """
    code = TYPE_CODES[kind]
    return [
        Original(_NO_ITEM, workspace, code, {}, title, body[:_LONGEST], habits)
        for workspace in Catalogue(connection, scope).workspaces
        for habits in [habits_of(connection, workspace, code)]
    ]


def similar(
    connection: Connection,
    original: Original,
    scope: Scope,
    sense: Sense | None = None,
    *,
    all_modules: bool = False,
    limit: int = 5,
) -> Found:
    """The items of the original's type and workspace that are most like it, at most `limit`.

    Of the same module, unless it has none or `all_modules` are wanted. `sense` is what
    `original.text` means. Those that are gone from TAPD are left out.
    """
    catalogue = Catalogue(connection, scope)
    if not is_complete(connection, scope.workspace_ids):
        return Found((), (Notice("index_not_ready_for_similar"),))
    if not original.text:
        return Found((), (Notice("no_text_to_compare"),))
    compiled = _candidates_of(catalogue, original, all_modules)
    keys, notices = _candidates(connection, compiled, original, sense)
    scored = _compared(connection, original, keys)[:limit]
    return Found(tuple(_told(catalogue, original, scored)), tuple(notices))


def _candidates_of(catalogue: Catalogue, original: Original, all_modules: bool) -> Compiled:
    where = [
        item.c.workspace == original.workspace,
        item.c.type == original.type,
        item.c.removed.is_(None),
        item.c.key != original.key,
    ]
    module = original.fields.get("module")
    if module and not all_modules:
        where.append(item.c.module == module)
    return Compiled(and_(*where), [], (), (), catalogue, is_indexed=False)


def _candidates(
    connection: Connection, compiled: Compiled, original: Original, sense: Sense | None
) -> tuple[list[int], list[Notice]]:
    """Whatever may be alike: what holds its rarest words, and what is near in meaning."""
    rarest = sorted(set(tokens(original.text)), key=original.habits.leads)
    phrases = tuple(Phrase((token,)) for token in rarest if len(token) > 1)[:_RAREST]
    held: list[int] = []
    if phrases:
        ranking = Ranking(phrases, any_of=True)
        held = best_keys(connection, compiled, ranking, _CANDIDATES)
    meant, notices = near_in_meaning(connection, compiled, sense, _CANDIDATES)
    return list(dict.fromkeys([*held, *meant])), notices


def _compared(
    connection: Connection, original: Original, keys: Sequence[int]
) -> list[tuple[int, float, Document]]:
    """The candidates with how alike they are, the most alike first."""
    mine = _weighed(original.title, original.body, original.habits)
    found = []
    for key, packed in stored(connection, keys).items():
        document = Document.restored(packed)
        body = original.habits.without_templates(document.body)[:_LONGEST]
        score = _cosine(mine, _weighed(document.title, body, original.habits))
        if score >= LEAST:
            found.append((key, score, replace(document, body=body)))
    return sorted(found, key=lambda one: (-one[1], -one[0]))


def _weighed(title: str, body: str, habits: Habits) -> dict[str, float]:
    """What a text is told by, weighed by how rare it is; a title weighs more."""
    weights = {name: _TITLE * weight for name, weight in features(title).items()}
    for name, weight in features(body).items():
        weights[name] = weights.get(name, 0.0) + weight
    return {name: weight * habits.rarity(name) for name, weight in weights.items()}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    product = sum(weight * other[name] for name, weight in one.items() if name in other)
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return product / lengths if lengths else 0.0


def _told(
    catalogue: Catalogue, original: Original, scored: Sequence[tuple[int, float, Document]]
) -> Iterable[Alike]:
    keys = [key for key, _, _ in scored]
    columns = [item.c[name] for name in _FIELDS]
    query = select(item.c.key, *columns).where(item.c.key.in_(keys))
    fields = {row.key: row for row in catalogue.connection.execute(query)}
    for row, (key, score, document) in zip(light_rows(catalogue, keys), scored, strict=True):
        theirs = f"{document.title}\n{document.body}"
        yield Alike(
            row,
            round(min(score, 1.0), 2),
            shared_phrases(original.text, theirs, original.habits),
            tuple(sorted(_ids(original.text) & _ids(theirs))),
            tuple(
                name
                for name, code in original.fields.items()
                if code is not None and getattr(fields[key], name) == code
            ),
        )


def shared_phrases(one: str, other: str, habits: Habits) -> tuple[str, ...]:
    """The longest stretches of `one` that `other` holds too, the rarest first.

    What many items hold is no part of them, and neither is a single letter or a small number.
    """
    telling = {token for token in tokens(other) if not habits.is_common(token)}
    weights: dict[str, float] = {}
    for is_han, run in split(one):
        words = [run] if run in telling and not _NOTHING.fullmatch(run) else []
        for stretch in _stretches(run, telling, habits) if is_han else words:
            parts = tokens(stretch)[:-1] or [run]
            weights[stretch] = sum(habits.rarity(feature_of(part)) for part in parts) / len(parts)
    told = (one for one, weight in weights.items() if weight > 0)
    best = sorted(told, key=lambda one: (weights[one], len(one)), reverse=True)
    kept: list[str] = []
    for stretch in best:
        if not any(stretch in longer for longer in kept):
            kept.append(stretch)
    return tuple(kept[:_SHARED])


def _stretches(run: str, pairs: set[str], habits: Habits) -> Iterable[str]:
    """The parts of a Chinese run whose pairs are all among `pairs`, less the characters at their
    ends that belong to a common pair: of 进入站内信 站内信 where all items say 进入.
    """
    start = 0
    for place in range(1, len(run) + 1):
        if place == len(run) or run[place - 1 : place + 1] not in pairs:
            first = start + (start > 0 and habits.is_common(run[start - 1 : start + 1]))
            last = place - (place < len(run) and habits.is_common(run[place - 1 : place + 1]))
            if last - first > 1:
                yield run[first:last]
            start = place


def _ids(text: str) -> set[str]:
    return set(_IDS.findall(text))

"""The words of the items that a filter means: how often, in how many, and which are telling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from sqlalchemy import Connection, and_, select

from taplens.analysis.words.keywords import SIGNIFICANT, log_odds, tf_idf
from taplens.analysis.words.segment import folded, is_word, words
from taplens.analysis.words.texts import Source, Text
from taplens.filters import MAX_CHARACTERS, And, Node, Query, Words, to_text
from taplens.mirror.columns import read_columns
from taplens.mirror.compile import compile_query, words_in
from taplens.mirror.fields import DEFAULT_TYPES, TYPE_CODES, TYPES
from taplens.mirror.index.keeping import is_complete
from taplens.mirror.schema import item, workspace
from taplens.mirror.scope import Notice, Scope

MOST_COMPARED = 5_000  # of the other items: so many tell how common a word is to about a percent
SUGGESTED = 5


@dataclass(frozen=True, slots=True)
class Word:
    """A word, how often it occurs, and how many items hold it, in all and by their type.

    `keyness` says how much it tells the selection from the other items (keywords.log_odds), or
    items from one another where there are no others (keywords.tf_idf).
    """

    text: str
    count: int
    items: int
    by_type: dict[str, int]
    keyness: float


@dataclass(frozen=True, slots=True)
class Frequency:
    """The words of `total` items of `types`, the most frequent first.

    `distinct` words are frequent enough, also beyond the limit. `suggestions` are filters,
    each with a word that tells the selection from the others.
    """

    total: int
    types: tuple[str, ...]
    distinct: int
    words: tuple[Word, ...]
    suggestions: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    definitions: tuple[str, ...] = ()


def word_frequency(
    connection: Connection,
    query: Query,
    scope: Scope,
    *,
    stop_words: frozenset[str] = frozenset(),
    min_frequency: int = 3,
    extended: bool = True,
    limit: int = 50,
) -> Frequency:
    """The words of the items that `query` means, at most `limit`, each at least `min_frequency`
    times.

    `stop_words` (folded) are left out, and so are single characters, numbers, and what the team's
    templates say. Titles and descriptions are read, with `extended` also comments, labels,
    modules, features and test steps; as long as the index isn't complete, titles alone. Raises
    FilterError for what the filter gets wrong.
    """
    compiled = compile_query(connection, query, scope)
    indexed = is_complete(connection, scope.workspace_ids)
    source = Source(connection, indexed, extended)
    (keys,) = read_columns(connection, compiled.where, [item.c.key])
    told = _Tally()
    told.add(source.texts(keys))
    others = _Tally()
    others.add(source.texts(_others(connection, scope, keys)))
    frequent = [
        told.word(text, count, others)
        for text, count in told.counts.items()
        if count >= min_frequency and is_word(text) and text not in stop_words
    ]
    frequent.sort(key=lambda word: (-word.count, -word.items, word.text))
    return Frequency(
        len(keys),
        tuple(TYPES[code] for code in sorted(told.items)),
        len(frequent),
        tuple(frequent[:limit]),
        tuple(_suggestions(query.where, frequent, others.total)),
        (*compiled.warnings, *(() if indexed else [Notice("words_of_titles_only")])),
        ("definition.words" if others.total else "definition.words_alone", *compiled.definitions),
    )


def _others(connection: Connection, scope: Scope, selected: Sequence[int]) -> list[int]:
    """The items that the selection is compared with: the other stories, bugs and tasks that
    are there, evenly thinned.
    """
    held = select(workspace.c.key).where(workspace.c.id.in_(scope.workspace_ids))
    present = and_(
        item.c.workspace.in_(held),
        item.c.removed.is_(None),
        item.c.type.in_([TYPE_CODES[name] for name in DEFAULT_TYPES]),
    )
    (keys,) = read_columns(connection, present, [item.c.key])
    others = sorted(set(keys).difference(selected))
    return others[:: ceil(len(others) / MOST_COMPARED) or 1]


@dataclass(slots=True)
class _Tally:
    """How often words occur in some items, and how many items of each type hold them."""

    counts: Counter[str] = field(default_factory=Counter)
    items: dict[int, Counter[str]] = field(default_factory=dict)
    total: int = 0

    def add(self, texts: Iterable[Text]) -> None:
        for one in texts:
            found = words(one.text)
            self.counts.update(found)
            self.items.setdefault(one.type, Counter()).update(set(found))
            self.total += 1

    def held(self, text: str) -> int:
        """How many items hold a word."""
        return sum(counts[text] for counts in self.items.values())

    def word(self, text: str, count: int, others: _Tally) -> Word:
        by_type = {
            TYPES[code]: counts[text] for code, counts in sorted(self.items.items()) if counts[text]
        }
        held = sum(by_type.values())
        if others.total:
            keyness = log_odds(held, self.total, others.held(text), others.total)
        else:
            keyness = tf_idf(count, held, self.total)
        return Word(text, count, held, by_type, keyness)


def _suggestions(where: Node | None, frequent: Iterable[Word], others: int) -> Iterator[str]:
    """The filter with each of the most telling words that it doesn't name itself."""
    named = {word for asked in words_in(where) for word in words(folded(asked.text))}
    least = SIGNIFICANT if others else 0.0
    telling = [word for word in frequent if word.keyness > least and word.text not in named]
    telling.sort(key=lambda word: (-word.keyness, word.text))
    for word in telling[:SUGGESTED]:
        text = to_text(Query(narrowed(where, word.text)))
        if len(text) <= MAX_CHARACTERS:
            yield text


def narrowed(where: Node | None, word: str) -> Node:
    """What a filter means, of that only what holds a word."""
    parts = where.parts if isinstance(where, And) else (where,) if where else ()
    return And((*parts, Words(word, exact=True))) if parts else Words(word, exact=True)

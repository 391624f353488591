"""Finding items in words: exactly, by the index, by meaning, the best first, with what matched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, or_, true

from taplens.filters import Query, Words
from taplens.mirror.catalogue import Catalogue
from taplens.mirror.compile import (
    Compiled,
    Meaning,
    compile_query,
    in_index,
    in_title,
    phrases_of,
    words_in,
)
from taplens.mirror.index.keeping import is_complete
from taplens.mirror.index.tokens import Phrase
from taplens.mirror.reads_find import Found, check_page, page_of
from taplens.mirror.rows import light_rows
from taplens.mirror.schema import item
from taplens.mirror.scope import Notice, Scope
from taplens.search.exact import as_written, letter_by_letter
from taplens.search.meaning import UNASKED, Sense, bare_words
from taplens.search.nearest import id_in, named, nearest_by_meaning, nearest_together
from taplens.search.passages import passages
from taplens.search.ranking import Ranking, ranked_page, ranking_of, relaxed

Mode = Literal["auto", "exact", "fulltext", "semantic"]
# Where fewer items than this hold all the words, the nearest ones follow them.
FEW = 10
EVERY_ITEM = 2**31 - 1
_NUMBER = re.compile(r"\d{3}")


@dataclass(frozen=True, slots=True)
class Selected:
    """Which items were found, in their order, and what `find` tells of them.

    Without `compiled` nothing is told yet: the words' sense is needed first.
    """

    total: int
    keys: list[int]
    compiled: Compiled | None = None
    phrases: tuple[Phrase, ...] = ()
    warnings: tuple[Notice, ...] = ()
    near: int = 0


@dataclass(frozen=True, slots=True)
class Hits(Found):
    """What was found; `passages` holds for each row what matches in its texts, "" for nothing.

    `total` counts what holds all the words or has the id that is asked for; `near` more, which
    are merely near, follow on them. `needs_sense`: nothing is told yet, see `find`.
    """

    passages: tuple[str, ...] = ()
    near: int = 0
    needs_sense: bool = False

    @property
    def end(self) -> int:
        """How many rows all pages have together."""
        return self.total + self.near


def find(
    connection: Connection,
    query: Query,
    scope: Scope,
    *,
    mode: Mode = "auto",
    limit: int = 50,
    offset: int = 0,
    sense: Sense | None = None,
) -> Hits:
    """The items that `query` means, from `offset` on, at most `limit` (1-200).

    Without `sort:` those whose texts fit the words best come first. In mode `fulltext` all words
    must be found; in `auto`, where few items hold all, the nearest follow: by what they hold of
    the words and by `sense`, what the words mean. Where that is UNASKED but needed, the answer
    only says so: making it may take long, and tells an endpoint the words. In mode `semantic`
    `sense` alone counts. In mode `exact` words are looked for in every field as they are written,
    and nothing is ranked. Raises FilterError for what the filter gets wrong, ArgumentError for
    limits out of range.
    """
    check_page(limit, offset)
    return hits_of(
        selected(connection, query, scope, mode=mode, limit=limit, offset=offset, sense=sense)
    )


def selected(
    connection: Connection,
    query: Query,
    scope: Scope,
    *,
    mode: Mode = "auto",
    limit: int = EVERY_ITEM,
    offset: int = 0,
    sense: Sense | None = None,
) -> Selected:
    """As `find`, but which items they are, without their rows: however many are wanted."""
    indexed = is_complete(connection, scope.workspace_ids)
    asked = _Asked(connection, query, scope, limit, offset, sense, indexed)
    if mode == "exact":
        return asked.exactly()
    if mode == "semantic":
        if bare_words(query.where) and not query.sort:
            return asked.by_meaning()
        return asked.listed(notices=[Notice("not_by_meaning")])
    ranking = ranking_of(query.where) if indexed and not query.sort else None
    if mode == "fulltext":
        return asked.listed() if ranking is None else asked.ranked(ranking)
    return asked.as_conditions() if ranking is None else asked.together(ranking)


def hits_of(found: Selected) -> Hits:
    """What was selected, with its rows and passages."""
    if found.compiled is None:
        return Hits(found.total, [], needs_sense=True)
    catalogue = found.compiled.catalogue
    told = passages(catalogue.connection, found.keys, found.phrases) if found.phrases else {}
    return Hits(
        found.total,
        light_rows(catalogue, found.keys),
        found.warnings,
        found.compiled.definitions,
        tuple(told.get(key, "") for key in found.keys),
        found.near,
    )


def _said(found: int, parts: int, near: int) -> list[Notice]:
    """What to tell of an answer of `found` items and of `near` more that don't hold all the words,
    the first `parts` of which hold a number as a part.
    """
    if not near:
        return []
    if found:
        return [Notice("nearest_follow", {"count": found})]
    return [Notice("contained", {"count": parts}) if parts else Notice("nearest")]


def _is_number(words: Words) -> bool:
    """Whether words are an id, an error's code or the like: whoever asks so means it alone."""
    return _NUMBER.search(words.text) is not None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, and the page of its answer that is wanted; `indexed`: all words can be found."""

    connection: Connection
    query: Query
    scope: Scope
    limit: int
    offset: int
    sense: Sense | None = None
    indexed: bool = True

    @property
    def bare(self) -> frozenset[Words]:
        """The bare words, each once."""
        return frozenset(bare_words(self.query.where))

    def unindexed(self, words: Iterable[Words]) -> list[Notice]:
        """What to tell where `words` are looked for while not all can be found."""
        return [] if self.indexed or not any(True for _ in words) else [Notice("index_not_ready")]

    def listed(self, meaning: Meaning | None = None, notices: Sequence[Notice] = ()) -> Selected:
        """The page in the filter's own order; `meaning` says what words mean there."""
        compiled = compile_query(self.connection, self.query, self.scope, meaning)
        return self._in_order(compiled, notices)

    def _in_order(self, compiled: Compiled, notices: Sequence[Notice]) -> Selected:
        page = page_of(self.connection, compiled, self.limit, self.offset)
        asked = [phrase for words in words_in(self.query.where) for phrase in phrases_of(words)]
        return self._selected(compiled, page, asked, notices)

    def exactly(self) -> Selected:
        """The page of what holds the words as they are written, in the filter's own order."""
        compiled = compile_query(self.connection, self.query, self.scope, as_written)
        where = (compiled.where, *letter_by_letter(compiled.catalogue, self.query.where))
        notices = self.unindexed(words_in(self.query.where))
        return self._in_order(replace(compiled, where=and_(*where)), notices)

    def as_conditions(self) -> Selected:
        """The page in the filter's own order, an item whose id is asked for among them."""
        bare = self.bare
        found = self._named(bare)
        if not found:
            return self.listed()

        def meaning(catalogue: Catalogue, words: Words) -> ColumnElement[bool]:
            held = self._held(catalogue, words)
            return or_(held, item.c.key.in_(found)) if words in bare else held

        return self.listed(meaning, self.unindexed(bare))

    def ranked(self, ranking: Ranking) -> Selected:
        """The page of what holds the words."""
        compiled = self._compiled(ranking.settled)
        page = ranked_page(self.connection, compiled, ranking, self.limit, self.offset)
        return self._selected(compiled, page, ranking.phrases)

    def together(self, ranking: Ranking) -> Selected:
        """The page of what holds the words; where that is little, the nearest follow.

        An item whose id is asked for comes before all.
        """
        bare = self.bare
        named = self._named(bare)
        compiled = self._compiled(ranking.settled)
        total, keys = self._led(compiled, ranking, named, self.limit, self.offset)
        if total >= FEW or not bare:
            return self._selected(compiled, (total, keys), ranking.phrases)
        found = keys
        if self.offset or total > self.limit:
            found = self._led(compiled, ranking, named, FEW, 0)[1]
        numbers = frozenset(filter(_is_number, bare))
        if found and numbers:
            return self._selected(compiled, (total, keys), ranking.phrases)
        if self.sense is UNASKED:
            return Selected(total, [])
        parts = [] if found else self._holding_parts(numbers, bare)
        apart, free = relaxed(ranking), self._compiled(bare)
        nearest, notices = nearest_together(self.connection, free, apart, self.sense)
        before = {*found, *parts}
        near = [*parts, *(key for key in nearest if key not in before)]
        page = (total, [*found, *near][self.offset : self.offset + self.limit])
        wanted = (*ranking.phrases, *(apart.phrases if apart else ()))
        said = [*_said(total, len(parts), len(near)), *notices]
        return self._selected(free, page, wanted, said, near=len(near))

    def _named(self, bare: frozenset[Words]) -> list[int]:
        """The keys of the items whose id is all that is asked for."""
        digits = id_in(bare)
        return named(self.connection, self._compiled(bare), digits) if digits else []

    def _led(
        self, compiled: Compiled, ranking: Ranking, first: list[int], limit: int, offset: int
    ) -> tuple[int, list[int]]:
        """How many there are and a page, where the items of `first` come before the ranked ones."""
        if not first:
            return ranked_page(self.connection, compiled, ranking, limit, offset)
        page = first[offset : offset + limit]
        others = replace(compiled, where=and_(compiled.where, item.c.key.not_in(first)))
        left, start = limit - len(page), max(0, offset - len(first))
        total, keys = ranked_page(self.connection, others, ranking, left, start)
        return len(first) + total, [*page, *keys]

    def _holding_parts(self, numbers: frozenset[Words], bare: frozenset[Words]) -> list[int]:
        """The keys of the few items that hold `numbers` as parts of words, whatever the other
        `bare` words; none where they are many.
        """
        if not numbers:
            return []

        def meaning(catalogue: Catalogue, words: Words) -> ColumnElement[bool]:
            if words in numbers:
                return as_written(catalogue, words)
            return true() if words in bare else in_index(catalogue, words)

        compiled = compile_query(self.connection, self.query, self.scope, meaning)
        total, keys = page_of(self.connection, compiled, FEW, 0)
        return keys if total < FEW else []

    def by_meaning(self) -> Selected:
        """The page of what is nearest in meaning."""
        bare = self.bare
        compiled = self._compiled(bare)
        near, notices = nearest_by_meaning(self.connection, compiled, self.sense)
        wanted = [phrase for words in bare_words(self.query.where) for phrase in phrases_of(words)]
        apart = relaxed(Ranking(tuple(wanted)))
        page = (0, near[self.offset : self.offset + self.limit])
        phrases = (*wanted, *(apart.phrases if apart else ()))
        others = (words for words in words_in(self.query.where) if words not in bare)
        notices = [*self.unindexed(others), *notices]
        return self._selected(compiled, page, phrases, notices, near=len(near))

    def _held(self, catalogue: Catalogue, words: Words) -> ColumnElement[bool]:
        """What words mean where they are conditions."""
        return (in_index if self.indexed else in_title)(catalogue, words)

    def _compiled(self, settled: frozenset[Words]) -> Compiled:
        """The filter without the words that are seen to elsewhere."""

        def meaning(catalogue: Catalogue, words: Words) -> ColumnElement[bool]:
            return true() if words in settled else self._held(catalogue, words)

        return compile_query(self.connection, self.query, self.scope, meaning)

    def _selected(
        self,
        compiled: Compiled,
        page: tuple[int, list[int]],
        phrases: Sequence[Phrase],
        notices: Sequence[Notice] = (),
        *,
        near: int = 0,
    ) -> Selected:
        total, keys = page
        told = (*compiled.warnings, *notices)
        return Selected(total, keys, compiled, tuple(phrases), told, near)

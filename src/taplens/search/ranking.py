"""Ranking found items by how well their texts fit the words of a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import compress

from sqlalchemy import CTE, Connection, func, select, true

from taplens.filters import And, Node, Or, Words
from taplens.mirror.columns import read_columns
from taplens.mirror.compile import Compiled, phrases_of
from taplens.mirror.dialects import among
from taplens.mirror.index.engines import Engine, Part, engine_of
from taplens.mirror.index.tokens import Phrase
from taplens.mirror.schema import item

MOST_SCORED = 25_000
_MOST_COMMON = 4  # so many phrases at once don't stand nearly everywhere
_MOST_TITLES = 10_000
_TAKEN = 10  # times as many as are wanted


@dataclass(frozen=True, slots=True)
class Ranking:
    """What items are ranked by: all of `phrases`, or with `any_of` whichever they hold.

    `settled` are the words that the ranking alone sees to: whatever is ranked holds them.
    """

    phrases: tuple[Phrase, ...]
    any_of: bool = False
    settled: frozenset[Words] = frozenset()


def ranking_of(where: Node | None) -> Ranking | None:
    """What the items that a filter means are ranked by: the words that all of them hold.

    Where it asks for one of several words, by those that an item holds. None where the filter
    says nothing in words, or means items that hold none.
    """
    parts = where.parts if isinstance(where, And) else (where,)
    words = [part for part in parts if isinstance(part, Words) and phrases_of(part)]
    if words:
        wanted = [phrase for part in words for phrase in phrases_of(part)]
        return Ranking(tuple(dict.fromkeys(wanted)), settled=frozenset(words))
    for part in parts:
        if isinstance(part, Or) and all(isinstance(one, Words) for one in part.parts):
            choices = [one for one in part.parts if isinstance(one, Words)]
            if all(map(phrases_of, choices)):
                wanted = [phrase for one in choices for phrase in phrases_of(one)]
                return Ranking(tuple(dict.fromkeys(wanted)), any_of=True)
    return None


def relaxed(ranking: Ranking) -> Ranking | None:
    """The same words taken apart, of which any will do; None where there is nothing to part."""
    single: dict[Phrase, None] = {}
    for phrase in ranking.phrases:
        *tokens, last = phrase.tokens
        single |= dict.fromkeys([Phrase((token,)) for token in tokens])
        single[Phrase((last,), phrase.prefix)] = None
    if len(single) < 2:
        return None
    return Ranking(tuple(single), any_of=True, settled=ranking.settled)


def ranked_page(
    connection: Connection, compiled: Compiled, ranking: Ranking, limit: int, offset: int
) -> tuple[int, list[int]]:
    """How many items match in all, and the keys of one page of them, the best first.

    `compiled` needn't say the words that the ranking settles. Equal items stand newest first. Of
    more than MOST_SCORED only those are scored that hold the words in their titles, and the
    others follow, the last changed first: a word that stands nearly everywhere tells nothing.
    """
    asked = _Scoring(connection, compiled, ranking)
    entries = asked.entries()
    if entries > MOST_SCORED:
        return asked.titles_first(limit, offset)
    most = offset + limit
    # A phrase costs the index more than the meeting with the items: it is looked for once.
    if entries > _TAKEN * most and all(len(one.tokens) == 1 for one in ranking.phrases):
        best = asked.best(most)
        if best is not None and len(best) == most:
            return asked.total(), best[offset:]
    return asked.scored(limit, offset)


def best_keys(connection: Connection, compiled: Compiled, ranking: Ranking, most: int) -> list[int]:
    """The keys of the best matches, at most `most`, in the order of `ranked_page`.

    Where the best of all are too few of those that `compiled` means, all are asked.
    """
    best = _Scoring(connection, compiled, ranking).best(most)
    return ranked_page(connection, compiled, ranking, most, 0)[1] if best is None else best


@dataclass(frozen=True, slots=True)
class _Scoring:
    """A ranking of the items that a filter means."""

    connection: Connection
    compiled: Compiled
    ranking: Ranking

    def entries(self) -> int:
        """How many entries hold the words, counted no further than is worth scores.

        0, uncounted, where so many words are asked for, or any of them, that it tells nothing.
        """
        if self.ranking.any_of or len(self.ranking.phrases) > _MOST_COMMON:
            return 0
        held = self._engine.matching(self.ranking.phrases).limit(MOST_SCORED + 1).subquery()
        return self.connection.scalar(select(func.count()).select_from(held)) or 0

    def best(self, most: int) -> list[int] | None:
        """The keys of the `most` best; None where too few of the best entries are meant.

        The index alone ranks twice as fast as together with the items: so the best of all are
        taken, and those left out that the filter doesn't mean.
        """
        match = self._engine.match(self.ranking.phrases, any_of=self.ranking.any_of)
        taken = _TAKEN * most
        ranked = select(match.item).where(match.where).order_by(match.score, match.item.desc())
        keys = self.connection.scalars(ranked.limit(taken)).all()
        listed = among(item.c.key, keys, self.compiled.catalogue.dialect)
        meant = self.connection.scalars(select(item.c.key).where(listed, self.compiled.where))
        left = set(meant)
        if len(left) < most and len(keys) == taken:
            return None
        return [key for key in keys if key in left][:most]

    def total(self) -> int:
        """How many there are."""
        match = self._engine.match(self.ranking.phrases, any_of=self.ranking.any_of)
        where = (match.where, item.c.key == match.item, self.compiled.where)
        return self.connection.scalar(select(func.count()).select_from(item).where(*where)) or 0

    def scored(self, limit: int, offset: int, *, part: Part = "all") -> tuple[int, list[int]]:
        """How many there are, and a page by scores, of those whose `part` holds the words."""
        ranked = self._ranked(part)
        total = select(func.count()).select_from(ranked)
        rows: Sequence[tuple[int, int]] = self.connection.execute(
            select(total.scalar_subquery(), ranked.c.key)
            .order_by(ranked.c.score, ranked.c.key.desc())
            .limit(limit)
            .offset(offset)
        ).all()
        if rows:
            return rows[0][0], [key for _, key in rows]
        # None on a first page are none at all; a page beyond the end, or of no rows, tells nothing.
        told = offset == 0 and limit > 0
        return 0 if told else self.connection.scalar(total) or 0, []

    def titles_first(self, limit: int, offset: int) -> tuple[int, list[int]]:
        """The same, of many: those whose titles hold the words by scores, then the last changed."""
        first = self.scored(_MOST_TITLES, 0, part="title")[1]
        others, changed = self._holding(leaving_out=first)
        page = first[offset : offset + limit]
        if len(page) < limit:
            start = max(0, offset - len(first))
            last = nlargest(start + limit - len(page), zip(changed, others, strict=True))
            page += [key for _, key in last[start:]]
        return len(first) + len(others), page

    def _holding(self, leaving_out: Sequence[int]) -> tuple[list[int], list[int]]:
        """The keys of the other items that hold the words, and when each was changed last.

        Both sides are read whole and met here: a search of the index for each item, or of the
        items for each entry, takes SQLite twice as long.
        """
        columns = [item.c.key, func.coalesce(item.c.modified, 0)]
        keys, changed = read_columns(self.connection, self.compiled.where, columns)
        matching = self._engine.matching(self.ranking.phrases).subquery()
        (entries,) = read_columns(self.connection, true(), list(matching.c))
        held = set(entries).difference(leaving_out)
        holds = list(map(held.__contains__, keys))
        return list(compress(keys, holds)), list(compress(changed, holds))

    @property
    def _engine(self) -> Engine:
        return engine_of(self.compiled.catalogue.dialect)

    def _ranked(self, part: Part) -> CTE:
        phrases, any_of = self.ranking.phrases, self.ranking.any_of
        match = self._engine.match(phrases, any_of=any_of, part=part)
        return (
            select(item.c.key, match.score.label("score"))
            .where(match.where, item.c.key == match.item, self.compiled.where)
            .cte("ranked")
            .prefix_with("MATERIALIZED")  # a score can be told only where the index is read
        )

"""The whole judged set: what was written by hand and what is made, with the right items of each."""

from __future__ import annotations

from dataclasses import dataclass

from judged.corpus import Corpus
from judged.judging import Key
from judged.made import made
from judged.query import Query
from judged.written import written


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the keys of all items that are right."""

    query: Query
    right: frozenset[Key]


def judged_set(corpus: Corpus) -> list[Question]:
    """All questions on the corpus, in a fixed order, no text twice."""
    queries: dict[str, Query] = {}
    for query in (*written(), *made(corpus)):
        queries.setdefault(query.text, query)
    return [
        Question(query, frozenset(item.key for item in query.rule.right(corpus)))
        for query in queries.values()
    ]

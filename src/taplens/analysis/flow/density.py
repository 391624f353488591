"""The metric `density`: how many bugs a story, a module or an iteration has."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from taplens.analysis.flow.groups import Groups, groups_of
from taplens.analysis.flow.histories import Flags
from taplens.analysis.flow.naming import titles_of
from taplens.analysis.flow.question import Found, Question
from taplens.analysis.flow.telling import Row
from taplens.mirror.fields import TYPE_CODES
from taplens.mirror.schema import relation


def density(question: Question) -> Found:
    """The metric `density`: bugs a story, in all and by story, module or iteration."""
    selection, asked = question.selection, question.asked
    facts = question.source.snapshot.columns(
        "SELECT key, type, id, COALESCE(created, 0) AS created FROM item"  # noqa: S608
        f" WHERE {selection.sql} ORDER BY key",
        selection.parameters,
    )
    is_story = facts["type"] == TYPE_CODES["story"]
    is_bug = facts["type"] == TYPE_CODES["bug"]
    span = question.span if asked.since or asked.until else None
    if span is not None:
        is_bug &= (facts["created"] >= span.since) & (facts["created"] < span.until)
    bugs, stories = int(is_bug.sum()), int(is_story.sum())
    total: Row = {"bugs": bugs, "stories": stories} | _quotient(bugs, stories)
    by = asked.by or "story"
    rows = _by_story(question, facts, is_bug) if by == "story" else []
    if by != "story":
        groups = groups_of(question.source, question.catalogue, facts["key"], selection, by)
        rows = _by_group(groups, is_bug, is_story)
    return Found(rows=[total, *rows[: asked.limit]], total=bugs, span=span)


def _quotient(bugs: int, stories: int) -> Row:
    return {"per_story": round(bugs / stories, 2)} if stories else {}


def _by_group(groups: Groups, is_bug: Flags, is_story: Flags) -> list[Row]:
    size = len(groups.shown)
    bugs, stories = (
        np.bincount(groups.places[flags[groups.items]], minlength=size)
        for flags in (is_bug, is_story)
    )
    return [
        groups.named(place)
        | {"bugs": int(bugs[place]), "stories": int(stories[place])}
        | _quotient(int(bugs[place]), int(stories[place]))
        for place in np.argsort(-bugs, kind="stable").tolist()
        if bugs[place] or stories[place]
    ]


def _by_story(question: Question, facts: dict[str, NDArray[Any]], is_bug: Flags) -> list[Row]:
    """The stories with the most bugs: those that TAPD relates to it, or that name it."""
    catalogue = question.catalogue
    counted = dict(zip(facts["id"][is_bug].tolist(), facts["key"][is_bug].tolist(), strict=True))
    related = catalogue.connection.execute(
        select(relation.c.source, relation.c.target).where(
            relation.c.workspace.in_(catalogue.workspaces), relation.c.kind == "story_bug"
        )
    ).all()
    pairs = {(row.source, counted[row.target]) for row in related if row.target in counted}
    selection = question.selection
    named = question.source.snapshot.rows(
        "SELECT story, list(key) FROM item"  # noqa: S608
        f" WHERE story IS NOT NULL AND type = {TYPE_CODES['bug']}"
        f" AND ({selection.sql}) GROUP BY story",
        selection.parameters,
    )
    texts = catalogue.texts(code for code, _ in named)
    wanted = set(counted.values())
    pairs |= {(texts[code], key) for code, keys in named for key in keys if key in wanted}
    bugs = Counter(story for story, _ in pairs)
    best = sorted(bugs.items(), key=lambda pair: (-pair[1], pair[0]))[: question.asked.limit]
    titles = titles_of(catalogue, "story", [story for story, _ in best])
    return [{"story": titles.get(story), "id": story, "bugs": count} for story, count in best]

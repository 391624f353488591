"""Earlier test cases that are like a requirement: what may be taken up again for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taplens.evaluate.model import Requirement
from taplens.search.similar import Alike, Found, originals_of_text, similar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from taplens.mirror.scope import Notice, Scope
    from taplens.search.meaning import Sense


def text_of(requirement: Requirement) -> str:
    """What cases are compared with, by words and by meaning."""
    return "\n".join((requirement.title, requirement.description, requirement.acceptance_criteria))


def earlier_cases(
    connection: Connection,
    scope: Scope,
    requirement: Requirement,
    sense: Sense | None = None,
    limit: int = 5,
) -> Found:
    """TAPD's test cases that are most like a requirement, of all workspaces of the scope.

    `sense` is what `text_of` it means (see search.meaning); without it only words are compared.
    """
    title, _, body = text_of(requirement).partition("\n")
    found: list[Alike] = []
    notices: dict[str, Notice] = {}
    for original in originals_of_text(connection, title, body, "tcase", scope):
        one = similar(connection, original, scope, sense, all_modules=True, limit=limit)
        found += one.rows
        notices |= {notice.code: notice for notice in one.warnings}
    best = sorted(found, key=lambda alike: -alike.score)[:limit]
    return Found(tuple(best), tuple(notices.values()))

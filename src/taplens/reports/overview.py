"""The report `overview`: what there is, what moved, and what needs somebody's eye."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from taplens import messages
from taplens.clock import iso_time
from taplens.filters import Query
from taplens.reports.asking import Asking
from taplens.reports.counts import changes, counts, scope_section, trend
from taplens.reports.model import Report, Section
from taplens.reports.periods import days_of
from taplens.reports.quality import flow_section, quality, words
from taplens.reports.risks import risks, to_look_at

if TYPE_CHECKING:
    from taplens.mirror.scope import Scope
    from taplens.mirror.snapshot.keeping import Source

NAME = "overview"
# In the order they are told; each gives its section, or None where it has nothing to be about.
SECTIONS: tuple[tuple[str, Callable[[Asking], Section | None]], ...] = (
    ("scope", scope_section),
    ("counts", counts),
    ("trend", trend),
    ("flow", flow_section),
    ("quality", quality),
    ("risks", risks),
    ("words", words),
    ("changes", changes),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a report is asked for: the days (as filters take dates), of which items, in `lang`.

    `stop_words` (folded) aren't told among the words.
    """

    since: str = ""
    until: str = ""
    where: Query = Query(None)
    lang: str = "en"
    stop_words: frozenset[str] = frozenset()


def overview(
    source: Source,
    scope: Scope,
    asked: Asked,
    *,
    web_base_url: str,
    told: Callable[[str], None] = lambda _section: None,
) -> Report:
    """The report on the items of `asked`, read from one version of the mirror.

    It speaks as of the time that the mirror is of, not of the reader's clock: so the same mirror
    gives the same report. `told` hears the name of each section that is begun. Raises FilterError
    for the filter, ArgumentError for the days, EmptyMirrorError where nothing is mirrored.
    """
    from taplens.mirror.freshness import freshness

    fresh = freshness(source.connection, scope.workspace_ids)
    scope = replace(scope, now=fresh.as_of or scope.now)
    days = days_of(asked.since, asked.until, scope.now)
    asking = Asking(
        source=source,
        scope=scope,
        where=Query(asked.where.where),
        days=days,
        lang=asked.lang,
        web_base_url=web_base_url,
        stop_words=asked.stop_words,
    )
    sections = []
    for name, make in SECTIONS:
        told(name)
        if (section := make(asking)) is not None:
            sections.append(section)
    sections.append(to_look_at(asking, sections))
    return Report(
        name=NAME,
        title=asking.text("title"),
        lang=asked.lang,
        workspaces=_names(source, scope),
        where=asking.narrowed(""),
        since=days.since,
        until=days.until,
        before_since=days.before.since,
        before_until=days.before.until,
        as_of=None if fresh.as_of is None else iso_time(fresh.as_of),
        history_from=None if fresh.history_from is None else iso_time(fresh.history_from),
        sections=tuple(sections),
        warnings=tuple(_warnings(asking, fresh.pending, fresh.history_from)),
    )


def _names(source: Source, scope: Scope) -> dict[str, str]:
    from taplens.mirror.schema import workspace

    rows = source.connection.execute(
        select(workspace.c.id, workspace.c.name).where(workspace.c.id.in_(scope.workspace_ids))
    )
    found = {row.id: row.name or row.id for row in rows}
    return {one: found.get(one, one) for one in scope.workspace_ids}


def _warnings(asking: Asking, pending: tuple[str, ...], history_from: int | None) -> list[str]:
    """What to mind about all of the report."""
    from taplens.clock import day_start

    told = []
    if pending := tuple(name for name in pending if name in ("story", "bug", "task")):
        told.append(asking.text("warning.still_reading", types=", ".join(pending)))
    if not asking.types:
        told.append(asking.text("warning.no_items"))
    elif history_from is None or history_from > day_start(asking.days.before.since):
        told.append(asking.text("warning.history"))
    told += [
        messages.text(f"warning.flow.{reason}", asking.lang, count=count)
        for reason, count in asking.notes.left_out.items()
    ]
    return [*told, *asking.notes.warnings]

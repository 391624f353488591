"""Making a report for whoever asks: the tool, the command, and the resources of MCP."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from taplens.tools.context import ToolContext
from taplens.tools.freshness import scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taplens.reports.model import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsked:
    """A report that is wanted: the days and the filter as people write them.

    `lang` is "zh" or "en" ("": the caller's); without `workspace` the first is meant.
    """

    since: str = ""
    until: str = ""
    where: str = ""
    lang: str = ""
    workspace: Sequence[str] = ()


async def report_of(context: ToolContext, asked: ReportAsked) -> Report:
    """The overview, read off the event loop; the context's progress is told of each section.

    Raises FilterError, ArgumentError, NotFoundError for what was asked wrongly.
    """
    from taplens.analysis.words.stop_words import stop_words
    from taplens.filters import parse
    from taplens.mirror.threads import in_thread
    from taplens.reports.overview import Asked, overview

    query = parse(asked.where)
    chosen = context.chosen(asked.workspace)
    settings = context.keeper.settings
    left_out = await in_thread(partial(stop_words, settings.home))
    scope = await scope_of(context, chosen)
    wanted = Asked(
        since=asked.since,
        until=asked.until,
        where=query,
        lang=asked.lang or context.locale,
        stop_words=left_out,
    )
    read = partial(overview, web_base_url=settings.web_base_url, told=_teller(context, chosen[0]))
    report: Report = await context.analyse(read, scope, wanted)
    return report


def _teller(context: ToolContext, workspace_id: str) -> Callable[[str], None]:
    """What hears of each section that is begun, and tells the context's progress."""
    from taplens.mirror import ProgressEvent
    from taplens.reports.overview import SECTIONS

    places = {name: place for place, (name, _) in enumerate(SECTIONS, 1)}

    def tell(section: str) -> None:
        if context.progress is not None:
            done = places[section]
            event = ProgressEvent(workspace_id, "report", done, len(places), 0, 0.0, None)
            context.progress(event)

    return tell

"""The tool `word_frequency`: the words that the items of a filter say most."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import MOST_ROWS, Arguments, Texts, Where
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.freshness import definitions, read_together, scope_of, warnings
from taplens.tools.markdown import facts, one_line
from taplens.tools.pictures import ChartTheme
from taplens.tools.registry import Answer, Piece, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.analysis.words.frequency import Frequency, Word
    from taplens.charts import Chart

_MOST_FREQUENCY = 1_000_000
_MOST_DRAWN = 100  # words of a cloud: more can't be read


class WordFrequency(Arguments):
    """Arguments: the filter, how frequent a word must be, which texts count, and how many rows."""

    where: Where = ""
    min_frequency: Annotated[int, Field(ge=1, le=_MOST_FREQUENCY)] = 3
    extended: bool = True
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 50
    workspace: Texts = ()
    chart: ChartTheme = None


async def _handle(context: ToolContext, arguments: WordFrequency) -> Answer:
    from taplens.analysis.words.frequency import word_frequency
    from taplens.analysis.words.stop_words import stop_words
    from taplens.filters import parse
    from taplens.mirror.threads import in_thread

    query = parse(arguments.where)
    chosen = context.chosen(arguments.workspace)
    left_out = await in_thread(partial(stop_words, context.keeper.settings.home))
    scope = await scope_of(context, chosen)
    read = partial(
        word_frequency,
        stop_words=left_out,
        min_frequency=arguments.min_frequency,
        extended=arguments.extended,
        limit=context.most(arguments.limit),
    )
    found, fresh = await context.read(read_together, read, chosen, query, scope)
    return Answer(
        pieces=[_piece(found, word) for word in found.words],
        end=0,  # what doesn't fit is counted in a warning: there are no pages of words
        total=found.total,
        as_of=fresh.as_of,
        definition=definitions(context, found.definitions),
        warnings=warnings(context, fresh, found.warnings),
        suggestions=list(found.suggestions),
        left_out=lambda words: _left_out(context, found.distinct - len(found.words), words),
        chart=partial(_chart, context, arguments.where, found) if found.words else None,
    )


def _chart(context: ToolContext, where: str, found: Frequency) -> Chart:
    """The cloud of the most frequent words."""
    from taplens.charts import Chart, Series

    shown = found.words[:_MOST_DRAWN]
    return Chart(
        kind="words",
        title=context.text("chart.words", count=found.total),
        subtitle=where,
        unit=context.text("cli.column.count"),
        x=[word.text for word in shown],
        series=[Series(context.text("cli.column.count"), [word.count for word in shown])],
    )


def _left_out(context: ToolContext, beyond: int, words: Sequence[Piece]) -> list[str]:
    """How many words stand beyond the limit or the budget."""
    count = beyond + len(words)
    return [context.text("warning.words_left_out", count=count)] if count else []


def _piece(found: Frequency, word: Word) -> Piece:
    """A word with its numbers; the types only where there are several."""
    told: Piece = {"word": word.text, "count": word.count, "items": word.items}
    if len(found.types) > 1:
        told |= {name: word.by_type.get(name, 0) for name in found.types}
    return told | {"keyness": round(word.keyness, 1)}


def _line(row: Piece) -> str:
    more = facts((name, value) for name, value in row.items() if name not in ("word", "count"))
    return f"- {one_line(row['word'])}: {row['count']} ({more})"


TOOL = Tool(
    name="word_frequency",
    description=(
        "Most frequent words (Chinese segmented) of the items matching `where`: occurrences, items"
        " holding the word (by type), keyness (how typical of them); suggestions are filters"
        " to search on with. extended: comments, labels, modules, steps too."
    ),
    arguments=WordFrequency,
    result=Envelope,
    fills=("data", "total", "as_of", "definition", "suggestions", "warnings"),
    handler=_handle,
    line=_line,
    example={"where": "type:bug created:>-30d", "min_frequency": 3},
)

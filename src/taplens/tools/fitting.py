"""Cutting an answer to its token budget: whole rows go, from the end, and nothing else is cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from taplens.clock import iso_time
from taplens.tools.context import ToolContext
from taplens.tools.cursor import Cursor, encode
from taplens.tools.markdown import head
from taplens.tools.registry import Answer, Piece, Result, Tool
from taplens.tools.sizing import compact, fitting, largest, tokens

_IDENTITY = 2  # of a row, the first so many values say what it is of


def fitted(tool: Tool, context: ToolContext, answer: Answer) -> Result:
    """The longest beginning of `answer` that, as JSON and as Markdown together, fits the budget.

    A client may show its model either of the two, or both: each says all, and both are counted.
    A row that is too large on its own is given in short, so that the next page can go on.
    """
    budget = context.budget
    if budget is None:
        return _result(tool, answer, len(answer.pieces))

    def fits(count: int) -> bool:
        return cost(_result(tool, answer, count)) <= budget

    room = budget - cost(_result(tool, answer, 0))
    text_of = answer.text_of or tool.line
    guess = fitting((tokens(compact(p)) + tokens(text_of(p)) + 1 for p in answer.pieces), room)
    kept = largest(len(answer.pieces), guess, fits)
    if kept or (fits(0) and not answer.pieces):
        return _result(tool, answer, kept)
    return _shortest(tool, context, answer, budget)


def cost(result: Result) -> int:
    """What an answer costs a model that reads all of it, in tokens."""
    return tokens(compact(result.content)) + tokens(result.text)


def _shortest(tool: Tool, context: ToolContext, answer: Answer, budget: int) -> Result:
    """Not even one row fits: its short form, at last without what stands around it."""
    told = replace(
        answer,
        warnings=[*answer.warnings, context.text("warning.row_too_large", budget=budget)]
        if answer.pieces
        else answer.warnings,
    )
    bare = replace(answer, definition=None, history_from=None, suggestions=[])
    for frame in (told, answer, bare, replace(bare, warnings=[])):
        for pieces in _short_forms(answer):
            result = _result(tool, replace(frame, pieces=pieces), len(pieces), len(pieces) or 1)
            if cost(result) <= budget:
                break
        else:
            continue
        break
    return result


def _short_forms(answer: Answer) -> Iterator[list[Piece]]:
    """The first row in short, in ever fewer words; no row at all last."""
    if answer.pieces:
        first = answer.pieces[0]
        if answer.brief is not None:
            yield [answer.brief(first)]
        yield [dict(list(first.items())[:_IDENTITY])]
    yield []


def _result(tool: Tool, answer: Answer, kept: int, passed: int | None = None) -> Result:
    """The answer with its first `kept` pieces; the next page begins behind `passed` of them."""
    rows = answer.assemble(answer.pieces[:kept])
    warnings = list(answer.warnings)
    if answer.left_out is not None:
        warnings += answer.left_out(answer.pieces[kept:])
    envelope = tool.result(
        total=answer.total,
        returned=len(rows) if "returned" in tool.fills else None,
        next_cursor=_next_cursor(tool, answer, kept if passed is None else passed),
        as_of=None if answer.as_of is None else iso_time(answer.as_of),
        history_from=None if answer.history_from is None else iso_time(answer.history_from),
        definition=answer.definition,
        warnings=warnings,
        item_ids=answer.item_ids,
        suggestions=answer.suggestions,
        data=rows,
    )
    return Result(envelope.json_object(), "\n".join([head(envelope), *map(tool.line, rows)]))


def _next_cursor(tool: Tool, answer: Answer, passed: int) -> str | None:
    position = answer.start + passed
    if position >= answer.end:
        return None
    return encode(Cursor(position, answer.as_of or 0), tool.name, answer.query)

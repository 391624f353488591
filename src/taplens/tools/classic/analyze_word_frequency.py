"""The classic tool `analyze_word_frequency`: the words that items say most."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from taplens.tools.arguments import Arguments
from taplens.tools.classic.data import DATA_FILE, FileName, load
from taplens.tools.classic.items import plain
from taplens.tools.classic.tool import ClassicTool, Content, Told

if TYPE_CHECKING:
    from pathlib import Path

    from taplens.tools.classic.data import Data
    from taplens.tools.classic.items import Item
    from taplens.tools.context import ToolContext

_FIELDS = ("name", "title", "description", "test_focus", "label")
_EXTENDED = ("acceptance", "comment", "module", "feature", "version")
_BANDS = ((100, "100+"), (50, "50-99"), (20, "20-49"), (10, "10-19"), (5, "5-9"), (1, "1-4"))
_TOP, _SUGGESTED, _CATEGORIZED = 20, 20, 30


class Words(Arguments):
    """Arguments: how frequent a word must be, which texts count, and of which file."""

    min_frequency: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    use_extended_fields: bool = True
    data_file_path: FileName = DATA_FILE


async def _handle(context: ToolContext, arguments: Words) -> Told:
    data = await load(context, arguments.data_file_path)
    fields = _FIELDS + (_EXTENDED if arguments.use_extended_fields else ())
    counts, kinds = await asyncio.to_thread(
        _counted, data, fields, context.keeper.settings.home
    )
    least = arguments.min_frequency
    frequent = [(word, count) for word, count in counts.most_common() if count >= least]
    told = {
        "status": "success",
        "message": context.text("classic.words", count=len(frequent), least=least),
        "analysis_config": {
            "min_frequency": least,
            "use_extended_fields": arguments.use_extended_fields,
            "analyzed_fields": list(fields),
        },
        "statistics": {
            "total_words": counts.total(),
            "unique_words": len(counts),
            "high_frequency_words": len(frequent),
            "stories_count": len(data.stories),
            "bugs_count": len(data.bugs),
            "total_items": len(data.stories) + len(data.bugs),
            **data.origin(),
        },
    }
    bands = Counter(next(name for least, name in _BANDS if count >= least)
                    for count in counts.values())  # fmt: skip
    other = context.text("classic.other_words")
    category = partial(_categorized, kinds=kinds, other=other)
    make = partial(_content, told, frequent, bands, category)
    return Told(make=make, most=len(frequent))


def _content(
    told: Content,
    frequent: list[tuple[str, int]],
    bands: Counter[str],
    categorized: Callable[[list[str]], dict[str, list[str]]],
    count: int,
) -> Content:
    """The answer with its `count` most frequent words."""
    kept = frequent[:count]
    left = {"words_left_out": len(frequent) - count} if count < len(frequent) else {}
    words = {
        "high_frequency_words": dict(kept),
        "frequency_distribution": {name: bands[name] for _, name in _BANDS if bands[name]},
        "top_20_words": dict(kept[:_TOP]),
    }
    suggestions: dict[str, Any] = {
        "recommended_keywords": [word for word, _ in kept[:_SUGGESTED]],
        "category_keywords": categorized([word for word, _ in kept[:_CATEGORIZED]]),
    }
    return told | {"word_frequency": words | left, "search_suggestions": suggestions}


def _counted(
    data: Data, fields: tuple[str, ...], home: Path
) -> tuple[Counter[str], dict[str, tuple[str, ...]]]:
    """How often each word occurs, and the team's kinds of features by their words."""
    from taplens.analysis.words.segment import folded, is_word, words
    from taplens.analysis.words.stop_words import stop_words
    from taplens.evaluate.features import table

    left_out = stop_words(home)
    counts: Counter[str] = Counter()
    for text in _texts(data, fields):
        counts.update(
            word for word in words(folded(text)) if is_word(word) and word not in left_out
        )
    kinds = {kind: tuple(map(folded, told)) for kind, told in table(home).items()}
    return counts, kinds


def _texts(data: Data, fields: tuple[str, ...]) -> Iterator[str]:
    for _, items in data.lists():
        for item in items:
            yield "\n".join(_said(item, fields))


def _said(item: Item, fields: tuple[str, ...]) -> Iterator[str]:
    for name in fields:
        if value := item.get(name):
            yield plain(value)


def _categorized(
    words: list[str], kinds: dict[str, tuple[str, ...]], other: str
) -> dict[str, list[str]]:
    """The words by the first kind of feature that one of its words stands for."""
    found: dict[str, list[str]] = {}
    for word in words:
        of = (name for name, told in kinds.items() if any(one in word for one in told))
        found.setdefault(next(of, other), []).append(word)
    return found


TOOL = ClassicTool(
    name="analyze_word_frequency",
    description=(
        "Most frequent words (Chinese segmented) of stories and bugs, how they are spread, and"
        " words to search for, by kinds of features. use_extended_fields: acceptance, modules too."
    ),
    arguments=Words,
    handler=_handle,
    example={"min_frequency": 3},
)

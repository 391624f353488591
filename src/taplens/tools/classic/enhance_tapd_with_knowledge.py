"""The classic tool `enhance_tapd_with_knowledge`: what kind of feature each story is, and the test
cases like it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taplens.clock import iso_time
from taplens.errors import ArgumentError
from taplens.tools.arguments import Arguments
from taplens.tools.classic import vectors
from taplens.tools.classic.data import DATA_FILE, FileName, load, write_json
from taplens.tools.classic.items import plain, title_of
from taplens.tools.classic.tool import ClassicTool, Content, Told
from taplens.tools.home_files import within

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from taplens.evaluate.features import Features
    from taplens.mirror.embedders.arrays import Floats
    from taplens.mirror.embedders.protocol import Embedder
    from taplens.tools.classic.items import Item
    from taplens.tools.context import ToolContext

FILE = "config/knowledge_base_config.json"
_SUGGESTED = 3  # test cases of a story
_MOST_CASES = 50_000
_BLOCK = 500  # stories that are compared at once


class Enhance(Arguments):
    """Arguments: the data file, and a workbook of test cases (without it: TAPD's own)."""

    tapd_file: FileName = DATA_FILE
    testcase_file: FileName = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """A story with what was found out of it."""

    id: str
    name: str
    features: Features
    cases: Sequence[str]

    def json_object(self, unknown: str) -> dict[str, Any]:
        kb_info = {
            "feature_type": next(iter(self.features.kinds), unknown),
            "test_case_suggestions": list(self.cases),
            "similar_keywords": list(self.features.keywords),
        }
        return {"id": self.id, "name": self.name, "kb_info": kb_info}


async def _handle(context: ToolContext, arguments: Enhance) -> Told:
    home = context.keeper.settings.home
    titles = await _titles(context, arguments.testcase_file)
    data = await load(context, arguments.tapd_file)
    if not data.stories:
        raise ArgumentError("data_file_empty", path=arguments.tapd_file)
    features = await asyncio.to_thread(_features, data.stories, home)
    cases = await _like(context, data.stories, titles)
    unknown = context.text("classic.other_words")
    stories = [
        _Known(str(item.get("id", "")), title_of(item), one, near).json_object(unknown)
        for item, one, near in zip(data.stories, features, cases, strict=True)
    ]
    kinds = Counter(one["kb_info"]["feature_type"] for one in stories)
    meta = {
        "enhanced_at": iso_time(context.clock.now()),
        "test_templates_count": len(titles),
        "enhanced_requirements": len(stories),
        **data.origin(),
    }
    path = within(home, FILE, ".json")
    told = {"knowledge_base_meta": meta, "requirements": stories}
    await asyncio.to_thread(write_json, path, told)

    def make(count: int) -> Content:
        return {
            "status": "success",
            "message": context.text("classic.enhanced", count=len(stories), path=FILE),
            "enhanced_requirements": len(stories),
            "test_templates": len(titles),
            "file_path": FILE,
            "feature_types": dict(kinds.most_common()),
            "stories": stories[:count],
        }

    return Told(make=make, most=len(stories))


async def _titles(context: ToolContext, name: str) -> list[str]:
    """What test cases are called: those of a file, else those that the mirror holds."""
    if not name:
        titles: list[str] = await context.read(_mirrored, context.workspaces[:1])
        return titles
    from taplens.evaluate.reading import read_cases

    path = within(context.keeper.settings.home, name.replace("\\", "/"), ".xlsx", ".csv")
    sheet = await asyncio.to_thread(read_cases, path)
    return [case.title for case in sheet.cases if case.title][:_MOST_CASES]


def _mirrored(connection: Connection, workspace_ids: Sequence[str]) -> list[str]:
    from taplens.mirror.reads_raw import rows_of

    rows = rows_of(connection, workspace_ids, "tcase")
    return [title for row in rows if (title := title_of(row))][:_MOST_CASES]


def _features(stories: Sequence[Item], home: Path) -> list[Features]:
    from taplens.analysis.words.stop_words import stop_words
    from taplens.evaluate.features import features, table
    from taplens.evaluate.model import Requirement

    told = [
        Requirement(id="", title=title_of(one), description=plain(one.get("description")))
        for one in stories
    ]
    return features(told, table(home), stop_words(home))


async def _like(
    context: ToolContext, stories: Sequence[Item], titles: Sequence[str]
) -> list[list[str]]:
    """For each story the titles of the test cases nearest in meaning; none where there are none."""
    embedder = await context.keeper.embedder()
    if not titles or embedder is None:
        return [[] for _ in stories]
    wanted = await asyncio.to_thread(lambda: [vectors.text_of(one) for one in stories])
    asked = await _embedded(embedder, wanted)
    known = await _embedded(embedder, titles)
    return await asyncio.to_thread(_nearest, embedder, asked, known, titles)


async def _embedded(embedder: Embedder, texts: Sequence[str]) -> Floats:
    import numpy as np

    starts = range(0, len(texts), embedder.batch)
    parts = [await embedder.embed(texts[start : start + embedder.batch]) for start in starts]
    return np.concatenate(parts)


def _nearest(
    embedder: Embedder, asked: Floats, known: Floats, titles: Sequence[str]
) -> list[list[str]]:
    import numpy as np

    from taplens.mirror.embedders.arrays import normalized
    from taplens.search.whitening import inverse_moments

    if embedder.whitened:
        asked = normalized(asked @ inverse_moments(known))
    found: list[list[str]] = []
    for start in range(0, len(asked), _BLOCK):
        scores = asked[start : start + _BLOCK] @ known.T
        for row in scores:
            best = np.argsort(-row, kind="stable")[: _SUGGESTED * 3]
            near = dict.fromkeys(titles[place] for place in best if row[place] >= embedder.least)
            found.append(list(near)[:_SUGGESTED])
    return found


TOOL = ClassicTool(
    name="enhance_tapd_with_knowledge",
    description=(
        "For each story of the data file its kind of feature, keywords and similar test cases (of"
        " testcase_file, else TAPD's), into config/knowledge_base_config.json."
    ),
    arguments=Enhance,
    handler=_handle,
    example={"testcase_file": "cases.xlsx"},
    read_only=False,
)

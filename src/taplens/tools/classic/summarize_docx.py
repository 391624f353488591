"""The classic tool `summarize_docx`: the paragraphs of a Word document, the first as a summary."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import Arguments
from taplens.tools.classic.items import short
from taplens.tools.classic.tool import ClassicTool, Content, Told
from taplens.tools.home_files import readable

if TYPE_CHECKING:
    from taplens.documents.model import Document
    from taplens.tools.context import ToolContext


class SummarizeDocx(Arguments):
    """Arguments: the document, and how many paragraphs make the summary."""

    docx_path: Annotated[str, Field(max_length=300)]
    max_paragraphs: Annotated[int, Field(ge=1, le=100)] = 5


async def _handle(context: ToolContext, arguments: SummarizeDocx) -> Told:
    from taplens.documents.reading import read
    from taplens.documents.telling import summary

    name = arguments.docx_path.replace("\\", "/")
    path = await asyncio.to_thread(readable, context.keeper.settings, name, (".docx",))
    document = await asyncio.to_thread(read, path)
    told = summary(document, arguments.max_paragraphs)
    message = context.text("classic.summarized", count=told.total)
    make = partial(_content, document, told.text, message)
    return Told(make=make, most=told.total)


def _content(document: Document, summary: str, message: str, count: int) -> Content:
    """The answer with the first `count` paragraphs."""
    texts = list(document.paragraphs())
    tables = [one.rows for one in document.blocks if one.rows is not None]
    return {
        "status": "success",
        "message": message,
        "summary": summary if count else short(summary),
        "paragraphs": [
            {"index": place, "text": text} for place, text in enumerate(texts[:count], 1)
        ],
        "total_paragraphs": len(texts),
        "pictures": [one.picture.name for one in document.blocks if one.picture is not None],
        "tables": [f"{len(rows)} × {max(map(len, rows), default=0)}" for rows in tables],
    }


TOOL = ClassicTool(
    name="summarize_docx",
    description=(
        "A Word document of the home (or of an allowed folder): its first paragraphs as a summary,"
        " its paragraphs, pictures and tables."
    ),
    arguments=SummarizeDocx,
    handler=_handle,
    example={"docx_path": "方案.docx"},
)

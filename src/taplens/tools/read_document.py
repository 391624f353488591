"""The tool `read_document`: a document as Markdown, or in short."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from taplens.tools import cursor as cursors
from taplens.tools.arguments import Arguments
from taplens.tools.context import ToolContext
from taplens.tools.envelope import Envelope
from taplens.tools.home_files import readable
from taplens.tools.markdown import facts, one_line, quoted
from taplens.tools.registry import Answer, Piece, Tool
from taplens.tools.sizing import chunks, piece_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taplens.documents.model import Document

_MOST_BLANK = 20  # pages that are named


class ReadDocument(Arguments):
    """Arguments: the file, whether it is told in short (by its first paragraphs, or by a model),
    and the page of a long answer.
    """

    path: Annotated[str, Field(max_length=300)]
    summary: bool = False
    paragraphs: Annotated[int, Field(ge=1, le=100)] = 5
    model: Annotated[str, Field(max_length=200)] = ""
    cursor: str = ""


async def _handle(context: ToolContext, arguments: ReadDocument) -> Answer:
    from taplens.documents.reading import ENDINGS, read

    settings = context.keeper.settings
    path = await asyncio.to_thread(readable, settings, arguments.path, ENDINGS)
    document = await asyncio.to_thread(read, path)
    asked = arguments.model_dump(exclude={"cursor"}) | await asyncio.to_thread(_version, path)
    cursor = cursors.decode(arguments.cursor, TOOL.name, asked)
    notes = []
    if document.blank:
        pages = ", ".join(map(str, document.blank[:_MOST_BLANK]))
        notes.append(context.text("warning.pages_without_text", pages=pages))
    texts, more = await _texts(context, document, arguments)
    pieces = [_about(document), *({"text": text} for text in texts)]
    return Answer(
        pieces=pieces[cursor.position :],
        end=len(pieces),
        total=len(pieces),
        start=cursor.position,
        warnings=notes + more,
        assemble=_assemble,
        query=asked,
    )


def _version(path: Path) -> dict[str, int]:
    """What tells a file from what it was, for a cursor to belong to one."""
    told = path.stat()
    return {"size": told.st_size, "changed": told.st_mtime_ns}


def _about(document: Document) -> Piece:
    counts = {name: count for name, count in document.counts().items() if count}
    return {"title": document.title, "kind": document.kind} | counts


async def _texts(
    context: ToolContext, document: Document, arguments: ReadDocument
) -> tuple[list[str], list[str]]:
    """The texts to be told, in pieces, and what is to be minded about them."""
    from taplens.documents.telling import summary, to_markdown

    most = piece_tokens(context.budget)
    if arguments.model:
        from taplens.tools.document_summary import MOST_CHARACTERS, summarized

        told = await summarized(context, document, arguments.model)
        notes = [] if told.is_whole else [context.text("warning.document_begun",
                                                       count=MOST_CHARACTERS)]  # fmt: skip
        if told.dropped:
            notes.append(context.text("warning.sentences_left_out", count=told.dropped))
        return chunks(told.text, most), notes
    text = summary(document, arguments.paragraphs).text if arguments.summary else None
    if text is None:
        text = await asyncio.to_thread(to_markdown, document)
    return await asyncio.to_thread(chunks, text, most), []


def _assemble(pieces: Sequence[Piece]) -> list[Piece]:
    """What the document is, and as much of its text as there is here."""
    about: dict[str, Any] = {}
    for piece in pieces:
        about |= {name: value for name, value in piece.items() if name != "text"}
    text = "".join(piece["text"] for piece in pieces if "text" in piece)
    return [about | ({"text": text} if text else {})] if pieces else []


def _line(row: Piece) -> str:
    """What people wrote is quoted, so that it can't pass for the answer's own words."""
    about = facts((name, one_line(str(value))) for name, value in row.items() if name != "text")
    return "\n".join(filter(None, (about, quoted(row["text"]) if "text" in row else "")))


TOOL = Tool(
    name="read_document",
    description=(
        "A document (docx, xlsx, csv, pdf, md, txt) of the home or an allowed folder as Markdown."
        " summary: its first paragraphs; model: summarised by it. cursor: next page."
    ),
    arguments=ReadDocument,
    result=Envelope,
    fills=("data", "total", "next_cursor", "warnings"),
    handler=_handle,
    line=_line,
    example={"path": "方案.docx", "summary": True},
    toolset="documents",
)

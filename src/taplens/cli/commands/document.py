"""`taplens document`: a document as Markdown, or in short."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import calls, options, output

if TYPE_CHECKING:
    from taplens.documents.model import Document
    from taplens.tools.context import ToolContext
    from taplens.tools.document_summary import Told


def build() -> click.Command:
    """The command."""

    @options.command(
        "document",
        click.argument("file", type=click.Path(path_type=Path)),
        options.option("--summary", key="document_summary", is_flag=True),
        options.option("--paragraphs", key="document_paragraphs", type=click.IntRange(1, 1000),
                       default=5, show_default=True, metavar="N"),
        options.option("--model", key="document_model", default="", metavar="MODEL"),
        options.option("--out", key="document_out", type=click.Path(dir_okay=False, path_type=Path),
                       default=None),
        options.home(),
        options.as_json(),
    )  # fmt: skip
    def document(
        *,
        file: Path,
        summary: bool,
        paragraphs: int,
        model: str,
        out: Path | None,
        home: Path | None,
        as_json: bool,
    ) -> None:
        from taplens.documents.reading import read
        from taplens.tables import check_path

        if out is not None:
            check_path(out)
        found = read(file)
        if found.blank:
            pages = ", ".join(map(str, found.blank[:20]))
            output.say("⚠ " + messages.text("warning.pages_without_text", pages=pages))
        text = _text(found, paragraphs if summary else None)
        if model:
            text = _by_model(found, model, home)
        if out is not None:
            _write(out, text)
        elif as_json:
            output.print_json(_object(found, text))
        else:
            output.data(text)

    return document


def _text(found: Document, paragraphs: int | None) -> str:
    """All of a document, or its first paragraphs."""
    from taplens.documents.telling import summary, to_markdown

    return to_markdown(found) if paragraphs is None else summary(found, paragraphs).text


def _by_model(found: Document, model: str, home: Path | None) -> str:
    from taplens.tools.document_summary import MOST_CHARACTERS, summarized

    async def work(context: ToolContext) -> Told:
        return await summarized(context, found, model)

    told = calls.with_context(options.settings_of(home), work)
    if not told.is_whole:
        output.say("⚠ " + messages.text("warning.document_begun", count=MOST_CHARACTERS))
    if told.dropped:
        output.say("⚠ " + messages.text("warning.sentences_left_out", count=told.dropped))
    return told.text


def _write(out: Path, text: str) -> None:
    from taplens.tables import replacing

    with replacing(out) as path:
        path.write_text(text + "\n", encoding="utf-8", errors="replace", newline="\n")
    output.say(messages.text("cli.document.written", path=out))


def _object(found: Document, text: str) -> dict[str, object]:
    pictures = [asdict(one.picture) for one in found.blocks if one.picture is not None]
    about = {"title": found.title, "kind": found.kind, **found.counts()}
    return about | {"blank_pages": list(found.blank), "picture_list": pictures, "text": text}

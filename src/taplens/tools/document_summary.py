"""What a model says of a document in short, with no number that isn't in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taplens.egress.fencing import NOTE, fenced
from taplens.errors import ModelError
from taplens.mirror.scope import Scope
from taplens.tools.asking import way_to

if TYPE_CHECKING:
    from taplens.documents.model import Document
    from taplens.llm import Client
    from taplens.tools.context import ToolContext

MOST_CHARACTERS = 24_000  # of a document that a model reads
_SECONDS = 120.0
_ANSWER_TOKENS = 1_000
_TASK = """\
Summarise the document for a colleague who hasn't read it, in {language}, in three to six \
sentences: what it is for, what it decides or asks for, what is open. Say nothing that it doesn't \
say, and copy numbers, dates and names as they stand.
{data}"""
_LANGUAGES = {"zh": "Simplified Chinese", "en": "English"}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"summary": {"type": "string", "maxLength": 3000}},
    "required": ["summary"],
    "additionalProperties": False,
}
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True, slots=True)
class Told:
    """A summary; how many sentences were left out, and whether the model has read all of it."""

    text: str
    dropped: int
    is_whole: bool


async def summarized(
    context: ToolContext, document: Document, model: str, *, client: Client | None = None
) -> Told:
    """What `model` says of a document; what leaves for it passes the gate.

    Sentences with a number that the document doesn't have are left out. `client` is made from the
    settings unless given. Raises NotFoundError or ModelUnavailableError for a model that isn't set
    up, ModelError for one that doesn't answer, MirrorError where the egress log can't be written.
    """
    from taplens.documents.telling import to_markdown
    from taplens.llm import complete_json

    text = await asyncio.to_thread(to_markdown, document)
    read = text[:MOST_CHARACTERS]
    scope = Scope(context.workspaces, context.clock.now())
    async with way_to(context, model, scope, client=client) as way:
        shown = way.gate.shown({"title": document.title, "text": read}, model) or {}
        request = _request(model, shown, context.locale)
        try:
            async with asyncio.timeout(_SECONDS):
                answer = way.gate.restored_value(await complete_json(way.client, request, _SCHEMA))
        except TimeoutError as fault:
            raise ModelError("document_summary_late", model=model, seconds=_SECONDS) from fault
    said, dropped = _borne_out(str(answer["summary"]), read)
    return Told(said, dropped, len(read) == len(text))


def _request(model: str, shown: Mapping[str, Any], locale: str) -> dict[str, Any]:
    task = _TASK.format(language=_LANGUAGES[locale], data=NOTE)
    messages = [
        {"role": "system", "content": task},
        {"role": "user", "content": fenced(shown)},
    ]
    return {"model": model, "messages": messages, "temperature": 0, "max_tokens": _ANSWER_TOKENS}


def _borne_out(summary: str, text: str) -> tuple[str, int]:
    """The sentences whose numbers all stand in the text, and how many have others."""
    from taplens.reports.prose.checking import sentences

    known = set(_NUMBER.findall(text))
    every = list(sentences(summary))
    kept = [one for one in every if known.issuperset(_NUMBER.findall(one))]
    return " ".join(kept), len(every) - len(kept)

"""The model `taplens-direct`: a chat answered from the mirror, without a model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from taplens import messages
from taplens.agent.answer import Basis, Piece
from taplens.agent.caller import CALLER
from taplens.agent.direct import asking
from taplens.agent.direct.conversation import LONGEST, clean, locale_of, placed_in, questions_of
from taplens.agent.direct.plans import Plan, plan
from taplens.agent.direct.reader import Reader
from taplens.agent.direct.reading import Doubt, Reading
from taplens.agent.direct.scanning import scan
from taplens.agent.direct.telling import Telling
from taplens.agent.direct.vocabulary import Vocabulary
from taplens.errors import ArgumentError, FilterError, NotFoundError, UsageError

if TYPE_CHECKING:
    from taplens.charts import Chart
    from taplens.clock import Clock
    from taplens.mirror import Keeper
    from taplens.tools.context import ToolContext
    from taplens.tools.shelf import ChartShelf

_DRAWN = ("groups", "trend", "flow", "forecast", "words")  # kinds of answers that a chart fits
_ENDS = re.compile(r"[?？]")
_MOST_SENTENCES = 4  # that are answered one by one; each goes on with those before
_KEPT_SECONDS = 60.0  # a vocabulary: a status that is renamed is known by its new name after that


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its text (Markdown), what it rests on, and what makes its chart, if one fits."""

    text: str
    basis: Basis
    chart: Callable[[], Chart] | None = None

    def json_object(self) -> dict[str, Any]:
        """The answer as one object."""
        return {"text": self.text, "taplens": self.basis.json_object()}


class Direct:
    """See answer.Answerer. `keeper` opens the mirror at the first question; charts of answers are
    put on `charts` for clients that asked by HTTP.
    """

    def __init__(
        self,
        keeper: Callable[[], Awaitable[Keeper]],
        clock: Clock,
        charts: ChartShelf | None = None,
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._charts = charts
        self._known: dict[str, tuple[float, Vocabulary]] = {}

    async def answer(self, request: Mapping[str, Any]) -> AsyncIterator[Piece]:
        """See answer.Answerer. Raises what keeps every question from being answered."""
        questions = questions_of(request["messages"])
        found = self._linked(await self.ask(questions), locale_of(clean(questions[-1])))
        for line in found.text.splitlines(keepends=True):
            yield Piece({"content": line})
        yield Piece({"taplens": found.basis.json_object()}, "stop")

    def _linked(self, found: Answered, locale: str) -> Answered:
        """The answer with its chart, where the client can fetch one."""
        url = CALLER.get().url
        if found.chart is None or self._charts is None or not url:
            return found
        place = f"{url}/charts/{self._charts.keep(found.chart, locale)}"
        links = messages.text("direct.chart", locale, place=place)
        return replace(found, text=f"{found.text.rstrip()}\n\n{links}\n")

    async def ask(self, questions: Sequence[str]) -> Answered:
        """The answer to the last of `questions`, in the context of those before.

        Raises TapLensError where the mirror can't be asked at all.
        """
        questions = [clean(text) for text in questions]
        question = questions[-1]
        context = await self._context(locale_of(question))
        telling = Telling(context.locale, _links(context))
        if not question:
            return _refused(telling, "empty")
        if len(question) > LONGEST:
            return _refused(telling, "long", most=LONGEST)
        if asking.is_other_language(question):
            return _refused(telling, "language")
        placed = placed_in(questions, context.workspaces)
        if placed is None:
            return _refused(telling, "workspace")
        questions, workspace = placed
        several = len(context.workspaces) > 1
        context = replace(context, workspaces=(workspace,))
        telling = Telling(context.locale, _links(context))
        vocabulary = await self._vocabulary(context)
        shown = workspace if several else ""

        async def answered(asked: Sequence[str]) -> Answered:
            reading = await asyncio.to_thread(_read, asked, vocabulary, context.clock.now())
            reading.workspace = shown
            return await _answered(context, telling, reading, vocabulary)

        sentences = [part for part in map(str.strip, _ENDS.split(questions[-1])) if part]
        if 1 < len(sentences) <= _MOST_SENTENCES:
            before = questions[:-1]
            told = [
                await answered([*before, *sentences[:number]])
                for number in range(1, len(sentences) + 1)
            ]
            if all(part.basis.confidence == "sure" for part in told):
                return _joined(list({part.basis.reading: part for part in told}.values()))
        return await answered(questions)

    async def _context(self, locale: str) -> ToolContext:
        from taplens.errors import ConfigurationError
        from taplens.tools.context import ToolContext

        keeper = await self._keeper()
        if not keeper.workspace_ids:
            raise ConfigurationError("workspace_missing")
        return ToolContext(
            keeper=keeper, workspaces=keeper.workspace_ids, principal=CALLER.get().key,
            locale=locale,
            clock=self._clock,
        )  # fmt: skip

    async def _vocabulary(self, context: ToolContext) -> Vocabulary:
        """The words of the context's one workspace, read at most once a minute."""
        from taplens.agent.direct.vocabulary import vocabulary_of
        from taplens.mirror.reads_describe import describe_workspace
        from taplens.tools.freshness import scope_of

        (asked,) = context.workspaces
        until, known = self._known.get(asked, (0.0, None))
        if known is not None and self._clock.monotonic() < until:
            return known
        scope = await scope_of(context, (asked,))
        found = vocabulary_of(await context.read(describe_workspace, scope, asked))
        self._known[asked] = (self._clock.monotonic() + _KEPT_SECONDS, found)
        return found


def _read(questions: Sequence[str], vocabulary: Vocabulary, now: int) -> Reading:
    """The last question, in the context of the last before it that was understood."""
    context: Reading | None = None
    for question in questions[:-1]:
        if question and len(question) <= LONGEST:
            told = _in_context(_alone(question, vocabulary, now), context)
            if not (told.unknown or told.doubts or told.unsupported):
                context = told
    return _in_context(_alone(questions[-1], vocabulary, now), context)


def _joined(told: Sequence[Answered]) -> Answered:
    """The answers to the sentences of one question, one after the other."""
    bases = [part.basis for part in told]
    return Answered(
        "\n\n".join(part.text.strip() for part in told) + "\n",
        replace(
            bases[0],
            reading="; ".join(basis.reading for basis in bases),
            tools=tuple(call for basis in bases for call in basis.tools),
            item_ids=tuple(dict.fromkeys(name for basis in bases for name in basis.item_ids)),
        ),
    )


def _alone(question: str, vocabulary: Vocabulary, now: int) -> Reading:
    return Reader(scan(question, vocabulary, now), vocabulary).read()


def _in_context(reading: Reading, context: Reading | None) -> Reading:
    """A question that says neither what is asked nor of which items goes on with the last."""
    if context is None:
        return reading
    is_whole = reading.types or reading.ids or reading.metric or reading.words
    if reading.follows or not is_whole:
        return reading.after(context)
    return reading


async def _answered(
    context: ToolContext, telling: Telling, reading: Reading, vocabulary: Vocabulary
) -> Answered:
    if reading.unsupported:
        text = asking.refusal(telling, "unsupported", text=", ".join(reading.unsupported))
        return Answered(text, Basis(reading="", confidence="refused"))
    if asking.is_beyond(reading):
        return _refused(telling, "unread")
    doubts = list(reading.doubts)
    planned: Plan | Doubt | None = None
    if not doubts and not reading.unknown:
        planned = plan(reading, vocabulary, context.clock.now())
        doubts = [planned] if isinstance(planned, Doubt) else []
    if not isinstance(planned, Plan):
        text = asking.asked_back(telling, reading, doubts, vocabulary)
        return Answered(text, Basis(reading="", confidence="asked_back"))
    answered = await _called(context, telling, planned, vocabulary)
    if reading.bare and not answered.basis.tools[0]["total"]:  # perhaps no text to look for
        text = asking.asked_back(telling, Reading(unknown=reading.words), [], vocabulary)
        near = f"{answered.text}\n\n" if answered.basis.item_ids else ""
        return Answered(near + text, replace(answered.basis, confidence="asked_back"))
    return answered


async def _called(
    context: ToolContext, telling: Telling, planned: Plan, vocabulary: Vocabulary
) -> Answered:
    """The answer of the plan's calls; what a tool finds wrong with them is asked back."""
    from taplens.tools import registry

    try:
        called = [await registry.call(context, call.tool, call.arguments) for call in planned.calls]
    except NotFoundError as fault:
        text = f"{fault.message(context.locale)} {fault.mend(context.locale)}"
        return Answered(text, _basis(planned, (), "refused"))
    except (FilterError, ArgumentError, UsageError) as fault:
        text = f"{fault.message(context.locale)} {fault.mend(context.locale)}"
        return Answered(text, _basis(planned, (), "asked_back"))
    results = [one.content for one in called]
    chart = called[0].chart if planned.kind in _DRAWN and results[0]["data"] else None
    return Answered(telling.answer(planned, results), _basis(planned, results, "sure"), chart)


def _basis(planned: Plan, results: Sequence[Mapping[str, Any]], confidence: Any) -> Basis:
    totals = [result.get("total") for result in results] or [None] * len(planned.calls)
    calls = tuple(
        {"name": call.tool, "arguments": dict(call.arguments), "total": total}
        for call, total in zip(planned.calls, totals, strict=True)
    )
    ids = [
        f"{row['type']}:{row['id']}"
        for result in results
        for row in result["data"]
        if "id" in row and "type" in row
    ]
    return Basis(
        reading=planned.told(),
        confidence=confidence,
        where=planned.where,
        tools=calls,
        as_of=results[0].get("as_of") if results else None,
        item_ids=tuple(dict.fromkeys(ids)),
    )


def _refused(telling: Telling, reason: str, **parameters: object) -> Answered:
    text = asking.refusal(telling, reason, **parameters)
    return Answered(text, Basis(reading="", confidence="refused"))


def _links(context: ToolContext) -> Callable[[str, str], str]:
    def link(kind: str, item_id: str) -> str:
        from taplens.mirror.rows import web_link

        base = context.keeper.settings.web_base_url
        return web_link(base, context.workspaces[0], kind, item_id)

    return link
